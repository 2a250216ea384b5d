"""The keys by which this cluster's API server signs tokens of ServiceAccounts: read at start, by the clock, on demand.

A token that names an unknown key makes the verifier read the keys again, at most once in a few seconds, whoever sends
how many such tokens. The clock's reading notices a key that is no longer published.
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


class FollowedIssuer:
    """The issuer as it was read last. Use from one event loop.

    Args:
        changed: called after the issuer or its keys have changed, so that verdicts are judged anew.
        chance: between 0 and 1, so that verifiers do not ask together.
    """

    def __init__(
        self, reader: IssuerReader, *, clock: Clock, changed: Callable[[], None], chance: Callable[[], float]
    ) -> None:
        self._reader, self._clock, self._changed, self._chance = reader, clock, changed, chance
        self._issuer: Issuer | None = None
        self._reading: asyncio.Task[None] | None = None
        self._asked_at = -_LEAST_SECONDS
        self._failures = 0

    @property
    def issuer(self) -> Issuer | None:
        """The issuer; None until the first reading."""
        return self._issuer

    async def read_again(self) -> bool:
        """Read, or wait for a reading under way. Return False where it fails, or where the last one was just now."""
        if self._reading is None:
            if self._clock.monotonic() - self._asked_at < _LEAST_SECONDS:
                return False
            self._reading = asyncio.create_task(self._read())
        with suppress(IssuerKeysError, ApiError):
            await asyncio.shield(self._reading)
            return True
        return False

    async def run(self) -> None:
        """Read now and from time to time, until canceled. No failure ends the task: the last keys stay in use."""
        while True:
            await self._clock.sleep(await self._next_in())

    async def _next_in(self) -> float:
        try:
            await self._read()
        except (IssuerKeysError, ApiError) as error:
            self._failures += 1
            wait = _BACKOFF.after(self._failures, chance=self._chance())
            log.warning(
                "the keys of ServiceAccount tokens could not be read", extra={"problem": str(error), "wait": wait}
            )
            return wait
        self._failures = 0
        return _EVERY_SECONDS * (1 + self._chance() / 10)

    async def _read(self) -> None:
        self._asked_at = self._clock.monotonic()
        try:
            issuer = await self._reader.read_issuer(self._issuer)
        finally:
            self._reading = None
        if issuer is not self._issuer:
            self._issuer = issuer
            self._changed()
            log.info("read the keys of ServiceAccount tokens", extra={"issuer": issuer.name, "keys": issuer.keys.ids})
