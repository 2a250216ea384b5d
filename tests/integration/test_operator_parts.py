"""Watched namespaces fail alone: one is deleted, forbidden and back again, and the others notice nothing.

On the real API server, with the chart's own Roles and the real process, while tokens are minted in the others all the
time. Full lists come every quarter of an hour, so whatever comes sooner came by a watch or by a retry.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.support.charts.chart_release import Release
from tests.support.operators.constant_mints import ConstantMints
from tests.support.operators.striking_proxy import Proxy
from tests.support.operators.watched_namespaces import (
    BACK_SECONDS,
    DOOMED,
    OTHERS,
    forbidden,
    hand_over,
    refusals,
    told,
    until_watched,
)
from tools.control_plane.api import Api
from tools.control_plane.charts import program_settings
from tools.control_plane.operators import RunningOperator, start_operator
from tools.control_plane.plane import ControlPlane
from tools.control_plane.processes import wait_until
from tools.control_plane.workspace import Workspace, outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
VALUES = {"watchNamespaces": [*OTHERS, DOOMED]}
LATE = 40
"""More than twice as many as the operator works at."""
LATE_SECONDS = 4.0
"""A little less than the operator waits for an answer."""
IN_SECONDS = 10.0
"""Within which a mint is done where nothing ended a leader, even on a busy machine."""
QUICK_LEASE = {
    "PHARIA_ACCESS_LEASE_DURATION": "4s",
    "PHARIA_ACCESS_LEASE_RENEW_DEADLINE": "3s",
    "PHARIA_ACCESS_LEASE_RETRY_PERIOD": "500ms",
}


@pytest.fixture(scope="module")
def own_control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with nothing installed."""
    with ControlPlane.start(tmp_path_factory.mktemp("control-plane")) as started:
        yield started


