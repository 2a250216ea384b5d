"""The wait before the next request to the API server after a failure."""

from collections.abc import Awaitable, Callable
from typing import Final

__all__ = ["Backoff"]

_FIRST, _LONGEST, _LONGEST_ASKED = 0.1, 5.0, 60.0
_DOUBLINGS: Final = 10


class Backoff:
    """Waits that double, each cut at random by up to a half, so that many clients do not return at the same time.

    Args:
        jitter: a number from 0 to 1, evenly distributed.
    """

    def __init__(self, sleep: Callable[[float], Awaitable[None]], jitter: Callable[[], float]) -> None:
        self._sleep = sleep
        self._jitter = jitter
        self._waits = 0

    def reset(self) -> None:
        """Reset after success: the next wait is short again."""
        self._waits = 0

    async def wait(self, asked: float | None = None) -> None:
        """Wait, at least as long as the API server `asked` for, up to a minute."""
        self._waits = min(self._waits + 1, _DOUBLINGS)
        seconds = min(_FIRST * 2**self._waits, _LONGEST) * (0.5 + 0.5 * self._jitter())
        await self._sleep(max(seconds, min(asked or 0.0, _LONGEST_ASKED)))
