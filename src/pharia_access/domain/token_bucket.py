"""A rate limit as a pure value."""

from math import inf

__all__ = ["TokenBucket"]

_TOLERANCE = 1e-6
"""Of the time between two actions: rounding must not cost a caller the last action of a burst."""


class TokenBucket:
    """A token bucket: it allows `per_second` actions on average, and `burst` at once. At first it is full.

    `now` is in seconds of a clock that never goes back.
    """

    def __init__(self, per_second: float, *, burst: float = 1.0) -> None:
        self.per_second = per_second
        self._interval = 1 / per_second
        self._most_ahead = (burst - 1) * self._interval
        self._ahead = 0.0  # seconds until the bucket is full, as of `_at`
        self._at = -inf

    def allow(self, now: float) -> bool:
        """Return whether an action may happen now; if so, it counts."""
        if self.wait_seconds(now):
            return False
        self.reserve(now)
        return True

    def reserve(self, now: float) -> float:
        """Count an action, and return the seconds until it may happen."""
        seconds = self.wait_seconds(now)
        self._ahead = self._ahead_at(now) + self._interval
        self._at = now
        return seconds

    def wait_seconds(self, now: float) -> float:
        """Return the seconds until an action may happen: 0 if one may happen now. Nothing is counted."""
        seconds = self._ahead_at(now) - self._most_ahead
        return seconds if seconds > _TOLERANCE * self._interval else 0.0

    def _ahead_at(self, now: float) -> float:
        return max(0.0, self._ahead - (now - self._at))
