"""Watched namespaces fail alone: one is deleted, forbidden and back again, and the others notice nothing.

On the real API server, with the chart's own Roles and the real process, while tokens are minted in the others all the
time. Full lists come every quarter of an hour, so whatever comes sooner came by a watch or by a retry.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.api import Api
from tests.support.chart_release import Release
from tests.support.charts import program_settings
from tests.support.constant_mints import ConstantMints
from tests.support.control_plane import ControlPlane
from tests.support.operators import RunningOperator, start_operator
from tests.support.processes import wait_until
from tests.support.workspace import Workspace, outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OTHERS = ("alpha", "beta")
DOOMED = "doomed"
VALUES = {"watchNamespaces": [*OTHERS, DOOMED]}
IN_SECONDS = 10.0
"""Within which a mint is done where nothing ended a leader, even on a busy machine."""
BACK_SECONDS = 60.0
"""Retries come every 30 s at least."""
QUICK_LEASE = {
    "PHARIA_ACCESS_LEASE_DURATION": "4s",
    "PHARIA_ACCESS_LEASE_RENEW_DEADLINE": "3s",
    "PHARIA_ACCESS_LEASE_RETRY_PERIOD": "500ms",
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with nothing installed."""
    with ControlPlane.start(tmp_path_factory.mktemp("control-plane")) as started:
        yield started


@pytest.fixture
def places(stage: ControlPlane) -> dict[str, Workspace]:
    """The three namespaces; the credentials come with the release."""
    return {name: Workspace(Api(stage.kubeconfig), name) for name in (*OTHERS, DOOMED)}


@pytest.fixture
def release(stage: ControlPlane, places: dict[str, Workspace], tmp_path: Path) -> Iterator[Release]:
    """A release that watches three namespaces, each with a credential; nothing is left of it afterwards."""
    for name in places:
        stage.kubectl("create", "namespace", name)
    made = Release(stage, tmp_path, values=VALUES)
    made.install()
    places["alpha"].role()
    for place in places.values():
        place.credential()
    yield made
    made.remove()
    stage.kubectl("delete", "namespace", *places, "--ignore-not-found", "--timeout=60s", timeout=90)


@pytest.fixture
def start(stage: ControlPlane, release: Release, tmp_path: Path) -> Iterator[Callable[[str], RunningOperator]]:
    """Starts an operator of that name under the release's ServiceAccount, with its settings."""
    started: list[RunningOperator] = []

    def begin(name: str) -> RunningOperator:
        root = tmp_path / f"operator-{len(started)}"
        root.mkdir()
        settings = program_settings(release.documents(), "operator", release.namespace)
        identity = {"PHARIA_ACCESS_IDENTITY": name}
        account = stage.service_account_kubeconfig(release.namespace, "pharia-access-operator", root / "kubeconfig")
        operator = start_operator(stage, root, {**settings, **QUICK_LEASE, **identity}, kubeconfig=account)
        started.append(operator)
        return operator

    yield begin
    for operator in started:
        operator.process.stop()


def watched(operator: RunningOperator) -> dict[str, float]:
    """What the metric says of each namespace."""
    families = text_string_to_metric_families(operator.get("/metrics")[1])
    (family,) = (family for family in families if family.name == "pharia_access_operator_namespace_watched")
    return {sample.labels["namespace"]: sample.value for sample in family.samples}


def told(operator: RunningOperator, message: str, namespace: str) -> int:
    """How often the log says so of a namespace."""
    lines = [line for line in operator.process.log_text().splitlines() if message in line]
    return sum(json.loads(line).get("namespace") == namespace for line in lines)


def until_watched(operator: RunningOperator, *, doomed: bool, timeout: float = BACK_SECONDS) -> None:
    expected = {**dict.fromkeys(OTHERS, 1.0), DOOMED: float(doomed)}
    operator.process.wait_until(lambda: watched(operator) == expected, what=f"it says {expected}", timeout=timeout)


