"""A cluster's changes as a test plays them, and the time meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pharia_access.domain.administration.silence import Silence
from tests.support.builders.domain_objects import NOW

if TYPE_CHECKING:
    from datetime import datetime

    from pharia_access.services.administration.live_kinds import LiveKind

__all__ = ["PlayedClock", "PlayedFollower", "settle"]


async def settle() -> None:
    """Let all tasks go on until they wait."""
    for _ in range(20):
        await asyncio.sleep(0)


@dataclass(slots=True)
class PlayedClock:
    """Answers `Clock`: time passes when the test says so."""

    passed: float = 0.0
    sleepers: list[tuple[float, asyncio.Future[None]]] = field(default_factory=list)

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        self.sleepers.append((self.passed + seconds, future))
        await future

    async def advance(self, seconds: float) -> None:
        """Let so much time pass, in steps of a second."""
        for _ in range(round(seconds)):
            self.passed += 1
            due = [each for each in self.sleepers if each[0] <= self.passed]
            self.sleepers = [each for each in self.sleepers if each not in due]
            for _, future in due:
                if not future.done():
                    future.set_result(None)
            await settle()


@dataclass(slots=True)
class PlayedFollower:
    """Answers `Follower`.

    Attributes:
        ahead: what the API server's clock is ahead, or why it serves nothing.
        fault: raised by the next question whether it answers.
        begun: the kinds that were followed, once for each time.
        following: how many are followed now.
        broken: by kind, what ends following it by a fault.
        lives: by namespace and kind, what was last filled.
    """

    ahead: float | Silence = 0.0
    fault: Exception | None = None
    begun: list[str] = field(default_factory=list)
    following: int = 0
    broken: dict[str, asyncio.Future[None]] = field(default_factory=dict)
    lives: dict[tuple[str | None, str], LiveKind[Any]] = field(default_factory=dict)

    async def follow(self, _kind: type[Any], namespace: str | None, live: LiveKind[Any]) -> None:
        self.begun.append(f"{namespace or 'all'} {live.plural}")
        self.lives[namespace, live.plural] = live
        self.following += 1
        live.watched()
        try:
            self.broken[live.plural] = asyncio.get_running_loop().create_future()
            await self.broken[live.plural]
        finally:
            self.following -= 1

    async def seconds_ahead(self) -> float | Silence:
        if self.fault is not None:
            raise self.fault
        return self.ahead
