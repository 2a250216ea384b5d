"""How long to wait before the API server is asked again."""

from collections.abc import Awaitable, Callable
from typing import Final

__all__ = ["Backoff"]

_FIRST, _LONGEST, _LONGEST_ASKED = 0.1, 5.0, 60.0
_DOUBLINGS: Final = 10


class Backoff:
    """Waits that double, each cut by up to a half by chance, so that many who wait do not come back together.

    Args:
        jitter: evenly from 0 to 1.
    """

    def __init__(self, sleep: Callable[[float], Awaitable[None]], jitter: Callable[[], float]) -> None:
        self._sleep = sleep
        self._jitter = jitter
        self._waits = 0

    def reset(self) -> None:
        """Things go well: the next wait is short again."""
        self._waits = 0

    async def wait(self, asked: float | None = None) -> None:
        """Wait, at least as long as the API server `asked` for, up to a minute."""
        self._waits = min(self._waits + 1, _DOUBLINGS)
        seconds = min(_FIRST * 2**self._waits, _LONGEST) * (0.5 + 0.5 * self._jitter())
        await self._sleep(max(seconds, min(asked or 0.0, _LONGEST_ASKED)))
