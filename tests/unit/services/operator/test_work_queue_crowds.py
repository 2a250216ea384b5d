"""A namespace with much work leaves workers and time to one that asks for little, and has all of them otherwise."""

import asyncio

import pytest

from pharia_access.domain.turns import FEW, HEEDED_SECONDS, MOST_REST_SECONDS
from pharia_access.services.operator.work_queue import WorkQueue
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.crowd_of_workers import WORKERS, add, crew_of, keep_asking, starts, work_in

ALONE = 12
"""What a namespace has of 16 workers while nobody else works."""


@simulated
async def test_beside_one_that_asks_a_crowd_has_one_worker_half_the_time(queue: WorkQueue, clock: FakeClock) -> None:
    queue.add(work_in("quiet"))
    add(queue, "crowd", 100)
    async with crew_of(queue, clock, seconds=0.1) as recording_workers:
        await asyncio.sleep(1)

    assert starts(recording_workers, "quiet") == [0]
    assert starts(recording_workers, "crowd") == pytest.approx([0.2 * number for number in range(5)], abs=0.01)


@simulated
async def test_light_work_of_low_priority_has_two_workers_that_rest_for_a_quarter(clock: FakeClock) -> None:
    queue = WorkQueue(clock.monotonic, may_mint=lambda _: False)
    queue.add(work_in("quiet"))
    for number in range(1000):
        queue.add(work_in("crowd", number), low_priority=True)
    async with crew_of(queue, clock, seconds=0.008) as recording_workers:
        await asyncio.sleep(1)

    assert starts(recording_workers, "quiet") == [0]
    assert 150 <= len(starts(recording_workers, "crowd")) <= 200


@pytest.mark.parametrize(
    ("low_priority", "may_mint", "seconds"),
    [
        pytest.param(True, True, 0.1, id="it may mint"),
        pytest.param(False, False, 0.1, id="somebody asked for it"),
        pytest.param(True, False, 0.11, id="it takes long"),
    ],
)
@simulated
async def test_beside_other_work_a_crowd_has_one_worker(
    clock: FakeClock, *, low_priority: bool, may_mint: bool, seconds: float
) -> None:
    queue = WorkQueue(clock.monotonic, may_mint=lambda _: may_mint)
    queue.add(work_in("quiet"))
    for number in range(1000):
        queue.add(work_in("crowd", number), low_priority=low_priority)
    async with crew_of(queue, clock, seconds=seconds) as recording_workers:
        await asyncio.sleep(0.95)

    assert starts(recording_workers, "crowd") == pytest.approx([2 * seconds * number for number in range(5)], abs=0.01)


@simulated
async def test_alone_it_has_all_workers_as_before(queue: WorkQueue, clock: FakeClock) -> None:
    add(queue, "crowd", 1000)
    async with crew_of(queue, clock, seconds=0.1) as recording_workers:
        await asyncio.sleep(0.95)

    assert len(starts(recording_workers, "crowd")) == 10 * ALONE


@simulated
async def test_soon_after_the_other_has_asked_it_has_all_workers_again(queue: WorkQueue, clock: FakeClock) -> None:
    queue.add(work_in("quiet"))
    add(queue, "crowd", 1000)
    async with crew_of(queue, clock, seconds=0.1) as recording_workers:
        await asyncio.sleep(HEEDED_SECONDS + 1.25)

    again = HEEDED_SECONDS + 0.25
    assert len(starts(recording_workers, "crowd", since=again, until=again + 0.95)) >= 9 * ALONE


@simulated
async def test_a_crowd_beside_one_that_asks_for_ever_is_done_in_the_end(queue: WorkQueue, clock: FakeClock) -> None:
    add(queue, "crowd", 200)
    async with crew_of(queue, clock, seconds=0.1) as recording_workers:
        await keep_asking(queue, "quiet", times=45)

    assert len(starts(recording_workers, "crowd")) == 200


@simulated
async def test_two_crowds_share_the_time_of_one_worker(queue: WorkQueue, clock: FakeClock) -> None:
    queue.add(work_in("quiet"))
    add(queue, "crowd", 100)
    add(queue, "mob", 100)
    async with crew_of(queue, clock, seconds=0.1) as recording_workers:
        await asyncio.sleep(1.1)

    assert starts(recording_workers, "crowd") == pytest.approx([0, 0.3, 0.6, 0.9], abs=0.01)
    assert starts(recording_workers, "mob") == pytest.approx([0, 0.3, 0.6, 0.9], abs=0.01)


