"""What ends something does not wait behind the mints of its namespace, and gets ahead of nobody else."""

import pytest

from pharia_access.domain.model import ObjectKey
from pharia_access.services.operator.work_queue import WorkItem, WorkQueue
from tests.support.fakes.virtual_time import simulated
from tests.support.harness.recording_workers import drained

BACKLOG = 1000


def work_in(namespace: str, number: int | str) -> WorkItem:
    return WorkItem("token", ObjectKey(namespace, f"{namespace}-{number}"))


def add_backlog(queue: WorkQueue, namespace: str, *, low_priority: bool = False) -> None:
    for number in range(BACKLOG):
        queue.add(work_in(namespace, number), low_priority=low_priority)


@pytest.mark.parametrize("low_priority", [False, True], ids=["that people wait for", "low priority"])
@simulated
async def test_an_end_is_the_next_of_its_namespace_whatever_waits_there(
    queue: WorkQueue, *, low_priority: bool
) -> None:
    add_backlog(queue, "crowd", low_priority=low_priority)
    queue.add(work_in("quiet", 0), low_priority=low_priority)
    queue.add(work_in("crowd", "end"), low_priority=low_priority, ahead=True)

    names = await drained(queue)

    assert names[:3] == ["crowd-end", "quiet-0", "crowd-0"]
    assert len(names) == BACKLOG + 2


@simulated
async def test_what_waits_already_goes_ahead_once_it_ends_something(queue: WorkQueue) -> None:
    add_backlog(queue, "crowd")

    queue.add(work_in("crowd", BACKLOG - 1), ahead=True)
    names = await drained(queue)

    assert names[0] == f"crowd-{BACKLOG - 1}"
    assert len(names) == BACKLOG


@simulated
async def test_an_end_that_is_asked_for_with_low_priority_too_does_not_lose_its_place(queue: WorkQueue) -> None:
    add_backlog(queue, "crowd")
    queue.add(work_in("crowd", "end"), ahead=True)

    queue.add(work_in("crowd", "end"), low_priority=True)

    assert (await drained(queue))[0] == "crowd-end"


@simulated
async def test_what_is_ended_while_it_is_worked_on_goes_ahead_afterwards(queue: WorkQueue) -> None:
    queue.add(work_in("crowd", "end"))
    work = await queue.get()
    add_backlog(queue, "crowd")

    queue.add(work, ahead=True)
    queue.add(work, low_priority=True)
    queue.done(work)

    assert (await drained(queue))[0] == "crowd-end"


@simulated
async def test_ends_without_end_leave_every_second_turn_to_the_others(queue: WorkQueue) -> None:
    add_backlog(queue, "crowd")
    taken = []
    for number in range(200):
        queue.add(work_in("crowd", f"end-{number}"), ahead=True)
        queue.add(work_in("crowd", f"end-too-{number}"), ahead=True)
        work = await queue.get()
        taken.append(work.key.name)
        queue.done(work)

    assert len([name for name in taken if "end" not in name]) == 100
