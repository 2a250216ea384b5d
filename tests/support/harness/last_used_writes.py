"""Uses of tokens on fakes: when they were written, for whom, and what came of it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pharia_access.domain.verdict import CredentialRecord, IssuedToken
from pharia_access.errors import UnavailableError
from pharia_access.services.rate_limiter import RateLimiter
from pharia_access.services.verifier.last_used import LastUsedRecorder
from tests.support.fakes.virtual_time import FakeClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

__all__ = ["HOUR", "PER_SECOND", "Case", "a_token"]

HOUR = 3600.0
PER_SECOND = 2


@dataclass(slots=True)
class Writer:
    """Keeps what it writes and when; first raises what it was given, once each, also for one token alone."""

    clock: FakeClock
    errors: list[Exception] = field(default_factory=list)
    broken: str = ""
    written: list[tuple[str, str, float]] = field(default_factory=list)
    tried_at: list[float] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def write_last_used(self, key: str, uid: str, at: float) -> None:
        self.tried_at.append(self.clock.monotonic())
        self.begun.set()
        await asyncio.sleep(0)
        if self.errors:
            raise self.errors.pop(0)
        if key == self.broken:
            message = "503"
            raise UnavailableError(message)
        self.written.append((key, uid, at))

    async def write_last_inspected(self, key: str, uid: str, at: float) -> None:
        await self.write_last_used(f"inspected {key}", uid, at)

    async def write_held(self, key: str, uid: str, at: float, *, holder: str, instead_of: str = "") -> None:
        await self.write_last_used(f"{key} by {holder}" + f" instead of {instead_of}" * bool(instead_of), uid, at)

    @property
    def rounded(self) -> list[tuple[str, str, float]]:
        """What was written, with times to the second."""
        return [(key, uid, round(at)) for key, uid, at in self.written]

    @property
    def keys(self) -> list[str]:
        """Whose times were written, in order."""
        return [key for key, _, _ in self.written]

    @property
    def waits(self) -> list[float]:
        """Seconds from each attempt to the next."""
        return [later - earlier for earlier, later in zip(self.tried_at, self.tried_at[1:], strict=False)]


class Case:
    """Uses on fakes; the wall clock starts at START."""

    START = 1_000_000.0

    def __init__(self, clock: FakeClock, *errors: Exception) -> None:
        self.clock = clock
        self.writer = Writer(clock, list(errors))
        self.outcomes: list[str] = []
        self.watched: dict[str, IssuedToken] | None = None
        self.credentials: dict[str, CredentialRecord] = {}
        self.chance = 1.0

    def last_used_written(self, outcome: str) -> None:
        self.outcomes.append(outcome)

    def now(self) -> float:
        return self.START + self.clock.monotonic()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[LastUsedRecorder]:
        """They run; at the end they still do, whatever a write raised."""
        watched = self.watched
        known: Callable[[str], IssuedToken | None] | None = None if watched is None else watched.get
        uses = LastUsedRecorder(
            self.writer,
            interval=HOUR,
            rate_limiter=RateLimiter(self.clock, PER_SECOND),
            clock=self.clock,
            now=self.now,
            metrics=self,
            known=known,
            credential=self.credentials.get,
            chance=lambda: self.chance,
        )
        task = asyncio.create_task(uses.run())
        yield uses
        assert not task.done()
        task.cancel()


def a_token(name: str = "ci", *, last_used: float = 0.0, uid: str = "") -> IssuedToken:
    return IssuedToken(
        key=f"finance/{name}",
        uid=uid or f"uid-{name}",
        token_id=f"id-{name}",
        credential_key="finance/bot",
        credential_uid="bot-1",
        issued_at=0.0,
        ends_at=2_000_000.0,
        ends_text="1970-01-24T03:33:20Z",
        revoked=False,
        deleting=False,
        hash="$argon2id$",
        last_used=last_used,
    )
