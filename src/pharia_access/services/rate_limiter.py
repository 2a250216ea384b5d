"""Limits the rate of work, so that bursts do not overload the API server."""

import asyncio

from pharia_access.domain.token_bucket import TokenBucket
from pharia_access.domain.turns import Turns
from pharia_access.services.ports import Clock

__all__ = ["RateLimiter"]


class RateLimiter:
    """At most so many turns a second, evenly spaced. Namespaces take turns; within one, first come, first served."""

    def __init__(self, clock: Clock, per_second: float) -> None:
        self._clock = clock
        self._bucket = TokenBucket(per_second)
        self._waiting: Turns[asyncio.Future[None]] = Turns()
        self._usher: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Return whether the next caller would have to wait."""
        return bool(self._waiting) or self._bucket.wait_seconds(self._clock.monotonic()) > 0

    async def wait(self, namespace: str = "") -> None:
        """Wait for the caller's turn."""
        if not self._waiting and self._bucket.allow(self._clock.monotonic()):
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
                now = self._clock.monotonic()
                due = now + self._bucket.wait_seconds(now)
                await self._clock.sleep(due - now)
                turn = self._waiting.take(waits=lambda waiting: not waiting.done())
                if turn is not None:
                    self._bucket.reserve(due)  # when it was due: a busy machine wakes us late, each time
                    turn.set_result(None)
        finally:
            self._usher = None
