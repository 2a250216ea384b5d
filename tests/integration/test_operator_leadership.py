"""Two replicas: one acts, the other takes over within seconds, and a stopped one ends in order."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tools.control_plane.api import MERGE
from tools.control_plane.installation import NAMESPACE
from tools.control_plane.operators import RunningOperator
from tools.control_plane.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

LEASE_SECONDS, SLACK_SECONDS = 10.0, 20.0
SHORT_LEASE = {
    "PHARIA_ACCESS_LEASE_DURATION": "10s",
    "PHARIA_ACCESS_LEASE_RENEW_DEADLINE": "8s",
    "PHARIA_ACCESS_LEASE_RETRY_PERIOD": "500ms",
}

LEASE = "pharia-access-operator"

Replicas = tuple[RunningOperator, RunningOperator]


@pytest.fixture(scope="module")
def started(control_plane: ControlPlane, pool: OperatorPool) -> Iterator[list[RunningOperator]]:
    """All replicas that were started so far; they end with this module."""
    pool.stop()
    control_plane.kubectl("delete", "lease", LEASE, f"--namespace={NAMESPACE}", "--ignore-not-found")
    replicas: list[RunningOperator] = []
    yield replicas
    for replica in replicas:
        replica.process.stop()


@pytest.fixture
def replicas(pool: OperatorPool, started: list[RunningOperator]) -> Replicas:
    """The leading replica, and the one that stands by: those that the test before left, and others for the rest."""
    running = [replica for replica in started if replica.process.running]
    for _ in range(2 - len(running)):
        replica = pool.start({**SHORT_LEASE, "PHARIA_ACCESS_IDENTITY": f"replica-{len(started)}"})
        started.append(replica)
        running.append(replica)
        running[0].process.wait_until(lambda: leads(running[0]), what="the first replica leads")
        replica.wait_until_ready()
    leader, standby = running
    return leader, standby


def leads(replica: RunningOperator) -> bool:
    """Whether a replica says that it leads."""
    return "\npharia_access_leader 1.0\n" in replica.get("/metrics")[1]


def test_one_replica_leads_and_the_other_is_ready_to(replicas: Replicas, workspace: Workspace) -> None:
    leader, standby = replicas

    workspace.credential()
    workspace.issued()

    assert leads(leader)
    assert not leads(standby)


def test_the_other_replica_takes_over_from_one_that_is_killed(replicas: Replicas, workspace: Workspace) -> None:
    leader, standby = replicas
    workspace.credential()

    leader.process.kill()
    workspace.token()
    workspace.until_outcome("ci", "Active", "Issued", timeout=LEASE_SECONDS + SLACK_SECONDS)

    assert leads(standby)


def test_a_stopped_replica_hands_over_at_once_and_ends_in_order(replicas: Replicas, workspace: Workspace) -> None:
    leader, standby = replicas
    workspace.credential()

    began = time.monotonic()
    leader.process.terminate()
    workspace.token()
    workspace.until_outcome("ci", "Active", "Issued")
    took = time.monotonic() - began

    assert leader.process.popen.wait(30) == 0
    assert took < LEASE_SECONDS - 2, "the other one waited for the Lease to run out"
    assert leads(standby)


def test_a_replica_that_loses_its_lease_ends_at_once(replicas: Replicas, workspace: Workspace) -> None:
    leader, standby = replicas
    lease = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/{LEASE}"

    taken = workspace.api.request("PATCH", lease, body={"spec": {"holderIdentity": "somebody-else"}}, form=MERGE)

    assert taken.ok, taken.message
    assert leader.process.popen.wait(30) == 1
    standby.process.wait_until(lambda: leads(standby), what="the standby leads", timeout=LEASE_SECONDS + SLACK_SECONDS)


def test_a_standby_knows_what_happened_before_it_led(replicas: Replicas, workspace: Workspace) -> None:
    leader, standby = replicas
    workspace.credential()
    token = workspace.issued(delivery={})
    workspace.end_in(token, LEASE_SECONDS)

    leader.process.kill()
    wait_until(lambda: leads(standby), what="the standby leads", timeout=LEASE_SECONDS + SLACK_SECONDS)

    workspace.until_delivery("ci", "Withdrawn")
    workspace.until_outcome("ci", "Expired", "Expired")
