"""Work of several namespaces, and a crew of workers that write down when they began with which."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pharia_access.domain.model import ObjectKey
from pharia_access.services.operator.work_queue import WorkItem, WorkQueue
from tests.support.fakes.virtual_time import FakeClock
from tests.support.harness.recording_workers import RecordingWorkers

__all__ = ["WORKERS", "add", "crew_of", "keep_asking", "starts", "work_in"]

WORKERS = 16


def work_in(namespace: str, number: int = 0) -> WorkItem:
    return WorkItem("token", ObjectKey(namespace, f"{namespace}-{number}"))


def add(queue: WorkQueue, namespace: str, count: int) -> None:
    for number in range(count):
        queue.add(work_in(namespace, number))


@asynccontextmanager
async def crew_of(queue: WorkQueue, clock: FakeClock, *, seconds: float) -> AsyncIterator[RecordingWorkers]:
    """Workers that need so long for each work."""
    recording_workers = RecordingWorkers(queue, clock, seconds=seconds)
    await recording_workers.start(WORKERS)
    try:
        yield recording_workers
    finally:
        for task in recording_workers.tasks:
            task.cancel()


def starts(
    recording_workers: RecordingWorkers, namespace: str, *, since: float = 0.0, until: float = 1e9
) -> list[float]:
    return [
        moment
        for moment, name in recording_workers.began
        if name.startswith(f"{namespace}-") and since <= moment < until
    ]


async def keep_asking(queue: WorkQueue, namespace: str, *, times: int) -> None:
    """One object a second."""
    for number in range(times):
        queue.add(work_in(namespace, number))
        await asyncio.sleep(1)
