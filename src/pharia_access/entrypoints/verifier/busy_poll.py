"""Looks for the next request for some microseconds before the process sleeps, for as long as that pays.

To wake a core that fell asleep takes longer than a check, so a gateway that asks one thing after the other waits mostly
for that. After an answer the event loop therefore looks again at once, until a request comes or the moment is over.
Where requests come too seldom, this is given up after a few times in vain and tried again now and then: it costs an
idle verifier nothing and a quiet one next to nothing. Linux does the same for its guests (`haltpoll`).
"""

import asyncio
from collections.abc import Callable
from typing import Final

__all__ = ["BusyPoll"]

_MAX_MISSES: Final = 8
_ONE_IN: Final = 64
"""After so many times in vain in a row, so many answers go by for each after which it is tried again."""
_CROWD: Final = 4
"""Where more requests than that come between two looks, nobody is about to sleep, and a look is in vain too."""


class BusyPoll:
    """For one event loop.

    Args:
        seconds: how long to look after an answer; 0: never.
        now: seconds that only grow, finer than microseconds.
    """

    def __init__(self, seconds: float, *, now: Callable[[], float]) -> None:
        self._seconds = seconds
        self._now = now
        self._looking = False
        self._hits = 0
        """Requests that were answered since the last look."""
        self._until = 0.0
        self._misses = 0
        self._answers = 0

    def answered(self) -> None:
        """A request was answered just now: another may follow."""
        if self._looking:
            self._hits += 1
        elif self._pays():
            self._looking = True
            self._until = self._now() + self._seconds
            asyncio.get_running_loop().call_soon(self._look)

    def _pays(self) -> bool:
        self._answers += 1
        return self._seconds > 0 and (self._misses < _MAX_MISSES or not self._answers % _ONE_IN)

    def _look(self) -> None:
        """While something waits to be called, the event loop asks for what has come, and does not sleep."""
        now, hits, self._hits = self._now(), self._hits, 0
        if hits > _CROWD:
            self._looking, self._misses = False, _MAX_MISSES
            return
        if hits:
            self._misses, self._until = 0, now + self._seconds
        if now < self._until:
            asyncio.get_running_loop().call_soon(self._look)
            return
        self._looking = False
        self._misses += 1
