"""Record when tokens were last used, and last inspected. Requests note the time in memory; a task writes it later.

A use is what a token is for. An inspection is a question to `/whoami`: it must not look like a use, since the last use
is evidence after a leak (decision 0043). Inspections are rare, and each minute of them is written.

Of a credential that ServiceAccounts hold, the use is the ServiceAccount's: its pods come and go, each with a new token
every hour. Their inspections are in the audit log alone.

Several verifiers share the work: each sees through its watch what the others wrote, and does not write it again.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from enum import Enum, auto
from typing import Protocol

from pharia_access.domain.backoff import Backoff
from pharia_access.domain.holders import superseded_use
from pharia_access.domain.verdict import CredentialRecord, IssuedToken, Proof
from pharia_access.errors import ConflictError, ForbiddenError, NotFoundError, UnavailableError, label_of
from pharia_access.services.ports import Clock
from pharia_access.services.rate_limiter import RateLimiter
from pharia_access.services.verifier.lately import Lately

__all__ = ["LastUsedMetrics", "LastUsedRecorder", "LastUsedWriter", "NullLastUsedRecorder"]

log = logging.getLogger(__name__)

_BACKOFF = Backoff(first=1.0, longest=60.0, jitter=0.5)
_ADVICE = (
    "give the verifier's ServiceAccount the right to patch apitokens/status, and apicredentials/status where"
    " ServiceAccounts hold credentials, or set PHARIA_ACCESS_LAST_USED=false"
)

_INSPECTION_INTERVAL = 60.0
_MOST_INSPECTED = 10_000
_MOST_HOLDINGS = 100_000

Use = tuple[str, str, float]
"""The UID of what is written to, the token's ID or the ServiceAccount's name, and the time of the use."""


class _What(Enum):
    """What was noted of a token."""

    USE = auto()
    INSPECTION = auto()
    HOLDING = auto()
    """A use of a credential by a ServiceAccount."""


class LastUsedWriter(Protocol):
    """Writes `status.lastUsedTime` and `lastInspectedTime` of tokens, and `status.lastUsedTimes` of credentials."""

    async def write_last_used(self, key: str, uid: str, at: float) -> None:
        """Write the time, in POSIX seconds. Raises the leaves of ApiError, also where the UID is another token's."""
        ...

    async def write_last_inspected(self, key: str, uid: str, at: float) -> None:
        """Write the other time in the same way."""
        ...

    async def write_held(self, key: str, uid: str, at: float, *, holder: str, instead_of: str = "") -> None:
        """Write when a ServiceAccount last used the credential, in the same way; `instead_of`: whose time goes."""
        ...


class LastUsedMetrics(Protocol):
    """Counts writes."""

    def last_used_written(self, outcome: str) -> None:
        """Count a write: written; gone with its token; failed and dropped; unavailable and to be tried again."""
        ...


class NullLastUsedRecorder:
    """For verifiers that record no times."""

    def used(self, token: IssuedToken) -> None:
        """Note nothing."""

    def inspected(self, token: IssuedToken) -> None:
        """Note nothing."""


