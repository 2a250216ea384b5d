"""While others ask, long work has its part of the time and no more, however long its pieces are; else it has it all."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from pharia_access.entrypoints.verifier.pace import QUIET_SECONDS, RESTS, Pace

if TYPE_CHECKING:
    from collections.abc import Sequence

PIECES = st.lists(st.floats(0.00001, 0.05), min_size=1, max_size=30)


def played(pieces: Sequence[float], *, every: float, until: float = float("inf")) -> list[tuple[float, float]]:
    """When each piece began and ended, if others ask so often, until then: a check each `every` seconds."""
    pace, now, found = Pace(), 0.0, []
    for seconds in pieces:
        while (rest := pace.rest(now, int(min(now, until) / every))) > 0:
            now += rest
        found.append((now, now + seconds))
        now += seconds
        pace.worked(now, seconds)
    return found


@given(PIECES, st.floats(0.00002, QUIET_SECONDS / 2))
def test_while_others_ask_each_piece_is_followed_by_a_rest_a_hundred_times_as_long(
    pieces: list[float], every: float
) -> None:
    found = played([every, *pieces], every=every)[1:]  # before the first one nobody has asked

    for (began, ended), (next_began, _) in pairwise(found):
        assert next_began - ended >= RESTS * (ended - began) * 0.999


@given(PIECES, st.floats(0.00002, QUIET_SECONDS / 2))
def test_while_others_ask_no_span_from_piece_to_piece_has_more_than_a_hundredth_of_work(
    pieces: list[float], every: float
) -> None:
    found = played([every, *pieces], every=every)[1:]

    for first in range(len(found)):
        for last in range(first + 1, len(found)):
            work = sum(ended - began for began, ended in found[first:last])
            assert work * (RESTS + 1) <= (found[last][0] - found[first][0]) * 1.001


@given(PIECES)
def test_where_nobody_asks_nothing_rests(pieces: list[float]) -> None:
    found = played(pieces, every=float("inf"))

    assert all(ended == began for (_, ended), (began, _) in pairwise(found))


@given(PIECES, st.floats(0.00002, QUIET_SECONDS / 2), st.floats(0.0, 1.0))
def test_soon_after_the_last_one_has_asked_nothing_rests_any_more(
    pieces: list[float], every: float, until: float
) -> None:
    found = played(pieces, every=every, until=until)

    for (_, ended), (began, _) in pairwise(found):
        if ended > until + 2 * QUIET_SECONDS:
            assert began - ended <= QUIET_SECONDS


@given(PIECES, st.floats(0.00002, 1.0))
def test_it_always_goes_on_and_rests_no_longer_than_that(pieces: list[float], every: float) -> None:
    found = played(pieces, every=every)

    for (began, ended), (next_began, _) in pairwise(found):
        assert next_began - ended <= RESTS * (ended - began) * 1.001 + 1e-9


def test_what_was_done_while_nobody_asked_is_not_made_up_for() -> None:
    pace = Pace()
    for number in range(1, 1001):
        pace.worked(number * 0.01, 0.01)

    now, checks = 10.0, 0
    while (rest := pace.rest(now, checks := checks + 1)) > 0:
        now += rest
    assert now <= 10.0 + RESTS * 0.01 + 0.001
