"""A reflector's parameters: the objects, the timeouts, the clock."""

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
    """The objects, and how one is read: None if it is not of interest, or InvalidObjectError."""

    kind: Kind
    plural: str
    read: Callable[[msgspec.Raw], T | None]
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class WatchTimeouts:
    """Seconds of a watch and of a request."""

    watch: float = 60.0
    request: float = 10.0


@dataclass(frozen=True, slots=True)
class ReflectorTools:
    """Time and chance.

    Attributes:
        boottime: seconds that only grow, also while the machine sleeps.
        jitter: a number from 0 to 1, evenly distributed.
        on_date: called with the server's time of every answer.
    """

    boottime: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    jitter: Callable[[], float]
    on_date: Callable[[datetime], None]