class LastUsedRecorder:
    """The `LastUsedHook` that writes, from a task of its own. Unwritten times are lost when the process ends.

    Args:
        interval: seconds between two notes of one token.
        rate_limiter: bounds the writes in a second.
        now: POSIX seconds.
        known: finds a token by its ID, as the watch has it now. With it, the recorder skips a time that another
            verifier wrote meanwhile, and a token that is gone.
        credential: finds a credential by its key in the same way.
        spread: between 0 and 1, so that verifiers do not retry together.
    """

    def __init__(  # noqa: PLR0913 - its collaborators, once
        self,
        writer: LastUsedWriter,
        *,
        interval: float,
        rate_limiter: RateLimiter,
        clock: Clock,
        now: Callable[[], float],
        metrics: LastUsedMetrics,
        known: Callable[[str], IssuedToken | None] | None = None,
        credential: Callable[[str], CredentialRecord | None] = lambda _: None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._interval = interval
        self._rate_limiter = rate_limiter
        self._clock = clock
        self._now = now
        self._metrics = metrics
        self._known, self._credential = known, credential
        self._chance = chance
        self._writer = writer
        self._pending: dict[tuple[_What, str], Use] = {}
        self._inspected = Lately(_MOST_INSPECTED)
        self._held = Lately(_MOST_HOLDINGS)
        self._something = asyncio.Event()
        self._denied = False

    @property
    def waiting(self) -> int:
        """The number of uses that wait to be written."""
        return len(self._pending)

    def used(self, token: IssuedToken) -> None:
        """Note a use, unless this verifier or another has noted one within the interval."""
        now = self._now()
        lately = now - self._interval
        # Ignore times far in the future: a skewed clock wrote them, and they would block all later updates.
        if token.noted > lately or lately < token.last_used < now + self._interval:
            return
        token.noted = now
        if token.proof is Proof.TOKEN:
            self._note(_What.USE, token.key, (token.uid, token.token_id, now))
        else:
            self._hold(token, now)

    def inspected(self, token: IssuedToken) -> None:
        """Note an inspection, unless this verifier has noted one within the minute."""
        now = self._now()
        if token.proof is Proof.TOKEN and self._inspected.is_over(token.uid, now, _INSPECTION_INTERVAL):
            self._note(_What.INSPECTION, token.key, (token.uid, token.token_id, now))

    def _hold(self, token: IssuedToken, now: float) -> None:
        """Note a use of the credential, unless another token of the ServiceAccount was noted within the interval."""
        holder = token.key.partition("/")[2]
        use = (token.credential_uid, holder, now)
        holding = f"{token.credential_key}/{holder}"
        if self._is_due(_What.HOLDING, holding, use) and self._held.is_over(f"{use[0]} {holding}", now, self._interval):
            self._note(_What.HOLDING, holding, use)

    def _note(self, what: _What, key: str, use: Use) -> None:
        self._pending[what, key] = use  # keeps the place of an older one
        self._something.set()

    async def run(self) -> None:
        """Write the notes, the oldest first, until canceled. No error of a write ends the task."""
        failures = 0
        while True:
            await self._something.wait()
            await self._rate_limiter.wait()
            try:
                await self._write_oldest()
                failures = 0
            except UnavailableError as error:
                failures += 1
                wait = _BACKOFF.after(failures, chance=self._chance(), retry_after=error.retry_after)
                log.info("a last-used time could not be written yet", extra={"problem": str(error), "wait": wait})
                await self._clock.sleep(wait)

    async def _write_oldest(self) -> None:
        """Write one use. Raises UnavailableError, and puts the use last, so that one bad object blocks no other."""
        noted = next(iter(self._pending))
        use = self._pending.pop(noted)
        try:
            if self._is_due(*noted, use):
                await self._write(*noted, use)
        except UnavailableError:
            self._metrics.last_used_written("unavailable")
            self._pending.setdefault(noted, use)  # a newer use may have been noted meanwhile
            raise
        finally:
            if not self._pending:
                self._something.clear()

    def _is_due(self, what: _What, key: str, use: Use) -> bool:
        uid, token_id, at = use
        if what is _What.HOLDING:
            credential = self._credential(key.rpartition("/")[0])
            return (
                credential is not None
                and credential.uid == uid
                and not abs(at - credential.last_used.get(token_id, 0.0)) < self._interval
            )
        if self._known is None:
            return True
        token = self._known(token_id)
        if token is None or token.uid != uid:
            return False
        return what is _What.INSPECTION or not abs(at - token.last_used) < self._interval

    async def _write(self, what: _What, key: str, use: Use) -> None:
        outcome = "failed"
        try:
            await self._write_time(what, key, use)
            outcome, self._denied = "written", False
        except (NotFoundError, ConflictError):
            outcome = "gone"
        except UnavailableError:
            raise
        except ForbiddenError as error:
            self._log_denied(key, error)
        except Exception as error:  # noqa: BLE001 - bookkeeping must not end the verifier
            # Without the text: an error that is not ours may contain anything.
            log.warning("a last-used time was not written", extra={"token": key, "error": label_of(type(error))})
        self._metrics.last_used_written(outcome)

    async def _write_time(self, what: _What, key: str, use: Use) -> None:
        uid, name, at = use
        match what:
            case _What.USE:
                await self._writer.write_last_used(key, uid, at)
            case _What.INSPECTION:
                await self._writer.write_last_inspected(key, uid, at)
            case _What.HOLDING:
                await self._write_held(key.rpartition("/")[0], name, uid=uid, at=at)

    async def _write_held(self, key: str, holder: str, *, uid: str, at: float) -> None:
        credential = self._credential(key)
        if credential is not None:
            other = superseded_use(holder, last_used=credential.last_used, holders=credential.service_accounts)
            await self._writer.write_held(key, uid, at, holder=holder, instead_of=other)

    def _log_denied(self, key: str, error: ForbiddenError) -> None:
        """Log the denial once, until a write succeeds again."""
        if not self._denied:
            extra = {"token": key, "problem": str(error), "advice": _ADVICE}
            log.warning("last-used times may not be written", extra=extra)
        self._denied = True
