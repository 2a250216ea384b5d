"""When tokens were last used: noted at once, written later, and never more than asked."""

from __future__ import annotations

import asyncio

import pytest

from pharia_access.domain.verdict import IssuedToken
from pharia_access.errors import UnavailableError
from pharia_access.services.verifier.last_used import NullLastUsedRecorder
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.last_used_writes import HOUR, PER_SECOND, Case, a_token


@simulated
async def test_the_first_use_is_written_and_the_next_ones_within_the_interval_are_not(clock: FakeClock) -> None:
    case, token = Case(clock), a_token()
    async with case.running() as uses:
        for _ in range(60):
            uses.used(token)
            await asyncio.sleep(HOUR / 60 - 0.001)
        assert case.writer.rounded == [("finance/ci", "uid-ci", Case.START)]
        assert case.outcomes == ["written"]

        await asyncio.sleep(1)
        uses.used(token)
        await asyncio.sleep(1)

    assert case.writer.keys == ["finance/ci"] * 2


@pytest.mark.parametrize(
    ("ago", "noted"),
    [
        pytest.param(HOUR - 60, False, id="within the interval: another verifier has written it"),
        pytest.param(HOUR + 60, True, id="before the interval"),
        pytest.param(-60, False, id="by a clock a little ahead"),
        pytest.param(-10 * HOUR, True, id="by a clock that is wrong: corrected"),
    ],
)
@simulated
async def test_what_the_object_says_counts(clock: FakeClock, ago: float, noted: bool) -> None:  # noqa: FBT001
    case = Case(clock)
    async with case.running() as uses:
        uses.used(a_token(last_used=Case.START - ago))

        assert uses.waiting == noted


@simulated
async def test_writes_keep_their_pace_and_the_oldest_is_the_first(clock: FakeClock) -> None:
    case = Case(clock)
    async with case.running() as uses:
        for number in range(9):
            uses.used(a_token(f"t{number}"))
        await asyncio.sleep(60)

    assert case.writer.keys == [f"finance/t{number}" for number in range(9)]
    assert case.writer.waits == pytest.approx([1 / PER_SECOND] * 8, abs=1e-6)


@simulated
async def test_a_use_during_the_write_is_not_lost(clock: FakeClock) -> None:
    case, token = Case(clock), a_token()
    async with case.running() as uses:
        uses.used(token)
        await case.writer.begun.wait()
        token.noted = 0.0
        uses.used(token)
        await asyncio.sleep(1)

    assert case.writer.keys == ["finance/ci"] * 2


@simulated
async def test_of_two_uses_that_wait_the_later_is_written(clock: FakeClock) -> None:
    case, token = Case(clock, UnavailableError("503")), a_token()
    async with case.running() as uses:
        uses.used(token)
        await case.writer.begun.wait()
        token.noted = 0.0
        clock.advance(100)
        uses.used(token)
        await asyncio.sleep(10)

    assert case.writer.rounded == [("finance/ci", "uid-ci", Case.START + 100)]


@pytest.mark.parametrize(
    ("watched", "written"),
    [
        pytest.param(a_token(), True, id="as it was"),
        pytest.param(a_token(last_used=Case.START + 1), False, id="written by another verifier meanwhile"),
        pytest.param(a_token(last_used=Case.START - 2 * HOUR), True, id="written long ago"),
        pytest.param(a_token(uid="another"), False, id="another token of that ID"),
        pytest.param(None, False, id="gone"),
    ],
)
@simulated
async def test_before_a_write_the_watch_has_its_say(
    clock: FakeClock,
    watched: IssuedToken | None,
    written: bool,  # noqa: FBT001
) -> None:
    case = Case(clock)
    case.watched = {} if watched is None else {"id-ci": watched}
    async with case.running() as uses:
        uses.used(a_token())
        await asyncio.sleep(1)

        assert uses.waiting == 0
    assert bool(case.writer.written) is written


def test_switched_off_nothing_is_noted() -> None:
    token = a_token()

    NullLastUsedRecorder().used(token)

    assert token.noted == 0.0


@simulated
async def test_an_inspection_is_written_beside_the_use_and_is_none(clock: FakeClock) -> None:
    case, token = Case(clock), a_token(last_used=Case.START - 60)
    async with case.running() as uses:
        uses.inspected(token)
        await asyncio.sleep(1)

    assert case.writer.rounded == [("inspected finance/ci", "uid-ci", Case.START)]
    assert token.noted == 0


@simulated
async def test_each_minute_of_inspections_is_written_and_no_more(clock: FakeClock) -> None:
    case, token = Case(clock), a_token()
    async with case.running() as uses:
        for _ in range(130):
            uses.inspected(token)
            await asyncio.sleep(1)

    assert len(case.writer.written) == 3


@simulated
async def test_inspections_of_many_tokens_take_a_bounded_room(clock: FakeClock) -> None:
    case = Case(clock)
    async with case.running() as uses:
        for number in range(10_002):
            uses.inspected(a_token(f"t{number}"))

        assert len(uses._inspected) == 10_000