@pytest.fixture(scope="module")
def release(own_control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release that watches three namespaces, each with a credential; it ends with its control plane."""
    for name in (*OTHERS, DOOMED):
        own_control_plane.kubectl("create", "namespace", name)
    made = Release(own_control_plane, tmp_path_factory.mktemp("release"), values=VALUES)
    made.install()
    made_places = places_of(own_control_plane)
    made_places["alpha"].role()
    for place in made_places.values():
        place.credential()
    return made


@pytest.fixture
def places(own_control_plane: ControlPlane, release: Release) -> Iterator[dict[str, Workspace]]:
    """The three namespaces; no token, and no Secret of one, is left in them."""
    made = places_of(own_control_plane)
    yield made
    for place in made.values():
        for kind in ("ApiToken", "Secret"):
            assert place.api.delete_all(kind, place.namespace).ok


def places_of(own_control_plane: ControlPlane) -> dict[str, Workspace]:
    return {name: Workspace(Api(own_control_plane.kubeconfig), name) for name in (*OTHERS, DOOMED)}


@pytest.fixture
def proxy(own_control_plane: ControlPlane) -> Iterator[Proxy]:
    """A way to the API server that can refuse, and take its time."""
    with Proxy(own_control_plane.server_url, own_control_plane.ca_file) as made:
        yield made


@pytest.fixture
def start(
    own_control_plane: ControlPlane, release: Release, places: dict[str, Workspace], tmp_path: Path
) -> Iterator[Callable[..., RunningOperator]]:
    """Starts an operator of that name under the release's ServiceAccount, with its settings."""
    started: list[RunningOperator] = []

    def begin(name: str, *, server: str | None = None) -> RunningOperator:
        root = tmp_path / f"operator-{len(started)}"
        root.mkdir()
        settings = program_settings(release.documents(), "operator", release.namespace)
        identity = {"PHARIA_ACCESS_IDENTITY": name}
        account = own_control_plane.service_account_kubeconfig(
            release.namespace, "pharia-access-operator", root / "kubeconfig", server=server
        )
        operator = start_operator(own_control_plane, root, {**settings, **QUICK_LEASE, **identity}, kubeconfig=account)
        started.append(operator)
        return operator

    yield begin
    for operator in started:
        operator.process.stop()


def test_a_namespace_is_deleted_and_made_again_and_the_others_notice_nothing(
    own_control_plane: ControlPlane,
    release: Release,
    places: dict[str, Workspace],
    start: Callable[..., RunningOperator],
) -> None:
    first, second, doomed = start("first"), start("second"), places[DOOMED]
    for operator in (first, second):
        operator.wait_until_ready()
    doomed.issued("before")

    with ConstantMints([places[name] for name in OTHERS]) as mints:
        mints.go_on()
        own_control_plane.kubectl("delete", "namespace", DOOMED, "--timeout=60s", timeout=70)
        mints.go_on(5)
        assert mints.slowest() < IN_SECONDS
        third = hand_over(first, second, start, mints)
        until_watched(third, doomed=False)
        release.upgrade()

        own_control_plane.kubectl("create", "namespace", DOOMED)
        doomed.credential()
        doomed.token("waits")
        release.upgrade()
        doomed.until_outcome("waits", "Active", "Issued", timeout=BACK_SECONDS)
        until_watched(third, doomed=True)
        doomed.issued("after")
        assert mints.slowest() < IN_SECONDS

    assert not mints.wrong
    assert told(third, "a namespace cannot be watched", DOOMED) == 1
    assert told(third, "a namespace is watched again", DOOMED) == 1


def test_a_namespace_is_forbidden_for_a_while_and_its_work_waits(
    own_control_plane: ControlPlane,
    places: dict[str, Workspace],
    start: Callable[..., RunningOperator],
) -> None:
    operator, doomed = start("only"), places[DOOMED]
    operator.wait_until_ready()
    held = doomed.issued("held", delivery={"window": "1m"})
    names = [f"waits-{number}" for number in range(20)]

    with ConstantMints([places[name] for name in OTHERS]) as mints:
        with forbidden(own_control_plane, DOOMED):
            doomed.token("first")
            until_watched(operator, doomed=False)
            doomed.change(held, {"spec": {"revoked": True}})
            for name in names:
                doomed.token(name)
            since = own_control_plane.audit_log.stat().st_size
            mints.go_on(10)
            assert mints.slowest() < IN_SECONDS
            assert refusals(own_control_plane, since) < len(names)
            assert outcome(doomed.known("ApiToken", "held")) == ("Active", "Issued")
            assert doomed.read("Secret", "held-token") is not None

        for name in ("first", *names):
            doomed.until_outcome(name, "Active", "Issued", timeout=BACK_SECONDS)
        doomed.until_outcome("held", "Revoked", "Revoked", timeout=BACK_SECONDS)
        doomed.until_gone("Secret", "held-token")
        until_watched(operator, doomed=True)
        doomed.issued("after")

    assert not mints.wrong
    assert told(operator, "a namespace cannot be watched", DOOMED) == 1


def test_an_operator_that_may_list_no_namespace_is_not_ready_and_names_them(
    own_control_plane: ControlPlane, start: Callable[..., RunningOperator]
) -> None:
    operator = start("only")
    operator.wait_until_ready()

    with forbidden(own_control_plane, *OTHERS, DOOMED):
        late = start("late")
        wait_until(lambda: "alpha, beta, doomed" in late.get("/readyz")[1], what="it names them", timeout=60)
        assert late.get("/readyz")[0] == 503
        assert late.get("/healthz")[0] == 200


@pytest.mark.parametrize("status", [403, 500])
def test_a_start_does_without_a_namespace_that_a_proxy_answers_for(
    places: dict[str, Workspace], start: Callable[..., RunningOperator], proxy: Proxy, status: int
) -> None:
    for kind in ("apitokens", "apicredentials"):
        proxy.refused[f"/apis/access.pharia.ai/v1alpha1/namespaces/{DOOMED}/{kind}"] = status

    operator = start("only", server=proxy.url)
    operator.wait_until_ready(timeout=60)
    with ConstantMints([places[name] for name in OTHERS]) as mints:
        mints.go_on(5)
        until_watched(operator, doomed=False)
        places[DOOMED].token("waits")
        proxy.refused.clear()
        places[DOOMED].until_outcome("waits", "Active", "Issued", timeout=BACK_SECONDS)
        until_watched(operator, doomed=True)
        assert mints.slowest() < IN_SECONDS

    assert not mints.wrong


def test_the_others_are_minted_while_every_answer_about_one_namespace_is_late(
    places: dict[str, Workspace], start: Callable[..., RunningOperator], proxy: Proxy
) -> None:
    operator = start("only", server=proxy.url)
    operator.wait_until_ready()
    names = [f"late-{number}" for number in range(LATE)]

    with ConstantMints([places[name] for name in OTHERS]) as mints:
        proxy.slow[f"/namespaces/{DOOMED}/"] = LATE_SECONDS
        for name in names:
            places[DOOMED].token(name)
        time.sleep(3 * LATE_SECONDS)
        mints.go_on(5)
        assert mints.slowest() < IN_SECONDS
        proxy.slow.clear()
        for name in names:
            places[DOOMED].until_outcome(name, "Active", "Issued")

    assert not mints.wrong
