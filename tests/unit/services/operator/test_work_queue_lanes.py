"""The lanes of the work queue: urgent before bulk, but bulk is never left out, and which lane counts where both ask."""

import asyncio

import pytest

from pharia_access.services.operator.work_queue import WorkQueue
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.recording_workers import a_work, drained


@simulated
async def test_urgent_work_goes_before_bulk(queue: WorkQueue) -> None:
    queue.add(a_work("bulk"), bulk=True)
    queue.add(a_work("more bulk"), bulk=True)
    queue.add(a_work("urgent"))

    assert await drained(queue) == ["urgent", "bulk", "more bulk"]


@simulated
async def test_however_much_is_urgent_every_fourth_look_is_for_bulk(queue: WorkQueue) -> None:
    for number in range(9):
        queue.add(a_work(f"urgent {number}"))
        queue.add(a_work(f"bulk {number}"), bulk=True)

    order = (await drained(queue))[:8]

    assert [place for place, name in enumerate(order, 1) if name.startswith("bulk")] == [4, 8]


@simulated
async def test_bulk_that_became_urgent_goes_first_and_only_once(queue: WorkQueue) -> None:
    queue.add(a_work("a"), bulk=True)
    queue.add(a_work("b"), bulk=True)
    queue.add(a_work("b"))

    assert len(queue) == 2
    assert await drained(queue) == ["b", "a"]


@simulated
async def test_urgent_work_stays_urgent_when_it_is_asked_for_in_bulk(queue: WorkQueue) -> None:
    queue.add(a_work("bulk"), bulk=True)
    queue.add(a_work("a"))
    queue.add(a_work("a"), bulk=True)

    assert await drained(queue) == ["a", "bulk"]


@simulated
async def test_work_that_changed_lanes_can_come_in_bulk_again(queue: WorkQueue) -> None:
    queue.add(a_work("a"), bulk=True)
    queue.add(a_work("a"))
    queue.done(await queue.take())
    queue.add(a_work("a"), bulk=True)

    assert await drained(queue) == ["a"]


@pytest.mark.parametrize(
    ("asked_in_bulk", "order"),
    [
        pytest.param([True], ["other", "a"], id="in bulk: it waits in line"),
        pytest.param([True, True], ["other", "a"], id="twice in bulk: it waits in line"),
        pytest.param([False], ["a", "other"], id="urgently: it goes first"),
        pytest.param([True, False], ["a", "other"], id="in bulk, then urgently: it goes first"),
        pytest.param([False, True], ["a", "other"], id="urgently, then in bulk: it goes first"),
    ],
)
@simulated
async def test_work_asked_for_while_it_runs_keeps_its_lane(
    queue: WorkQueue, asked_in_bulk: list[bool], order: list[str]
) -> None:
    queue.add(a_work())
    running = await queue.take()
    for bulk in asked_in_bulk:
        queue.add(a_work(), bulk=bulk)
    queue.add(a_work("other"), bulk=True)

    queue.done(running)

    assert await drained(queue) == order


@simulated
async def test_what_is_due_in_bulk_waits_behind_what_was_there_in_bulk(
    queue: WorkQueue,
    clock: FakeClock,
) -> None:
    queue.add_after(a_work("recount"), 1, bulk=True)
    queue.add(a_work("a"), bulk=True)
    queue.add(a_work("b"), bulk=True)
    await asyncio.sleep(2)
    queue.add(a_work("asked for"))

    order = []
    for _ in range(4):
        order.append(await queue.take())
        queue.done(order[-1])
    assert [work.key.name for work in order] == ["asked for", "a", "b", "recount"]
