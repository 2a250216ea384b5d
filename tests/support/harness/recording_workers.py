"""Workers of a queue that write down when they began with which work, and what waits for them."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from pharia_access.domain.model import ObjectKey
from pharia_access.services.operator.work_queue import WorkItem, WorkQueue
from tests.support.fakes.virtual_time import FakeClock

__all__ = ["RecordingWorkers", "a_work", "drained"]


def a_work(name: str = "a") -> WorkItem:
    return WorkItem("token", ObjectKey("finance", name))


async def drained(queue: WorkQueue) -> list[str]:
    """The names of all that waits, in the order in which it is taken."""
    names = []
    while len(queue):
        work = await queue.get()
        names.append(work.key.name)
        queue.done(work)
    return names


@dataclass
class RecordingWorkers:
    """Workers that need some seconds for each work, and write down when they began with which."""

    queue: WorkQueue
    clock: FakeClock
    seconds: float = 0.0
    began: list[tuple[float, str]] = field(default_factory=list)
    running: Counter[WorkItem] = field(default_factory=Counter)
    most_at_once: int = 0
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def start(self, workers: int) -> None:
        """Have them wait for work."""
        self.tasks = [asyncio.create_task(self.queue.work_forever(self.handle)) for _ in range(workers)]
        await asyncio.sleep(0)

    async def handle(self, work: WorkItem) -> None:
        """Work."""
        self.began.append((round(self.clock.monotonic(), 3), work.key.name))
        self.running[work] += 1
        self.most_at_once = max(self.most_at_once, self.running[work])
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.running[work] -= 1
