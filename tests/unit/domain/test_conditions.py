"""Kubernetes conditions: when their time moves, and that nothing else does."""

from datetime import UTC, datetime, timedelta

import pytest

from pharia_access.domain.conditions import Condition, ConditionStatus, find, is_true, with_condition, without
from pharia_access.errors import InvalidObjectError

THEN = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOW = THEN + timedelta(hours=1)


def condition(
    type_: str = "Ready",
    status: ConditionStatus = "True",
    *,
    reason: str = "Issued",
    message: str = "all is well",
    generation: int = 1,
    at: datetime = THEN,
) -> Condition:
    return Condition(type_, status, reason, message, generation, at)


def test_a_new_type_is_added_at_the_end() -> None:
    ready, active = condition("Ready"), condition("Active", at=NOW)

    assert with_condition((ready,), active) == (ready, active)
    assert with_condition((), active) == (active,)


def test_a_changed_status_moves_the_time() -> None:
    changed = with_condition((condition(status="True"),), condition(status="False", at=NOW))

    assert changed == (condition(status="False", at=NOW),)


@pytest.mark.parametrize(
    "new",
    [
        pytest.param(condition(at=NOW, reason="Revoked"), id="the reason changes"),
        pytest.param(condition(at=NOW, message="still well"), id="the message changes"),
        pytest.param(condition(at=NOW, generation=2), id="the generation changes"),
    ],
)
def test_the_time_stays_while_the_status_does(new: Condition) -> None:
    (changed,) = with_condition((condition(),), new)

    assert changed.last_transition_time == THEN
    assert (changed.reason, changed.message, changed.observed_generation) == (
        new.reason,
        new.message,
        new.observed_generation,
    )


def test_saying_the_same_again_changes_nothing() -> None:
    before = (condition("Ready"), condition("Active"))

    assert with_condition(before, condition("Ready", at=NOW)) == before


def test_replacing_keeps_the_order_and_the_others() -> None:
    before = (condition("Ready"), condition("Active"), condition("Delivered"))

    after = with_condition(before, condition("Active", "Unknown", at=NOW))

    assert [each.type for each in after] == ["Ready", "Active", "Delivered"]
    assert (after[0], after[2]) == (before[0], before[2])


def test_a_condition_can_be_taken_away() -> None:
    before = (condition("Ready"), condition("Stalled"))

    assert without(before, "Stalled") == (condition("Ready"),)
    assert without(before, "Active") == before


def test_a_condition_is_found_by_its_type() -> None:
    conditions = (condition("Ready"), condition("Active", "False"))

    assert find(conditions, "Active") == conditions[1]
    assert find(conditions, "active") is None


@pytest.mark.parametrize(
    ("conditions", "verdict"),
    [
        pytest.param((condition("Ready", "True"),), True, id="true"),
        pytest.param((condition("Ready", "False"),), False, id="false"),
        pytest.param((condition("Ready", "Unknown"),), False, id="unknown"),
        pytest.param((condition("Active", "True"),), False, id="absent"),
    ],
)
def test_only_a_condition_that_is_there_and_true_is_true(conditions: tuple[Condition, ...], *, verdict: bool) -> None:
    assert is_true(conditions, "Ready") is verdict


def test_a_long_message_is_cut_to_what_the_api_server_takes() -> None:
    assert condition(message="é" * 32769).message == "é" * 32768


def test_the_time_is_cut_to_whole_seconds() -> None:
    assert condition(at=THEN + timedelta(microseconds=999_999)).last_transition_time == THEN


@pytest.mark.parametrize(
    "reason",
    [
        pytest.param("", id="nothing"),
        pytest.param("not a word", id="spaces"),
        pytest.param("9Lives", id="a digit in front"),
        pytest.param("Issued\n", id="a line break behind it"),
        pytest.param("R" * 1025, id="too long"),
    ],
)
def test_a_reason_that_the_api_server_would_refuse_is_refused(reason: str) -> None:
    with pytest.raises(InvalidObjectError, match="reason of condition Ready"):
        condition(reason=reason)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidObjectError, match="without a zone"):
        condition(at=datetime(2026, 11, 23))  # noqa: DTZ001 - that is the point
