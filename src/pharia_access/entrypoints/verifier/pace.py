"""When the next piece of long work may be done: so that, while others ask, one moment in a hundred belongs to them.

A rule without a clock. Whoever asks one check after the other meets a piece as often as one is done, and whoever asks
now and then as often as long work has the time: a rest in proportion to the piece bounds both, however long pieces are.
"""

from math import inf
from typing import Final

__all__ = ["QUIET_SECONDS", "RESTS", "Pace"]

RESTS: Final = 100
"""How many times as long as a piece took nothing long is done, while others ask: of a hundred checks one waits."""

QUIET_SECONDS: Final = 0.05
"""Others ask if one did within so long. Nobody is there who would wait, otherwise."""


class Pace:
    """Of all long work of one event loop."""

    __slots__ = ("_asked_at", "_checks", "_rested_at")

    def __init__(self) -> None:
        self._rested_at = self._asked_at = -inf
        self._checks = 0

    def rest(self, now: float, checks: int) -> float:
        """For how many seconds to rest before looking again; 0: the next piece may begin.

        Args:
            now: seconds that only grow.
            checks: how many of others were answered until now.
        """
        if checks != self._checks:
            self._checks, self._asked_at = checks, now
        return max(0.0, min(self._rested_at, self._asked_at + QUIET_SECONDS) - now)

    def worked(self, now: float, seconds: float) -> None:
        """A piece that took so long has just ended."""
        self._rested_at = now + RESTS * seconds