def test_a_namespace_is_deleted_and_made_again_and_the_others_notice_nothing(
    stage: ControlPlane,
    release: Release,
    places: dict[str, Workspace],
    start: Callable[[str], RunningOperator],
) -> None:
    first, second = start("first"), start("second")
    for operator in (first, second):
        operator.wait_until_ready()
    places[DOOMED].issued("before")

    with ConstantMints([places[name] for name in OTHERS]) as mints:
        mints.go_on()
        stage.kubectl("delete", "namespace", DOOMED, "--timeout=60s", timeout=70)
        mints.go_on(5)
        assert mints.slowest() < IN_SECONDS

        first.process.popen.kill()  # whoever leads: the other takes over
        mints.go_on(5)
        third = start("third")
        third.wait_until_ready()
        second.process.stop()  # the one that starts without the namespace must lead
        mints.go_on(5)
        until_watched(third, doomed=False)
        mints.slowest()

        release.upgrade()
        stage.kubectl("create", "namespace", DOOMED)
        places[DOOMED].credential()
        places[DOOMED].token("waits")
        release.upgrade()
        places[DOOMED].until_outcome("waits", "Active", "Issued", timeout=BACK_SECONDS)
        until_watched(third, doomed=True)
        places[DOOMED].issued("after")
        assert mints.slowest() < IN_SECONDS

    assert not mints.wrong
    assert told(third, "a namespace cannot be watched", DOOMED) == 1
    assert told(third, "a namespace is watched again", DOOMED) == 1
    assert third.get("/readyz")[0] == 200


def test_a_namespace_is_forbidden_for_a_while_and_its_work_waits(
    stage: ControlPlane,
    places: dict[str, Workspace],
    start: Callable[[str], RunningOperator],
) -> None:
    operator = start("only")
    operator.wait_until_ready()
    doomed = places[DOOMED]
    held = doomed.issued("held", delivery={"window": "1m"})
    binding = ("rolebinding", "pharia-access-operator-tokens", f"--namespace={DOOMED}")
    saved = stage.kubectl("get", *binding, "--output=json").stdout

    with ConstantMints([places[name] for name in OTHERS]) as mints:
        stage.kubectl("delete", *binding)
        doomed.token("waits")
        until_watched(operator, doomed=False)
        doomed.change(held, {"spec": {"revoked": True}})
        for number in range(20):
            doomed.token(f"waits-{number}")
        since = stage.audit_log.stat().st_size
        mints.go_on(10)
        assert mints.slowest() < IN_SECONDS
        assert refusals(stage, since) < 20
        assert outcome(doomed.known("ApiToken", "held")) == ("Active", "Issued")
        assert doomed.read("Secret", "held-token") is not None

        stage.kubectl("create", "--filename=-", stdin=saved)
        doomed.until_outcome("waits", "Active", "Issued", timeout=BACK_SECONDS)
        doomed.until_outcome("held", "Revoked", "Revoked", timeout=BACK_SECONDS)
        doomed.until_gone("Secret", "held-token")
        for number in range(20):
            doomed.until_outcome(f"waits-{number}", "Active", "Issued")
        until_watched(operator, doomed=True)
        doomed.issued("after")

    assert not mints.wrong
    assert told(operator, "a namespace cannot be watched", DOOMED) == 1


def test_an_operator_that_may_list_no_namespace_is_not_ready_and_names_them(
    stage: ControlPlane, start: Callable[[str], RunningOperator]
) -> None:
    operator = start("only")
    operator.wait_until_ready()
    for name in (*OTHERS, DOOMED):
        stage.kubectl("delete", "rolebinding", "pharia-access-operator-tokens", f"--namespace={name}")

    late = start("late")
    wait_until(lambda: "alpha, beta, doomed" in late.get("/readyz")[1], what="it names them", timeout=30)
    assert late.get("/readyz")[0] == 503
    assert late.get("/healthz")[0] == 200


def refusals(stage: ControlPlane, since: int) -> int:
    """How many of the operator's requests in the doomed namespace were refused."""
    events = stage.audit_events("pharia-access-operator", f"namespaces/{DOOMED}/", since=since)
    return sum(dict(event).get("annotations", {}).get("authorization.k8s.io/decision") == "forbid" for event in events)
