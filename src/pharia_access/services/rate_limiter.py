"""Limits the rate of work, so that bursts do not overload the API server."""

import asyncio

from pharia_access.domain.turns import Turns
from pharia_access.services.ports import Clock

__all__ = ["RateLimiter"]


class RateLimiter:
    """At most so many turns a second, evenly spaced. Namespaces take turns; within one, first come, first served."""

    def __init__(self, clock: Clock, per_second: float) -> None:
        self._clock = clock
        self._gap = 1 / per_second
        self._next = 0.0
        self._waiting: Turns[asyncio.Future[None]] = Turns()
        self._usher: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Return whether the next caller would have to wait."""
        return bool(self._waiting) or self._clock.monotonic() < self._next

    async def turn(self, namespace: str = "") -> None:
        """Wait for the caller's turn."""
        now = self._clock.monotonic()
        if not self._waiting and now >= self._next:
            self._next = now + self._gap
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(namespace, turn)
        if self._usher is None:
            self._usher = asyncio.create_task(self._give_turns())
        await turn

    async def _give_turns(self) -> None:
        """Grant turns while anybody waits."""
        try:
            while self._waiting:
                await self._clock.sleep(max(0.0, self._next - self._clock.monotonic()))
                turn = self._waiting.take(waits=lambda waiting: not waiting.done())
                if turn is not None:
                    self._next = self._clock.monotonic() + self._gap
                    turn.set_result(None)
        finally:
            self._usher = None
