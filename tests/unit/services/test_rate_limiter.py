"""The rate limiter: so many turns a second, evenly spaced."""

import asyncio
from datetime import datetime

import pytest

from pharia_access.services.rate_limiter import RateLimiter
from tests.support.fakes.virtual_time import FakeClock, simulated


async def turns(limiter: RateLimiter, clock: FakeClock, *, count: int) -> list[tuple[float, int]]:
    """When each of so many who come at once gets a turn, in the order of their turns."""
    had: list[tuple[float, int]] = []

    async def come(number: int) -> None:
        await limiter.wait()
        had.append((clock.monotonic(), number))

    await asyncio.gather(*(come(number) for number in range(count)))
    return had


@simulated
async def test_the_first_turn_comes_at_once(clock: FakeClock) -> None:
    await RateLimiter(clock, 0.001).wait()

    assert clock.monotonic() < 0.001


@simulated
async def test_many_at_once_are_spread_evenly_in_the_order_in_which_they_came(clock: FakeClock) -> None:
    had = await turns(RateLimiter(clock, 4), clock, count=9)

    assert [number for _, number in had] == list(range(9))
    assert [moment for moment, _ in had] == pytest.approx([number / 4 for number in range(9)], abs=1e-6)


class LateClock:
    """Another's time; whoever sleeps is woken late, as on a busy machine."""

    def __init__(self, clock: FakeClock, late: float) -> None:
        self._clock = clock
        self._late = late

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds + self._late)


@simulated
async def test_turns_that_come_late_do_not_slow_down_those_that_follow(clock: FakeClock) -> None:
    had = await turns(RateLimiter(LateClock(clock, 0.1), 4), clock, count=9)

    assert [moment for moment, _ in had] == pytest.approx([0, *(number / 4 + 0.1 for number in range(1, 9))], abs=1e-6)


@simulated
async def test_turns_that_nobody_took_are_not_saved_up(clock: FakeClock) -> None:
    limiter = RateLimiter(clock, 2)
    await limiter.wait()
    await asyncio.sleep(60)

    had = await turns(limiter, clock, count=3)

    assert [moment for moment, _ in had] == pytest.approx([60, 60.5, 61], abs=1e-6)


@simulated
async def test_whoever_comes_rarely_never_waits(clock: FakeClock) -> None:
    limiter = RateLimiter(clock, 2)
    for number in range(5):
        await limiter.wait()
        assert clock.monotonic() == pytest.approx(number, abs=1e-6)
        await asyncio.sleep(1)


@simulated
async def test_namespaces_take_turns(clock: FakeClock) -> None:
    limiter, had = RateLimiter(clock, 20), []

    async def come(namespace: str) -> None:
        await limiter.wait(namespace)
        had.append(namespace)

    waiting = [asyncio.create_task(come("noisy")) for _ in range(100)]
    waiting.append(asyncio.create_task(come("quiet")))
    await asyncio.sleep(10)

    assert had[:4] == ["noisy", "noisy", "quiet", "noisy"]
    assert len(had) == 101


@simulated
async def test_who_gives_up_takes_no_turn(clock: FakeClock) -> None:
    limiter = RateLimiter(clock, 1)
    waiting = [asyncio.create_task(limiter.wait()) for _ in range(5)]
    await asyncio.sleep(0.5)
    for task in waiting[1:4]:
        task.cancel()

    await waiting[4]

    assert clock.monotonic() == pytest.approx(1, abs=1e-3)
