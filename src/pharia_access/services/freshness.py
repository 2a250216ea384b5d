"""How old the verifier's view is, and what time it is: the two things that a stale answer would hang on.

Seconds come from `ticks`, a clock that only grows and does not stop while the machine sleeps.
"""

from collections.abc import Callable
from math import inf

__all__ = ["Freshness", "LaterClock"]


class Freshness:
    """Ready once every kind was listed, fresh while each was heard of within the bound.

    Args:
        parts: what makes up the view; a kind that is watched in several namespaces has several.
        bound: seconds.
    """

    def __init__(self, parts: tuple[str, ...], *, bound: float) -> None:
        self._bound = bound
        self._heard = dict.fromkeys(parts, -inf)
        self.fresh_until = -inf
        """In ticks. A plain attribute, because every request asks."""

    def heard(self, part: str, at: float) -> None:
        """The part was complete up to that moment. Only a list can make it so at first."""
        self._heard[part] = max(self._heard[part], at)
        self.fresh_until = min(self._heard.values()) + self._bound

    def complete(self, part: str) -> bool:
        """Whether a full list of the part has ended."""
        return self._heard[part] > -inf

    def missing(self) -> tuple[str, ...]:
        """The parts that were never listed whole."""
        return tuple(part for part in self._heard if not self.complete(part))

    def ages(self, now: float) -> dict[str, float]:
        """Seconds since each part was last heard of; infinite before its first list."""
        return {part: now - at for part, at in self._heard.items()}


class LaterClock:
    """POSIX seconds: this machine's clock or the API server's, whichever is ahead.

    So a clock that is set back revives no token, and one that is wrong the other way refuses too early, never too
    late. The API server's moment is its last `Date` header and the ticks since.
    """

    def __init__(self, wall: Callable[[], float], ticks: Callable[[], float]) -> None:
        self._wall = wall
        self._ticks = ticks
        self._server_ahead_of_ticks = -inf

    def server_said(self, moment: float) -> None:
        """Take the API server's time, as an answer that just came has it."""
        self._server_ahead_of_ticks = moment - self._ticks()

    def behind(self) -> float:
        """How far the API server's clock is ahead of this machine's; minus infinity if it was never heard."""
        return self._ticks() + self._server_ahead_of_ticks - self._wall()

    def __call__(self) -> float:
        """The time that counts."""
        here, there = self._wall(), self._ticks() + self._server_ahead_of_ticks
        return here if here > there else there  # noqa: FURB136 - at every check, and a third of the time of max()
