"""When a WorkloadToken needs another token, and why."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from pharia_access.domain.lifecycle.workload.decisions import Observed, Sight
from pharia_access.domain.lifecycle.workload.due import due, is_live
from pharia_access.domain.lifecycle.workload.timing import may_mint_at, overdue_at, renews_at
from pharia_access.domain.model import Phase
from pharia_access.domain.workload import Losses, Why
from tests.support.builders.domain_objects import NOW
from tests.support.builders.workload_observations import (
    BORN,
    END,
    LIFE,
    a_child,
    a_current,
    a_workload,
    observed,
    with_current,
)

DAY = timedelta(days=1)
GOOD = a_workload(status=with_current())
LATE = END - timedelta(days=9)


@pytest.mark.parametrize(
    ("seen", "now", "why"),
    [
        pytest.param(observed(a_workload()), NOW, Why.FIRST, id="there is none yet"),
        pytest.param(observed(GOOD, a_child(1)), NOW, None, id="all is well"),
        pytest.param(observed(GOOD), NOW, Why.ENDED, id="its ApiToken is gone"),
        pytest.param(observed(GOOD, a_child(1, name="app-9")), NOW, Why.ENDED, id="only another is there"),
        pytest.param(observed(GOOD, a_child(1, revoked=True)), NOW, Why.ENDED, id="it is revoked"),
        pytest.param(observed(GOOD, a_child(1, phase=Phase.FAILED)), NOW, Why.ENDED, id="it failed"),
        pytest.param(
            observed(GOOD, a_child(1, cut=NOW - DAY)), NOW, Why.ENDED, id="somebody cut its life, and it is over"
        ),
        pytest.param(
            observed(GOOD, a_child(1, cut=NOW + DAY / 8)), NOW, Why.ENDED, id="somebody cut its life to some hours"
        ),
        pytest.param(
            observed(GOOD, a_child(1), refuse_issued_before=NOW), NOW, Why.ENDED, id="it is void after a restore"
        ),
        pytest.param(observed(GOOD, a_child(1), refuse_issued_before=BORN), NOW, None, id="it is of after the restore"),
        pytest.param(
            observed(a_workload(status=with_current(), rotate="now"), a_child(1)), NOW, Why.ASKED, id="asked for"
        ),
        pytest.param(
            observed(a_workload(status=with_current(rotate="now"), rotate="now"), a_child(1)), NOW, None, id="obeyed"
        ),
        pytest.param(
            observed(a_workload(status=with_current(rotate="now")), a_child(1)), NOW, None, id="taken back asks nothing"
        ),
        pytest.param(observed(GOOD, a_child(1)), LATE, Why.RENEWAL, id="its time has come"),
        pytest.param(observed(GOOD, a_child(1)), END + DAY, Why.RENEWAL, id="it ended while nobody was there"),
        pytest.param(observed(GOOD), END + DAY, Why.RENEWAL, id="it ended, and was deleted since"),
        pytest.param(observed(GOOD, a_child(1), secret=Sight.GONE), NOW, Why.SECRET_LOST, id="the Secret is gone"),
        pytest.param(observed(GOOD, a_child(1), secret=Sight.OLDER), NOW, Why.SECRET_LOST, id="an older one is there"),
        pytest.param(observed(GOOD, a_child(1), secret=Sight.FOREIGN), NOW, Why.SECRET_LOST, id="another's is there"),
        pytest.param(observed(GOOD, a_child(1), secret=Sight.HELD), NOW, None, id="the Secret holds it"),
    ],
)
def test_another_token_is_due(seen: Observed, now: object, why: Why | None) -> None:
    assert due(seen, now) is why  # type: ignore[arg-type] # a moment


def test_a_renewal_keeps_its_overlap_and_comes_a_little_sooner() -> None:
    workload, current = a_workload(renew_before=10 * DAY), a_current()

    at = renews_at(workload, current, END)

    assert END - 11 * DAY <= at <= END - 10 * DAY
    assert overdue_at(workload, current, END) == at + DAY


@pytest.mark.parametrize(
    ("asked", "overlap"),
    [
        pytest.param(None, LIFE / 3, id="a third of the life by default"),
        pytest.param(20 * DAY, LIFE / 2, id="half of the life at most"),
        pytest.param(DAY, DAY, id="as asked"),
    ],
)
def test_the_overlap_is_of_the_life_that_a_token_really_has(asked: timedelta | None, overlap: timedelta) -> None:
    at = renews_at(a_workload(renew_before=asked), a_current(), END)

    assert END - overlap * 1.1 - timedelta(seconds=1) <= at <= END - overlap


def test_a_thousand_of_one_sync_renew_over_a_tenth_of_the_overlap() -> None:
    at = sorted(renews_at(a_workload(uid=f"u{n}"), a_current(), END) for n in range(1000))

    assert at[-1] - at[0] > 0.95 * DAY
    assert max(later - sooner for sooner, later in itertools.pairwise(at)) < DAY / 50


@pytest.mark.parametrize(("count", "minutes"), [(0, None), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (40, 60)], ids=str)
def test_after_each_loss_the_next_token_waits_longer(count: int, minutes: int | None) -> None:
    workload = a_workload(status=with_current(lost=Losses(count, NOW if count else None)))

    assert may_mint_at(workload) == (None if minutes is None else NOW + timedelta(minutes=minutes))


def test_deleting_the_secret_again_and_again_for_six_hours_makes_twelve_tokens_at_most() -> None:
    losses, now, made = Losses(), NOW, 0
    while now < NOW + timedelta(hours=6):
        may = may_mint_at(a_workload(status=with_current(lost=losses))) or now
        now = max(now, may)
        losses, made = Losses(losses.count + 1, now), made + 1

    assert made <= 12


@pytest.mark.parametrize(
    ("seen", "live"),
    [
        pytest.param(observed(a_workload()), False, id="there is none"),
        pytest.param(observed(GOOD, a_child(1)), True, id="it is good"),
        pytest.param(observed(GOOD, a_child(1, revoked=True)), False, id="it is revoked"),
    ],
)
def test_what_counts_as_live(seen: Observed, live: bool) -> None:  # noqa: FBT001 - a row
    assert is_live(seen, NOW) is live
