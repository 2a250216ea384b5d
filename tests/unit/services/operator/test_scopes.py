"""When a start need not wait for a namespace any longer, and whose work waits until it is listed."""

import pytest

from pharia_access.domain.model import ObjectKey
from pharia_access.services.operator.scopes import START_TIMEOUT_SECONDS, Scope, Scopes
from pharia_access.services.operator.work_queue import WorkItem, WorkQueue
from tests.support.fakes.ports import FakeMetrics
from tests.support.fakes.virtual_time import FakeClock


@pytest.mark.parametrize(
    ("scope", "now", "start_may_proceed"),
    [
        pytest.param(Scope("a"), 1e9, False, id="nobody has begun to list it"),
        pytest.param(Scope("a", began=100.0), 100.0, False, id="its list has just begun"),
        pytest.param(Scope("a", began=100.0), 100.0 + START_TIMEOUT_SECONDS - 0.25, False, id="its list may end yet"),
        pytest.param(Scope("a", began=100.0), 100.0 + START_TIMEOUT_SECONDS, True, id="its list has had its time"),
        pytest.param(Scope("a", began=100.0, listed=True), 100.0, True, id="it is listed"),
        pytest.param(Scope("a", began=100.0, denied=True), 100.0, True, id="it may not be listed"),
    ],
)
def test_a_start_waits_for_a_namespace_until(scope: Scope, now: float, *, start_may_proceed: bool) -> None:
    assert scope.start_may_proceed(now) is start_may_proceed


@pytest.mark.parametrize(
    ("namespace", "waits"),
    [
        pytest.param("listed", False, id="that was listed"),
        pytest.param("unlisted", True, id="that was not listed yet"),
        pytest.param("elsewhere", False, id="that is not watched and so never listed"),
    ],
)
def test_a_credentials_status_waits_for_the_list_of_a_namespace(
    clock: FakeClock, queue: WorkQueue, namespace: str, *, waits: bool
) -> None:
    scopes = Scopes(("listed", "unlisted"), queue=queue, clock=clock, metrics=FakeMetrics())
    for scope in (scopes.catalog, scopes.of("listed")):
        scopes.was_listed(scope)

    assert scopes.hold(WorkItem("credential", ObjectKey(namespace, "bot"))) is waits
