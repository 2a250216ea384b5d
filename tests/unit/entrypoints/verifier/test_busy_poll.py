"""After an answer the event loop looks for the next request before it sleeps; where that does not pay, it stops."""

from __future__ import annotations

import asyncio

from pharia_access.entrypoints.verifier.busy_poll import BusyPoll


class Clock:
    """Goes on by a microsecond each time somebody looks at it; that is, each time the loop goes round."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self) -> float:
        self.looks += 1
        return self.looks * 1e-6


async def rounds_after_an_answer(poll: BusyPoll, clock: Clock) -> int:
    """How often it was looked before the loop could sleep."""
    before = clock.looks
    poll.answered()
    await asyncio.sleep(0.002)
    return clock.looks - before


async def test_it_looks_for_as_long_as_it_may_and_then_lets_the_loop_sleep() -> None:
    clock = Clock()
    poll = BusyPoll(20e-6, now=clock)

    assert 20 <= await rounds_after_an_answer(poll, clock) <= 23


async def test_an_answer_meanwhile_prolongs_it() -> None:
    clock = Clock()
    poll = BusyPoll(20e-6, now=clock)
    poll.answered()
    for _ in range(10):
        await asyncio.sleep(0)

    assert 20 <= await rounds_after_an_answer(poll, clock) <= 23


async def test_where_it_never_pays_it_is_tried_now_and_then_only() -> None:
    clock = Clock()
    poll = BusyPoll(20e-6, now=clock)

    tried = [await rounds_after_an_answer(poll, clock) > 0 for _ in range(256)]

    assert all(tried[:8])
    assert sum(tried[8:]) == 4


async def test_once_it_pays_again_it_goes_on() -> None:
    clock = Clock()
    poll = BusyPoll(20e-6, now=clock)
    while await rounds_after_an_answer(poll, clock):
        pass
    while not clock.looks or not poll._polling:
        poll.answered()
    poll.answered()  # a request came while it looked
    await asyncio.sleep(0.002)

    assert all([await rounds_after_an_answer(poll, clock) for _ in range(7)])


async def test_it_can_be_switched_off() -> None:
    clock = Clock()

    assert [await rounds_after_an_answer(BusyPoll(0, now=clock), clock) for _ in range(100)] == [0] * 100
