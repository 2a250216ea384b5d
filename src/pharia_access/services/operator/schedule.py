"""Everything that falls due, for one task: expiries, windows, warnings, pending bounds.

The wall clock is asked again at least every 30 seconds, since it may be set.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from pharia_access.domain.model import ObjectKey
from pharia_access.services.operator.deadline_heap import DeadlineHeap
from pharia_access.services.ports import Clock

__all__ = ["Schedule"]

LONGEST_NAP_SECONDS = 30.0


class Schedule:
    """One moment a key; a later call replaces it."""

    def __init__(self) -> None:
        self._deadlines = DeadlineHeap()
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._deadlines)

    def set(self, key: ObjectKey, moment: datetime | None) -> None:
        """Look at it then; None: not at all."""
        due = None if moment is None else moment.timestamp()
        if self._deadlines.of(key) == due:
            return
        self._deadlines.set(key, due)
        if due is not None and self._deadlines.first() == due:
            self._wake.set()

    def next_due(self) -> float | None:
        """The earliest moment, as a POSIX timestamp."""
        return self._deadlines.first()

    def pop_due(self, now: datetime) -> list[ObjectKey]:
        """Take off all that is due."""
        ready: list[ObjectKey] = []
        while (key := self._deadlines.pop_until(now.timestamp())) is not None:
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
