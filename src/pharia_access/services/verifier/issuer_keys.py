"""The keys by which this cluster's API server signs tokens of ServiceAccounts: read at start, by the clock, on demand.

A token that names an unknown key makes the verifier read the keys again, at most once in a few seconds, whoever sends
how many such tokens. The clock's reading notices a key that is no longer published. Keys that cannot be read again are
used for a bound, as the view of a namespace is.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from pharia_access.domain.backoff import Backoff
from pharia_access.domain.verification.signatures import Issuer
from pharia_access.errors import ApiError, IssuerKeysError
from pharia_access.services.ports import Clock

__all__ = ["FollowedIssuer", "IssuerReader"]

log = logging.getLogger(__name__)

_EVERY_SECONDS: Final = 300.0
_READINGS: Final = 3
"""How often they are read within the bound: whoever looks after the verifier hears of a failure before they end."""
_LEAST_SECONDS: Final = 5.0
"""The shortest time between two readings that tokens ask for."""
_BACKOFF: Final = Backoff(first=0.5, longest=60.0, jitter=0.5)


class IssuerReader(Protocol):
    """Asks the API server."""

    async def read_issuer(self, known: Issuer | None) -> Issuer:
        """Return the issuer with its keys: the same object as `known`, if nothing changed.

        Raises IssuerKeysError and the leaves of ApiError.
        """
        ...


class IssuerMetrics(Protocol):
    """Counts readings."""

    def issuer_keys_read(self, outcome: str) -> None:
        """Count a reading: changed; unchanged; failed."""
        ...


class FollowedIssuer:
    """The issuer as it was read last. Use from one event loop.

    Args:
        bound: seconds for which keys count that cannot be read again.
        changed: called after the issuer or its keys have changed, so that verdicts are judged anew.
        chance: between 0 and 1, so that verifiers do not ask together.
    """

    def __init__(  # noqa: PLR0913 - its collaborators, once
        self,
        reader: IssuerReader,
        *,
        clock: Clock,
        bound: float,
        changed: Callable[[], None],
        metrics: IssuerMetrics,
        chance: Callable[[], float],
    ) -> None:
        self._reader, self._clock, self._changed, self._chance = reader, clock, changed, chance
        self._bound, self._metrics = bound, metrics
        self._issuer: Issuer | None = None
        self._reading: asyncio.Task[None] | None = None
        self._asked_at = -_LEAST_SECONDS
        self._read_at = 0.0
        self._failures = 0

    @property
    def issuer(self) -> Issuer | None:
        """The issuer; None until the first reading, and after the bound without another."""
        return self._issuer

    @property
    def were_just_read(self) -> bool:
        """Whether the last reading began so lately, and is over, that no token has them read again."""
        return self._reading is None and self._clock.monotonic() - self._asked_at < _LEAST_SECONDS

    async def read_again(self) -> bool:
        """Read, or wait for a reading under way. Return False where it fails, or where the keys were just read."""
        if self.were_just_read:
            return False
        with suppress(IssuerKeysError, ApiError):
            await asyncio.shield(self._begun())
            return True
        return False

    async def run(self) -> None:
        """Read now and from time to time, until canceled. No failure ends it: the last keys stay for the bound."""
        while True:
            await self._clock.sleep(await self._next_in())
            self._forget_if_old()

    async def _next_in(self) -> float:
        try:
            await asyncio.shield(self._begun())
        except (IssuerKeysError, ApiError) as error:
            self._failures += 1
            wait = _BACKOFF.after(self._failures, chance=self._chance())
            log.warning(
                "the keys of ServiceAccount tokens could not be read", extra={"problem": str(error), "wait": wait}
            )
            return wait if self._issuer is None else min(wait, max(0.0, self._left()))
        self._failures = 0
        return min(_EVERY_SECONDS, self._bound / _READINGS) * (1 + self._chance() / 10)

    def _left(self) -> float:
        """Return for how many seconds the keys still count."""
        return self._read_at + self._bound - self._clock.monotonic()

    def _forget_if_old(self) -> None:
        if self._issuer is not None and self._left() <= 0:
            log.warning("the keys of ServiceAccount tokens are too old to be used", extra={"bound": self._bound})
            self._issuer = None
            self._changed()

    def _begun(self) -> asyncio.Task[None]:
        """Return the reading under way, or begin one."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        return self._reading

    async def _read(self) -> None:
        self._asked_at = began = self._clock.monotonic()
        outcome = "failed"
        try:
            issuer = await self._reader.read_issuer(self._issuer)
            outcome = "unchanged" if issuer is self._issuer else "changed"
        finally:
            self._reading = None
            self._metrics.issuer_keys_read(outcome)
        self._read_at = began
        if issuer is not self._issuer:
            self._issuer = issuer
            self._changed()
            log.info("read the keys of ServiceAccount tokens", extra={"issuer": issuer.name, "keys": issuer.keys.ids})
