"""Everything that falls due, on one heap and for one task: expiries, windows, warnings, pending bounds.

The wall clock is asked again at least every 30 seconds, since it may be set.
"""

import asyncio
import heapq
from collections.abc import Callable
from datetime import datetime

from pharia_access.domain.model import ObjectKey
from pharia_access.services.ports import Clock

__all__ = ["Schedule"]

LONGEST_NAP_SECONDS = 30.0
SPARE_ENTRIES = 64


class Schedule:
    """One moment a key; a later call replaces it."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, ObjectKey]] = []
        self._due: dict[ObjectKey, float] = {}
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._due)

    def set(self, key: ObjectKey, moment: datetime | None) -> None:
        """Look at it then; None: not at all."""
        if moment is None:
            self._due.pop(key, None)
            return
        due = moment.timestamp()
        if self._due.get(key) == due:
            return
        self._due[key] = due
        heapq.heappush(self._heap, (due, key))
        self._sweep()
        if self._heap[0][0] == due:
            self._wake.set()

    def next_due(self) -> float | None:
        """The earliest moment, as a POSIX timestamp."""
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def _sweep(self) -> None:
        """A key that is set anew, or forgotten, leaves its old entry behind: those may not become the most."""
        if len(self._heap) > 2 * len(self._due) + SPARE_ENTRIES:
            self._heap = [(due, key) for key, due in self._due.items()]
            heapq.heapify(self._heap)

    def pop_due(self, now: datetime) -> list[ObjectKey]:
        """Take off all that is due."""
        ready: list[ObjectKey] = []
        while (due := self.next_due()) is not None and due <= now.timestamp():
            _, key = heapq.heappop(self._heap)
            del self._due[key]
            ready.append(key)
        return ready

    async def run(self, clock: Clock, fire: Callable[[list[ObjectKey]], None]) -> None:
        """Fire all keys that are due, for ever."""
        while True:
            self._wake.clear()
            ready = self.pop_due(clock.now())
            if ready:
                fire(ready)
            due = self.next_due()
            nap = LONGEST_NAP_SECONDS if due is None else min(LONGEST_NAP_SECONDS, due - clock.now().timestamp())
            try:
                async with asyncio.timeout(max(0.0, nap)):
                    await self._wake.wait()
            except TimeoutError:
                continue
