"""When tokens were last used: noted in memory by requests, written to the API server behind them, coarsely and slowly.

Several verifiers share the work: what one writes the others see through their watches, and need not write again.
"""

import logging
from collections.abc import Callable
from typing import Protocol

from pharia_access.domain.verification import IssuedToken
from pharia_access.errors import ApiError, ConflictError, NotFoundError, UnavailableError
from pharia_access.services.pacer import Pacer
from pharia_access.services.ports import Clock

__all__ = ["NoUses", "UseMeter", "UseWriter", "Uses"]

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0
_LONGEST_WAIT = 60.0


class UseWriter(Protocol):
    """Writes `status.lastUsedTime`."""

    async def write_last_used(self, key: str, uid: str, at: float) -> None:
        """Of that very token; POSIX seconds. Raises NotFoundError, ConflictError, UnavailableError, DeniedError."""
        ...


class UseMeter(Protocol):
    """Counts writes."""

    def last_used_written(self, outcome: str) -> None:
        """One write ended: written, gone, failed."""
        ...


class NoUses:
    """For verifiers that keep no times."""

    def used(self, token: IssuedToken) -> None:
        """Nothing is noted."""


class Uses:
    """Answers `services.gate.UseLog`, and writes from a task of its own.

    Args:
        interval: seconds; a token that was noted less long ago is not noted again.
        pacer: how many writes there are in a second.
    """

    def __init__(  # noqa: PLR0913 - its collaborators, once
        self,
        writer: UseWriter,
        *,
        interval: float,
        pacer: Pacer,
        clock: Clock,
        now: Callable[[], float],
        meter: UseMeter,
    ) -> None:
        self._writer = writer
        self._interval = interval
        self._pacer = pacer
        self._clock = clock
        self._now = now
        self._meter = meter
        self._pending: dict[str, tuple[str, float]] = {}

    def used(self, token: IssuedToken) -> None:
        """Note it, unless it was noted lately, here or by another verifier."""
        now = self._now()
        if now - token.noted < self._interval or now - token.last_used < self._interval:
            return
        token.noted = now
        self._pending[token.key] = (token.uid, now)

    async def run(self) -> None:
        """Write what was noted, the oldest first, until cancelled."""
        wait = _LOOK_SECONDS
        while True:
            await self._clock.sleep(wait)
            try:
                await self._write_all()
                wait = _LOOK_SECONDS
            except UnavailableError as error:
                wait = min(2 * wait, _LONGEST_WAIT)
                log.info("last-used times could not be written yet", extra={"problem": str(error)})

    async def _write_all(self) -> None:
        while self._pending:
            await self._pacer.turn()
            key, (uid, at) = next(iter(self._pending.items()))
            await self._write(key, uid, at)
            if self._pending.get(key) == (uid, at):
                del self._pending[key]

    async def _write(self, key: str, uid: str, at: float) -> None:
        try:
            await self._writer.write_last_used(key, uid, at)
        except (NotFoundError, ConflictError):
            self._meter.last_used_written("gone")
        except UnavailableError:
            self._meter.last_used_written("failed")
            raise
        except ApiError as error:
            self._meter.last_used_written("failed")
            advice = "give the verifier's ServiceAccount the right to patch apitokens/status, or set LAST_USED=false"
            log.warning("a last-used time was refused", extra={"token": key, "problem": str(error), "advice": advice})
        else:
            self._meter.last_used_written("written")
