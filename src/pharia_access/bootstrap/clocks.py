"""The time of this machine: the only module that asks for it."""

import asyncio
import time
from datetime import UTC, datetime
from functools import partial

__all__ = ["SystemClock"]

# Goes on while the machine sleeps (Linux), which a view must not survive unnoticed.
_TICKING = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class SystemClock:
    """Answers `services.ports.Clock`, and what the verifier asks of a clock."""

    def now(self) -> datetime:
        """The wall clock in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the composition root owns the clock

    # The three below are asked at every check: the interpreter's own functions, without a frame of ours around them.

    wall = staticmethod(time.time)  # noqa: TID251 - the same
    """The wall clock as POSIX seconds."""

    monotonic = staticmethod(time.monotonic)
    """Seconds that only grow."""

    boottime = staticmethod(partial(time.clock_gettime, _TICKING))
    """Seconds that only grow, also while the machine sleeps."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
