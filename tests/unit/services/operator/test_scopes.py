"""When a start need not wait for a namespace any longer."""

import pytest

from pharia_access.services.operator.scopes import START_TIMEOUT_SECONDS, Scope


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
