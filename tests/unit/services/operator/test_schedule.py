"""The schedule: one moment a key, fired in order, on time, and also when the wall clock is set."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.model import ObjectKey
from pharia_access.services.operator.schedule import Schedule
from tests.support.builders.domain_objects import NOW
from tests.support.fakes.virtual_time import FakeClock, simulated

A, B, C = (ObjectKey("finance", name) for name in "abc")


class WallClock(FakeClock):
    """A clock whose wall time can be set, while its monotonic time goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong_by = timedelta()

    def now(self) -> datetime:
        return super().now() + self.wrong_by


class Firing:
    """Runs a schedule, and writes down at which second which key fired."""

    def __init__(self, schedule: Schedule, clock: FakeClock) -> None:
        self.fired: list[tuple[float, ObjectKey]] = []
        self.clock = clock
        self.task = asyncio.create_task(schedule.run(clock, self.fire))

    def fire(self, keys: list[ObjectKey]) -> None:
        self.fired.extend((round(self.clock.monotonic(), 3), key) for key in keys)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
def schedule() -> Schedule:
    return Schedule()


@pytest.fixture
def clock() -> WallClock:
    return WallClock()


def test_an_empty_schedule_has_nothing_due(schedule: Schedule) -> None:
    assert schedule.next_due() is None
    assert schedule.pop_due(at(0)) == []


def test_what_is_due_comes_off_in_order(schedule: Schedule) -> None:
    schedule.set(A, at(30))
    schedule.set(B, at(10))
    schedule.set(C, at(20))

    assert schedule.next_due() == at(10).timestamp()
    assert schedule.pop_due(at(20)) == [B, C]
    assert len(schedule) == 1
    assert schedule.pop_due(at(20)) == []
    assert schedule.pop_due(at(30)) == [A]


@pytest.mark.parametrize("later", [5, 20])
def test_a_later_call_replaces_the_moment(schedule: Schedule, later: float) -> None:
    schedule.set(A, at(10))
    schedule.set(A, at(later))

    assert len(schedule) == 1
    assert schedule.next_due() == at(later).timestamp()
    assert schedule.pop_due(at(100)) == [A]
    assert schedule.pop_due(at(100)) == []


def test_a_moment_that_comes_back_fires_once(schedule: Schedule) -> None:
    for seconds in (10, 20, 10):
        schedule.set(A, at(seconds))

    assert schedule.pop_due(at(100)) == [A]


def test_none_takes_a_key_off(schedule: Schedule) -> None:
    schedule.set(A, at(10))
    schedule.set(B, at(20))
    schedule.set(A, None)
    schedule.set(C, None)

    assert len(schedule) == 1
    assert schedule.next_due() == at(20).timestamp()
    assert schedule.pop_due(at(100)) == [B]


@given(st.lists(st.tuples(st.sampled_from([A, B, C]), st.one_of(st.none(), st.integers(0, 20))), max_size=30))
def test_the_last_call_for_each_key_stands(calls: list[tuple[ObjectKey, int | None]]) -> None:
    schedule = Schedule()
    expected: dict[ObjectKey, int] = {}
    for key, seconds in calls:
        schedule.set(key, None if seconds is None else at(seconds))
        expected.pop(key, None)
        if seconds is not None:
            expected[key] = seconds

    assert len(schedule) == len(expected)
    popped = schedule.pop_due(at(20))
    assert sorted(popped) == sorted(expected)
    assert all(expected[first] <= expected[second] for first, second in pairwise(popped))


@simulated
async def test_each_key_fires_at_its_moment(schedule: Schedule, clock: WallClock) -> None:
    firing = Firing(schedule, clock)
    schedule.set(A, at(100))
    schedule.set(B, at(7))
    schedule.set(C, at(-5))

    await asyncio.sleep(1000)

    assert firing.fired == [(0, C), (7, B), (100, A)]


@simulated
async def test_nothing_fires_before_its_moment(schedule: Schedule, clock: WallClock) -> None:
    moment = at(10.123456)
    seen: list[datetime] = []
    task = asyncio.create_task(schedule.run(clock, lambda _keys: seen.append(clock.now())))
    schedule.set(A, moment)

    await asyncio.sleep(60)
    task.cancel()

    assert len(seen) == 1
    assert moment <= seen[0] < moment + timedelta(milliseconds=1)


@simulated
async def test_the_sleeper_is_woken_for_an_earlier_moment(schedule: Schedule, clock: WallClock) -> None:
    firing = Firing(schedule, clock)
    schedule.set(A, at(20))
    await asyncio.sleep(3)
    schedule.set(B, at(5))

    await asyncio.sleep(100)

    assert firing.fired == [(5, B), (20, A)]


@simulated
async def test_the_sleeper_is_woken_for_a_first_moment(schedule: Schedule, clock: WallClock) -> None:
    firing = Firing(schedule, clock)
    await asyncio.sleep(3)
    schedule.set(A, at(5))

    await asyncio.sleep(100)

    assert firing.fired == [(5, A)]


@simulated
async def test_a_moment_that_was_called_off_or_put_off_does_not_fire(schedule: Schedule, clock: WallClock) -> None:
    firing = Firing(schedule, clock)
    schedule.set(A, at(5))
    schedule.set(B, at(6))
    await asyncio.sleep(1)
    schedule.set(A, None)
    schedule.set(B, at(16))

    await asyncio.sleep(100)

    assert firing.fired == [(16, B)]


@simulated
async def test_a_key_may_be_set_again_while_it_fires(schedule: Schedule, clock: WallClock) -> None:
    moments: Iterator[datetime | None] = iter([at(5), at(9), None])
    fired: list[float] = []

    def fire(keys: list[ObjectKey]) -> None:
        fired.append(round(clock.monotonic(), 3))
        for key in keys:
            schedule.set(key, next(moments))

    schedule.set(A, at(1))
    task = asyncio.create_task(schedule.run(clock, fire))
    await asyncio.sleep(100)
    task.cancel()

    assert fired == [1, 5, 9]


@simulated
async def test_a_wall_clock_set_forward_is_noticed_within_half_a_minute(schedule: Schedule, clock: WallClock) -> None:
    firing = Firing(schedule, clock)
    schedule.set(A, at(3600))
    await asyncio.sleep(10)
    clock.wrong_by = timedelta(hours=2)

    await asyncio.sleep(30.1)

    assert [key for _, key in firing.fired] == [A]


@simulated
async def test_a_wall_clock_set_back_puts_all_off(schedule: Schedule, clock: WallClock) -> None:
    firing = Firing(schedule, clock)
    schedule.set(A, at(25))
    await asyncio.sleep(10)
    clock.wrong_by = timedelta(hours=-1)

    await asyncio.sleep(7200)

    assert firing.fired == [(3625, A)]
