"""What a face hears while a use case is at work: how far it is, and what happened on the way."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pharia_access.domain.model import ObjectKey

if TYPE_CHECKING:
    from pharia_access.domain.administration.next_steps import Step

__all__ = [
    "BrokenOff",
    "Event",
    "OnlyOneNamespace",
    "Progress",
    "RotationStarted",
    "SecretStillStands",
    "SilentProgress",
    "TokenCreated",
    "Warned",
]


@dataclass(frozen=True, slots=True)
class TokenCreated:
    """The ApiToken was created; its secret is not there yet."""

    token: ObjectKey


@dataclass(frozen=True, slots=True)
class SecretStillStands:
    """The one-time Secret was deleted, and finalizers hold it: the secret can still be read."""

    secret: ObjectKey
    finalizers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RotationStarted:
    """One of several tokens is rotated now."""

    token: ObjectKey
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class OnlyOneNamespace:
    """All namespaces were to be searched, and only this one may be."""

    namespace: str


@dataclass(frozen=True, slots=True)
class BrokenOff:
    """A handover was interrupted; this is left to do."""

    next_steps: "tuple[Step, ...]"


@dataclass(frozen=True, slots=True)
class Warned:
    """There is something to mind, and nothing to ask about."""

    sentences: tuple[str, ...]


Event = BrokenOff | OnlyOneNamespace | RotationStarted | SecretStillStands | TokenCreated | Warned


class Progress(Protocol):
    """A face's ear. Methods return at once, and never fail."""

    def listing(self, noun: str) -> AbstractContextManager[Callable[[int, int], None]]:
        """A list is read; what it yields takes how many objects came, and how many are still to come."""
        ...

    def waiting(self, token: ObjectKey) -> AbstractContextManager[Callable[[str], None]]:
        """A token's secret is waited for; what it yields takes why it is not there yet."""
        ...

    def happened(self, event: Event) -> None:
        """Something happened that somebody should know."""
        ...


class SilentProgress:
    """Nobody listens."""

    @contextmanager
    def listing(self, noun: str) -> Iterator[Callable[[int, int], None]]:  # noqa: ARG002 - the protocol's
        """Say nothing."""
        yield lambda _found, _left: None

    @contextmanager
    def waiting(self, token: ObjectKey) -> Iterator[Callable[[str], None]]:  # noqa: ARG002 - the protocol's
        """Say nothing."""
        yield lambda _why: None

    def happened(self, event: Event) -> None:
        """Say nothing."""
