"""When the fault bench says that a machine was too busy to keep the short bounds."""

from __future__ import annotations

import pytest

from tests.chaos.history import EVERYBODY, History


@pytest.mark.parametrize(
    ("made", "seen", "late"),
    [
        pytest.param(10, [10.4], False, id="soon after the answer"),
        pytest.param(10, [10.6], True, id="long after the answer"),
        pytest.param(10, [10.4, 12], False, id="a later change says nothing"),
        pytest.param(None, [10.6], False, id="one that nobody of ours made"),
    ],
)
def test_a_watch_that_shows_a_new_token_late_disturbs_everybody(
    made: float | None, seen: list[float], *, late: bool
) -> None:
    history = History()
    if made is not None:
        history.note_made("uid-1", made)
    for at in seen:
        history.note_seen("uid-1", at)

    assert history.disturbed("verifier-1", since=10.5, until=11) is late


def test_a_watch_may_be_before_the_answer() -> None:
    history = History()
    history.note_seen("uid-1", 10)
    history.note_made("uid-1", 10.1)
    history.note_seen("uid-1", 12)

    assert history.disturbances == []


def test_one_that_is_late_disturbs_itself_alone() -> None:
    history = History()
    history.note_late("verifier-1", 10, 11, "verifier-1 answered late")

    assert history.disturbed("verifier-1", 5, 10.5)
    assert not history.disturbed("verifier-2", 5, 10.5)
    assert not history.disturbed(EVERYBODY, 5, 10.5)
    assert history.log == [(10, "verifier-1 answered late")]
