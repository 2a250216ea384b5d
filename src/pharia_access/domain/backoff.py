"""Waits between attempts: after each failure twice as long, up to a limit."""

from dataclasses import dataclass

__all__ = ["MOST_ASKED_SECONDS", "Backoff", "heeded"]

MOST_ASKED_SECONDS = 60.0
"""A longer Retry-After counts as this one: an odd answer of a proxy must not stop a client for a day."""

_MOST_DOUBLINGS = 60


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait after each failure in a row. The caller counts failures, and begins anew after success.

    Attributes:
        first: seconds after the first failure.
        longest: no wait is longer, in seconds.
        jitter: the share of a wait that chance may cut, so that many clients do not return at the same time.
    """

    first: float
    longest: float
    jitter: float = 0.0

    def after(self, failures: int, *, chance: float = 1.0, retry_after: float | None = None) -> float:
        """Return the seconds to wait after so many failures, at least 1.

        Args:
            failures: in a row, this one included.
            chance: a number from 0 to 1, evenly distributed.
            retry_after: seconds that the server asked for; see `heeded`.
        """
        doubled = self.first * 2.0 ** min(failures - 1, _MOST_DOUBLINGS)
        seconds = min(self.longest, doubled) * (1 - self.jitter * (1 - chance))
        return max(seconds, heeded(retry_after))


def heeded(retry_after: float | None) -> float:
    """Return how many seconds of a Retry-After to wait: none without one, a minute at most."""
    return min(retry_after or 0.0, MOST_ASKED_SECONDS)
