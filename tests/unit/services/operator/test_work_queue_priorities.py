"""Priorities in the work queue: urgent work goes first, low priority is never left out; and which priority counts."""

import asyncio

import pytest

from pharia_access.services.operator.work_queue import WorkQueue
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.recording_workers import a_work, drained


@simulated
async def test_urgent_work_goes_before_low_priority(queue: WorkQueue) -> None:
    queue.add(a_work("low"), low_priority=True)
    queue.add(a_work("more low"), low_priority=True)
    queue.add(a_work("urgent"))

    assert await drained(queue) == ["urgent", "low", "more low"]


@simulated
async def test_however_much_is_urgent_every_fourth_look_is_for_low_priority(queue: WorkQueue) -> None:
    for number in range(9):
        queue.add(a_work(f"urgent {number}"))
        queue.add(a_work(f"low {number}"), low_priority=True)

    order = (await drained(queue))[:8]

    assert [place for place, name in enumerate(order, 1) if name.startswith("low")] == [4, 8]


@simulated
async def test_low_priority_work_that_became_urgent_goes_first_and_only_once(queue: WorkQueue) -> None:
    queue.add(a_work("a"), low_priority=True)
    queue.add(a_work("b"), low_priority=True)
    queue.add(a_work("b"))

    assert len(queue) == 2
    assert await drained(queue) == ["b", "a"]


@simulated
async def test_urgent_work_stays_urgent_when_it_is_asked_for_with_low_priority(queue: WorkQueue) -> None:
    queue.add(a_work("low"), low_priority=True)
    queue.add(a_work("a"))
    queue.add(a_work("a"), low_priority=True)

    assert await drained(queue) == ["a", "low"]


@simulated
async def test_work_that_changed_priority_can_come_with_low_priority_again(queue: WorkQueue) -> None:
    queue.add(a_work("a"), low_priority=True)
    queue.add(a_work("a"))
    queue.done(await queue.get())
    queue.add(a_work("a"), low_priority=True)

    assert await drained(queue) == ["a"]


@pytest.mark.parametrize(
    ("asked_with_low_priority", "order"),
    [
        pytest.param([True], ["other", "a"], id="low priority: it waits in line"),
        pytest.param([True, True], ["other", "a"], id="twice low priority: it waits in line"),
        pytest.param([False], ["a", "other"], id="urgently: it goes first"),
        pytest.param([True, False], ["a", "other"], id="low priority, then urgently: it goes first"),
        pytest.param([False, True], ["a", "other"], id="urgently, then low priority: it goes first"),
    ],
)
@simulated
async def test_work_asked_for_while_it_runs_keeps_its_priority(
    queue: WorkQueue, asked_with_low_priority: list[bool], order: list[str]
) -> None:
    queue.add(a_work())
    processing = await queue.get()
    for low_priority in asked_with_low_priority:
        queue.add(a_work(), low_priority=low_priority)
    queue.add(a_work("other"), low_priority=True)

    queue.done(processing)

    assert await drained(queue) == order


@simulated
async def test_what_is_due_waits_behind_low_priority_work_that_was_there(
    queue: WorkQueue,
    clock: FakeClock,
) -> None:
    queue.add_after(a_work("recount"), 1, low_priority=True)
    queue.add(a_work("a"), low_priority=True)
    queue.add(a_work("b"), low_priority=True)
    await asyncio.sleep(2)
    queue.add(a_work("asked for"))

    order = []
    for _ in range(4):
        order.append(await queue.get())
        queue.done(order[-1])
    assert [work.key.name for work in order] == ["asked for", "a", "b", "recount"]