@simulated
async def test_who_asks_beside_a_crowd_at_full_speed_is_served_by_the_workers_that_are_left(
    queue: WorkQueue, clock: FakeClock
) -> None:
    add(queue, "crowd", 100)
    async with crew_of(queue, clock, seconds=0.1) as recording_workers:
        await asyncio.sleep(0.55)
        add(queue, "quiet", FEW)
        await asyncio.sleep(0.5)

    assert starts(recording_workers, "quiet") == pytest.approx([0.55] * (FEW - 1) + [0.6], abs=0.01)


@simulated
async def test_after_work_that_hangs_a_crowd_does_not_rest_as_long(queue: WorkQueue, clock: FakeClock) -> None:
    add(queue, "crowd", 100)
    async with crew_of(queue, clock, seconds=60) as recording_workers:
        for _ in range(66):
            queue.add(work_in("quiet"))  # one object, again and again
            await asyncio.sleep(1)

    assert len(starts(recording_workers, "crowd", since=60, until=60 + MOST_REST_SECONDS)) == 0
    assert len(starts(recording_workers, "crowd", since=60 + MOST_REST_SECONDS)) == 1


@pytest.mark.parametrize("why", ["low priority", "a date has come", "it is tried again"])
@simulated
async def test_for_what_nobody_waits_a_crowd_does_not_hold_back(queue: WorkQueue, clock: FakeClock, why: str) -> None:
    other = work_in("other")
    match why:
        case "low priority":
            queue.add(other, low_priority=True)
        case "a date has come":
            queue.add_after(other, 0.01)
        case _:
            queue.add_rate_limited(other)
    add(queue, "crowd", 1000)
    async with crew_of(queue, clock, seconds=0.1) as recording_workers:
        await asyncio.sleep(0.95)

    assert starts(recording_workers, "other")
    assert len(starts(recording_workers, "crowd")) >= 9 * ALONE


@simulated
async def test_what_a_crowd_waits_for_leaves_room_as_long_as_another_asks(queue: WorkQueue, clock: FakeClock) -> None:
    add(queue, "crowd", 100)
    assert not queue.holds_back("crowd")

    queue.add(work_in("quiet"))

    assert queue.holds_back("crowd")
    assert not queue.holds_back("quiet")
    clock.advance(HEEDED_SECONDS)
    assert not queue.holds_back("crowd")


@simulated
async def test_who_had_much_and_has_little_left_does_not_hold_back(queue: WorkQueue, clock: FakeClock) -> None:
    add(queue, "crowd", 100)
    async with crew_of(queue, clock, seconds=0.1):
        await asyncio.sleep(2)
        queue.add(work_in("quiet"))

        assert not queue.holds_back("crowd")


@simulated
async def test_once_nobody_asks_a_crowd_is_worked_on_again_though_its_one_worker_hangs(
    queue: WorkQueue, clock: FakeClock
) -> None:
    queue.add(work_in("quiet"))
    add(queue, "crowd", 100)
    async with crew_of(queue, clock, seconds=60) as recording_workers:
        await asyncio.sleep(HEEDED_SECONDS + 0.1)

    assert len(starts(recording_workers, "crowd", until=HEEDED_SECONDS)) == 1
    assert len(starts(recording_workers, "crowd")) == ALONE


@simulated
async def test_once_nobody_asks_crowds_are_worked_on_again_though_all_of_them_rest(
    queue: WorkQueue, clock: FakeClock
) -> None:
    queue.add(work_in("quiet"))
    for number in range(40):
        add(queue, f"crowd{number}", 100)
    async with crew_of(queue, clock, seconds=0.5) as recording_workers:
        await asyncio.sleep(HEEDED_SECONDS + 0.1)

    assert len([moment for moment, _ in recording_workers.began if moment >= HEEDED_SECONDS]) == WORKERS


@simulated
async def test_however_many_crowds_there_are_they_leave_most_workers_to_those_who_ask(
    queue: WorkQueue, clock: FakeClock
) -> None:
    queue.add(work_in("quiet"))
    for number in range(200):
        add(queue, f"crowd{number}", 10)
    async with crew_of(queue, clock, seconds=60) as recording_workers:
        for number in range(1, 8):
            await asyncio.sleep(1)
            queue.add(work_in(f"quiet{number}"))
        await asyncio.sleep(0.5)

    assert len([name for _, name in recording_workers.began if name.startswith("crowd")]) == WORKERS // 4
    assert [moment for moment, name in recording_workers.began if name.startswith("quiet")] == list(range(8))
