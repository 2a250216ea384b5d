"""Spreads work out, so that much at once does not drown the API server."""

from pharia_access.services.ports import Clock

__all__ = ["Pacer"]


class Pacer:
    """At most so many turns a second, evenly spaced, first come first served."""

    def __init__(self, clock: Clock, per_second: float) -> None:
        self._clock = clock
        self._gap = 1 / per_second
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for one's turn."""
        now = self._clock.monotonic()
        mine = max(now, self._next)
        self._next = mine + self._gap
        if mine > now:
            await self._clock.sleep(mine - now)
