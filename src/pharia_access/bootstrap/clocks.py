"""The time of this machine: the only module that asks for it."""

import asyncio
import time
from datetime import UTC, datetime

__all__ = ["SystemClock"]

# Goes on while the machine sleeps (Linux), which a view must not survive unnoticed.
_TICKING = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class SystemClock:
    """Answers `services.ports.Clock`, and what the verifier asks of a clock."""

    def now(self) -> datetime:
        """The wall clock in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the composition root owns the clock

    def wall(self) -> float:
        """The wall clock as POSIX seconds."""
        return time.time()  # noqa: TID251 - the same

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()

    def ticks(self) -> float:
        """Seconds that only grow, also while the machine sleeps."""
        return time.clock_gettime(_TICKING)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
