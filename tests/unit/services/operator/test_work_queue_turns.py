"""Namespaces take turns at the work queue: much work in one, or work that hangs there, keeps nobody else waiting."""

import asyncio

import pytest

from pharia_access.domain.model import ObjectKey
from pharia_access.services.operator.work_queue import WorkItem, WorkQueue
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.recording_workers import RecordingWorkers


def work_in(namespace: str, number: int = 0) -> WorkItem:
    return WorkItem("token", ObjectKey(namespace, f"{namespace}-{number}"))


async def order(queue: WorkQueue, takes: int) -> list[str]:
    taken = []
    for _ in range(takes):
        work = await queue.get()
        queue.done(work)
        taken.append(work.key.name)
    return taken


@pytest.mark.parametrize("low_priority", [False, True])
@simulated
async def test_behind_50000_of_one_namespace_anothers_work_is_second(queue: WorkQueue, *, low_priority: bool) -> None:
    for number in range(50_000):
        queue.add(work_in("large", number), low_priority=low_priority)
    queue.add(work_in("small"), low_priority=low_priority)

    assert await order(queue, 3) == ["large-0", "small-0", "large-1"]


@simulated
async def test_within_a_namespace_whoever_came_first_is_served_first(queue: WorkQueue) -> None:
    for number in range(3):
        for namespace in ("a", "b", "c"):
            queue.add(work_in(namespace, number))

    assert await order(queue, 9) == ["a-0", "b-0", "c-0", "a-1", "b-1", "c-1", "a-2", "b-2", "c-2"]


@pytest.mark.parametrize(
    ("slow", "at_work"),
    [
        pytest.param(1, 12, id="one slow namespace has three quarters of 16 workers"),
        pytest.param(2, 14, id="two leave two"),
        pytest.param(5, 15, id="five leave one"),
    ],
)
@simulated
async def test_namespaces_in_which_everything_hangs_leave_workers_to_the_others(
    queue: WorkQueue, clock: FakeClock, slow: int, at_work: int
) -> None:
    recording_workers = RecordingWorkers(queue, clock, seconds=1000)
    for namespace in range(slow):
        for number in range(100):
            queue.add(work_in(f"slow{namespace}", number))
    await recording_workers.start(16)
    await asyncio.sleep(1)
    assert len(recording_workers.began) == at_work

    queue.add(work_in("other"))
    await asyncio.sleep(1)

    assert recording_workers.began[-1][1] == "other-0"
    for task in recording_workers.tasks:
        task.cancel()


@pytest.mark.parametrize("workers", [1, 2, 3])
@simulated
async def test_few_workers_are_all_used_for_one_namespace(queue: WorkQueue, clock: FakeClock, workers: int) -> None:
    recording_workers = RecordingWorkers(queue, clock, seconds=1)
    for number in range(9):
        queue.add(work_in("only", number))
    await recording_workers.start(workers)
    await asyncio.sleep(0.5)

    assert len(recording_workers.began) == workers
    for task in recording_workers.tasks:
        task.cancel()


@simulated
async def test_all_work_is_done_in_the_end_also_where_a_namespace_had_to_wait(
    queue: WorkQueue, clock: FakeClock
) -> None:
    recording_workers = RecordingWorkers(queue, clock, seconds=1)
    for number in range(100):
        queue.add(work_in("only", number))
    await recording_workers.start(16)
    await asyncio.sleep(10)

    assert len(recording_workers.began) == 100
    for task in recording_workers.tasks:
        task.cancel()
