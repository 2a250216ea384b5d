"""The chart's NetworkPolicies in force: what must pass does, and what they do not name is refused.

That the API server is reached, and pods by their probes, every other test shows: without, none would be ready.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.pods.probe_pods import ProbePod
from tools.control_plane.installation import NAMESPACE
from tools.control_plane.processes import wait_until
from tools.network_namespace import NODE_ADDRESS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.pods.release import Release
    from tools.control_plane.workspace import Workspace

CHECKS, HEALTH, SOMETHING_ELSE = 8000, 8080, 9999
FROM_MONITORING = [{"namespaceSelector": {"matchLabels": {"team": "monitoring"}}}]
API_SERVICE = "10.0.0.1"
API_SERVER = {"cidrs": [f"{API_SERVICE}/32", f"{NODE_ADDRESS}/32"]}


@pytest.fixture(scope="module")
def somebody(release: Release) -> ProbePod:
    """A pod in another namespace, to which no policy applies; it listens."""
    return ProbePod.start(release.cluster.control_plane, "street", listens_at=SOMETHING_ELSE)


@pytest.fixture
def narrowed(release: Release) -> Iterator[Release]:
    """The release with policies that name who may come, and the API server's addresses."""
    narrow = {"metricsFrom": FROM_MONITORING, "checksFrom": FROM_MONITORING, "apiServer": API_SERVER}
    try:
        release.upgrade({"networkPolicy": narrow})
        yield release
    finally:
        release.upgrade({})


def pod_of(release: Release, component: str) -> ProbePod:
    name, pod = next(iter(release.pods(component).items()))
    return ProbePod(release.cluster.control_plane, NAMESPACE, name, pod["status"]["podIP"])


def test_by_default_every_pod_may_check_and_read_metrics(release: Release, somebody: ProbePod) -> None:
    operator, verifier = (pod_of(release, component) for component in ("operator", "verifier"))

    until(somebody, verifier.address, CHECKS, passes=True)
    until(somebody, verifier.address, HEALTH, passes=True)
    until(somebody, operator.address, HEALTH, passes=True)


@pytest.mark.parametrize("component", ["operator", "verifier"])
def test_no_other_port_of_the_pods_is_open_whatever_listens_there(
    release: Release, somebody: ProbePod, component: str
) -> None:
    ours = pod_of(release, component)

    with ours.listening(SOMETHING_ELSE):
        until(ours, "127.0.0.1", SOMETHING_ELSE, passes=True)
        until(somebody, ours.address, SOMETHING_ELSE, passes=False)


@pytest.mark.parametrize("component", ["operator", "verifier"])
def test_the_pods_reach_the_api_server_and_nothing_else(release: Release, somebody: ProbePod, component: str) -> None:
    ours, other = pod_of(release, component), pod_of(release, {"operator": "verifier"}.get(component, "operator"))

    until(ours, API_SERVICE, 443, passes=True)
    until(ours, somebody.address, SOMETHING_ELSE, passes=False)
    until(ours, other.address, HEALTH, passes=False)
    until(somebody, other.address, HEALTH, passes=True)


def test_named_peers_alone_may_check_and_read_metrics_and_the_operator_mints_on(
    narrowed: Release, somebody: ProbePod, workspace: Workspace
) -> None:
    operator, verifier = (pod_of(narrowed, component) for component in ("operator", "verifier"))
    doors = [(operator.address, HEALTH), (verifier.address, HEALTH), (verifier.address, CHECKS)]
    for address, port in doors:
        until(somebody, address, port, passes=False)

    narrowed.cluster.control_plane.kubectl("label", "namespace", somebody.namespace, "team=monitoring")

    for address, port in doors:
        until(somebody, address, port, passes=True)
    workspace.issued("narrowed")


def until(one: ProbePod, address: str, port: int, *, passes: bool) -> None:
    what = f"{one.name} {'reaches' if passes else 'does not reach'} {address}:{port}"
    wait_until(lambda: one.reaches(address, port) == passes, what=what, timeout=20)
