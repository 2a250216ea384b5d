"""What a reflector is given: which objects, at what pace, with what clock."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from pharia_access.domain.api_values import Kind

__all__ = ["ReflectorTools", "WatchTimeouts", "Watched"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Watched(Generic[T]):
    """Which objects, and how one is read: None for one of no interest, InvalidObjectError."""

    kind: Kind
    plural: str
    read: Callable[[msgspec.Raw], T | None]
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class WatchTimeouts:
    """Seconds: of a watch, of a request."""

    watch: float = 60.0
    request: float = 10.0


@dataclass(frozen=True, slots=True)
class ReflectorTools:
    """Time and chance.

    Attributes:
        ticks: seconds that only grow.
        jitter: evenly from 0 to 1.
        on_date: told the server's time with every answer.
    """

    ticks: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    jitter: Callable[[], float]
    on_date: Callable[[datetime], None]
