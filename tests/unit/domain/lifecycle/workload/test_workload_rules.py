"""What comes next in the life of a WorkloadToken: each step from the objects alone, whatever happened before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.conditions import find
from pharia_access.domain.lifecycle.workload.decisions import (
    Answers,
    AskServer,
    CollectSecret,
    Create,
    Decision,
    Deliver,
    DropChild,
    InSync,
    Observed,
    Sight,
    WriteStatus,
)
from pharia_access.domain.lifecycle.workload.workload_rules import decide, delivered, renumbered
from pharia_access.domain.model import DeliveryState, Phase, Reason
from pharia_access.domain.workload import Losses, Why, WorkloadStatus
from tests.support.builders.domain_objects import NOW
from tests.support.builders.workload_observations import (
    BORN,
    END,
    SETTLE,
    a_child,
    a_workload,
    observed,
    pending,
    ready,
    replaced,
    settled,
    with_current,
)

if TYPE_CHECKING:
    from datetime import datetime

    from pharia_access.domain.model import Token

FREE = Answers("", Sight.GONE)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MADE = a_workload(status=with_current(1, revision=2, waits=pending(2), rotate="now"), rotate="now")


@pytest.mark.parametrize(
    ("seen", "step"),
    [
        pytest.param(observed(a_workload()), AskServer("app-1", 1), id="new: ask by dry runs first"),
        pytest.param(
            observed(a_workload(status=with_current(1, revision=2, waits=pending(2, uid=None))), a_child(1)),
            Create(pending(2, uid=None)),
            id="a number without an ApiToken: create it",
        ),
        pytest.param(
            observed(MADE, a_child(1), a_child(2)),
            Deliver(pending(2), a_child(2)),
            id="minted long ago: deliver",
        ),
        pytest.param(
            observed(MADE, a_child(1, revoked=True), a_child(2, born=NOW)),
            Deliver(pending(2), a_child(2, born=NOW)),
            id="minted just now, and what is in the Secret is over: deliver at once",
        ),
        pytest.param(
            observed(a_workload(status=with_current()), a_child(1, delivery=DeliveryState.AVAILABLE)),
            CollectSecret(a_child(1, delivery=DeliveryState.AVAILABLE)),
            id="delivered: its one-time Secret goes",
        ),
        pytest.param(observed(a_workload(deleting=True)), InSync(), id="being deleted: leave it"),
    ],
)
def test_the_next_step(seen: Observed, step: Decision) -> None:
    assert decide(seen, NOW) == step


def test_a_token_waits_until_every_verifier_knows_it() -> None:
    seen = observed(MADE, a_child(1), a_child(2, born=NOW))
    due = NOW + SETTLE + timedelta(seconds=1)

    status = settled(seen)

    waits = decide(replace(seen, workload=replace(MADE, status=status)), NOW)
    assert ready(status) == ("True", "Rotating")
    assert waits == InSync(due)
    assert isinstance(decide(seen, due), Deliver)


@pytest.mark.parametrize(
    "children",
    [
        pytest.param((), id="deleted"),
        pytest.param((a_child(2, revoked=True),), id="revoked"),
        pytest.param((a_child(2, phase=Phase.FAILED),), id="failed"),
        pytest.param((a_child(2, name="app-2"), a_child(3))[1:], id="another of the name"),
    ],
)
def test_a_number_whose_token_is_over_is_given_up(children: tuple[Token, ...]) -> None:
    answer = decide(observed(MADE, a_child(1), *children), NOW)

    assert isinstance(answer, WriteStatus)
    assert (answer.status.pending, answer.status.rotate) == (None, None)  # who asked for it asks still
    assert [notice.reason for notice in answer.notices] == [Reason.GIVEN_UP]


def test_the_number_is_given_before_anything_is_made_and_says_why() -> None:
    workload = a_workload(status=with_current(4), rotate="now")

    answer = decide(observed(workload, a_child(4), answers=FREE), NOW)

    assert isinstance(answer, WriteStatus)
    assert (answer.status.revision, answer.status.rotate) == (5, "now")
    assert answer.status.pending == replace(pending(5, uid=None, why=Why.ASKED), since=NOW)


@pytest.mark.parametrize(
    ("status", "children", "now", "lost"),
    [
        pytest.param(with_current(), (a_child(1, revoked=True),), NOW, 1, id="an end before its time counts"),
        pytest.param(with_current(1, revision=2), (a_child(1),), END - DAY, 1, id="so does a number that was given up"),
        pytest.param(with_current(lost=Losses(3, BORN)), (a_child(1),), END - DAY, 0, id="a renewal forgets them"),
        pytest.param(WorkloadStatus(), (), NOW, 0, id="the first one is none"),
    ],
)
def test_losses_are_counted(status: WorkloadStatus, children: tuple[Token, ...], now: datetime, lost: int) -> None:
    answer = decide(observed(a_workload(status=status), *children, answers=FREE), now)

    assert isinstance(answer, WriteStatus)
    assert answer.status.lost.count == lost


def test_a_delivery_replaces_the_token_before_and_says_when_the_next_one_is_due() -> None:
    seen = observed(MADE, a_child(1), a_child(2, born=NOW))

    status = delivered(seen, a_child(2, born=NOW), NOW).status

    assert status.current is not None
    assert (status.current.revision, status.current.delivered_at, status.pending) == (2, NOW, None)
    assert [each.name for each in status.replaced] == ["app-1"]
    assert status.renews_at is not None
    assert NOW < status.renews_at < NOW + 20 * DAY
    assert ready(status) == ("True", "Current")
    assert find(status.conditions, "PreviousInUse") is not None


def test_what_is_over_does_not_join_the_replaced_ones() -> None:
    seen = observed(MADE, a_child(1, revoked=True), a_child(2))

    assert delivered(seen, a_child(2), NOW).status.replaced == ()


def test_an_apitoken_of_somebody_else_under_the_name_costs_a_number() -> None:
    status = renumbered(observed(a_workload(status=with_current(1, revision=2, waits=pending(2, uid=None)))))

    assert status.pending is not None
    assert (status.revision, status.pending.name, status.pending.why) == (3, "app-3", Why.ASKED)


# What is taken away.


def dropped(*children: Token, status: WorkloadStatus, now: datetime = NOW, rotate: str | None = None) -> str:
    answer = decide(observed(a_workload(status=status, rotate=rotate), *children, answers=FREE), now)
    return answer.child.key.name if isinstance(answer, DropChild) else ""


def test_what_was_given_up_ends_once_a_later_one_is_in_the_secret() -> None:
    assert dropped(a_child(1), a_child(2), status=with_current(1, revision=2)) == ""
    assert dropped(a_child(1), a_child(2), a_child(3), status=with_current(3, replaced=(replaced(1),))) == "app-2"


def test_of_ended_tokens_two_stay_and_each_a_day() -> None:
    ended = [a_child(n, phase=Phase.EXPIRED, ended_at=NOW - 2 * DAY) for n in (1, 2, 3)]
    fresh = [a_child(n, phase=Phase.EXPIRED, ended_at=NOW - HOUR) for n in (1, 2, 3)]

    assert dropped(*ended, a_child(4), status=with_current(4)) == "app-1"
    assert dropped(*ended[1:], a_child(4), status=with_current(4)) == ""
    assert dropped(*fresh, a_child(4), status=with_current(4)) == ""


def test_before_a_sixth_is_made_the_one_that_was_unused_for_longest_ends() -> None:
    used = {1: NOW - 2 * HOUR, 2: NOW - 3 * HOUR, 3: NOW, 4: NOW, 5: NOW - 9 * HOUR}
    five = [a_child(number, used=at) for number, at in used.items()]
    status = with_current(5, replaced=tuple(replaced(number) for number in (1, 2, 3, 4)))

    assert dropped(*five, status=status, rotate="now") == "app-2"
