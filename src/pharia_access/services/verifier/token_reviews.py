"""Ask the API server whether what a ServiceAccount's token is bound to is still there: the pod, the ServiceAccount.

Only a text that passed everything else is asked about (`service_accounts`): once when it is new, and once a minute
while it is used. A flood of other texts asks nothing. Without an answer, a text is refused: nobody passes unasked.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from pharia_access.domain.verdict import Refusal
from pharia_access.domain.verification.service_accounts import Claims
from pharia_access.errors import ApiError, label_of
from pharia_access.services.rate_limiter import RateLimiter

__all__ = ["MOST_AT_ONCE", "Review", "ReviewMetrics", "Reviewer", "TokenReviews"]

log = logging.getLogger(__name__)

_COUNTS_SECONDS: Final = 60.0
"""How long an answer counts, from when it was asked for."""
_FAILURE_COUNTS_SECONDS: Final = 5.0
MOST_AT_ONCE: Final = 8
"""How many reviews are asked for at a time."""
_MOST_WAITING: Final = 256
_MOST_OF_A_NAMESPACE: Final = 64


class Reviewer(Protocol):
    """Asks the API server, by a TokenReview."""

    async def review(self, presented: bytes, claims: Claims) -> bool:
        """Tell whether the token is good for its audience, and its ServiceAccount's. Raises the leaves of ApiError."""
        ...


class ReviewMetrics(Protocol):
    """Counts reviews."""

    def token_reviewed(self, outcome: str) -> None:
        """Count a review: good; refused; failed; and one that was not asked for, since too many wait: overloaded."""
        ...


@dataclass(frozen=True, slots=True)
class Review:
    """What came of it.

    Attributes:
        until: POSIX seconds; from then on it counts no more.
        refusal: None where the token is good.
    """

    until: float = float("-inf")
    refusal: Refusal | None = None


class TokenReviews:
    """Asks for reviews. Use from one event loop.

    Args:
        rate_limiter: bounds the reviews in a second; namespaces take turns.
        now: POSIX seconds.
    """

    def __init__(
        self, reviewer: Reviewer, *, rate_limiter: RateLimiter, now: Callable[[], float], metrics: ReviewMetrics
    ) -> None:
        self._reviewer, self._rate_limiter, self._now, self._metrics = reviewer, rate_limiter, now, metrics
        self._places = asyncio.Semaphore(MOST_AT_ONCE)
        self._under_way: dict[bytes, asyncio.Task[Review]] = {}
        self._of_namespace: Counter[str] = Counter()
        self._failing = False

    async def review(self, presented: bytes, claims: Claims, *, digest: bytes) -> Review:
        """Ask, or wait for the answer if the same text is asked about already. Where too many wait, nothing is asked.

        Args:
            presented: a text whose signature is good.
            claims: what it says.
            digest: of the text.
        """
        asked = self._under_way.get(digest)
        if asked is None and not self._has_room(claims.namespace):
            self._metrics.token_reviewed("overloaded")
            return Review(refusal=Refusal.OVERLOADED)
        if asked is None:
            asked = self._under_way[digest] = asyncio.create_task(self._review(presented, claims))
            self._of_namespace[claims.namespace] += 1
            asked.add_done_callback(lambda _: self._end(digest, claims.namespace))
        return await asyncio.shield(asked)

    def _has_room(self, namespace: str) -> bool:
        return len(self._under_way) < _MOST_WAITING and self._of_namespace[namespace] < _MOST_OF_A_NAMESPACE

    def _end(self, digest: bytes, namespace: str) -> None:
        del self._under_way[digest]
        self._of_namespace[namespace] -= 1
        if not self._of_namespace[namespace]:
            del self._of_namespace[namespace]

    async def _review(self, presented: bytes, claims: Claims) -> Review:
        await self._rate_limiter.wait(claims.namespace)
        async with self._places:
            began = self._now()
            try:
                good = await self._reviewer.review(presented, claims)
            except ApiError as error:
                self._note_failure(error)
                return Review(self._now() + _FAILURE_COUNTS_SECONDS, Refusal.NOT_REVIEWED)
        self._failing = False
        self._metrics.token_reviewed("good" if good else "refused")
        return Review(began + _COUNTS_SECONDS, None if good else Refusal.REVIEW_REFUSED)

    def _note_failure(self, error: ApiError) -> None:
        """Log the first of a row, without its text: an answer about a token may repeat it."""
        self._metrics.token_reviewed("failed")
        if not self._failing:
            log.warning("tokens of ServiceAccounts could not be reviewed", extra={"error": label_of(type(error))})
        self._failing = True
