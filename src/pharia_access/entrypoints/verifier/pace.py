"""Decide when the next piece of long work may run: while gateways ask, long work has one part in a hundred of the time.

The rule reads no clock. A rest in proportion to the last piece bounds how many checks wait for a piece, however long
pieces take.
"""

from math import inf
from typing import Final

__all__ = ["QUIET_SECONDS", "RESTS", "Pace"]

RESTS: Final = 100
"""The rest after a piece, as a multiple of the piece: of a hundred checks, one waits."""

QUIET_SECONDS: Final = 0.05
"""How long after a check gateways count as asking. Without them, nobody would wait for a piece."""


class Pace:
    """The pace of all long work of one event loop."""

    __slots__ = ("_asked_at", "_checks", "_rested_at")

    def __init__(self) -> None:
        self._rested_at = self._asked_at = -inf
        self._checks = 0

    def rest(self, now: float, checks: int) -> float:
        """Return the seconds to rest before the next call; 0: the next piece may begin.

        Args:
            now: seconds that only grow.
            checks: the number of checks that were answered until now.
        """
        if checks != self._checks:
            self._checks, self._asked_at = checks, now
        return max(0.0, min(self._rested_at, self._asked_at + QUIET_SECONDS) - now)

    def worked(self, now: float, seconds: float) -> None:
        """Note that a piece has just ended, which took so long."""
        self._rested_at = now + RESTS * seconds
