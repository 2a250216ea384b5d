"""Poll for the next request for some microseconds before the process sleeps, for as long as that pays.

Waking a core that fell asleep takes longer than a check. A gateway that sends one check after the other would mostly
wait for that. So after an answer the event loop polls again at once, until a request comes or the time is over. Where
requests come too rarely, the loop stops after a few misses, and tries again now and then: an idle verifier pays
nothing, a quiet one next to nothing. Linux does the same for its guests (`haltpoll`).
"""

import asyncio
from collections.abc import Callable
from typing import Final

__all__ = ["BusyPoll"]

_MAX_MISSES: Final = 8
_ONE_IN: Final = 64
"""After `_MAX_MISSES` misses in a row, the loop polls after one answer in `_ONE_IN`."""
_CROWD: Final = 4
"""Where more requests come between two polls, the process is not about to sleep, and a poll counts as a miss."""


class BusyPoll:
    """For one event loop.

    Args:
        seconds: how long to poll after an answer; 0: never.
        now: seconds that only grow, finer than microseconds.
    """

    def __init__(self, seconds: float, *, now: Callable[[], float]) -> None:
        self._seconds = seconds
        self._now = now
        self._polling = False
        self._hits = 0
        """Requests that were answered since the last poll."""
        self._until = 0.0
        self._misses = 0
        self._answers = 0

    def answered(self) -> None:
        """Note an answer: another request may follow."""
        if self._polling:
            self._hits += 1
        elif self._pays():
            self._polling = True
            self._until = self._now() + self._seconds
            asyncio.get_running_loop().call_soon(self._poll)

    def _pays(self) -> bool:
        self._answers += 1
        return self._seconds > 0 and (self._misses < _MAX_MISSES or not self._answers % _ONE_IN)

    def _poll(self) -> None:
        """Poll once: while a callback is scheduled, the event loop polls its sockets and does not sleep."""
        now, hits, self._hits = self._now(), self._hits, 0
        if hits > _CROWD:
            self._polling, self._misses = False, _MAX_MISSES
            return
        if hits:
            self._misses, self._until = 0, now + self._seconds
        if now < self._until:
            asyncio.get_running_loop().call_soon(self._poll)
            return
        self._polling = False
        self._misses += 1
