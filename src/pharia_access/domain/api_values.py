"""Values beside our kinds that cross the port to the API server.

Pure: `pharia_access.kube` makes them, the services read them, and neither has to import the other.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Literal, TypeVar

from pharia_access.domain.deletions import Held
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.token import TokenText

__all__ = [
    "EventMessage",
    "ForeignSecret",
    "InvalidObject",
    "Kind",
    "LeaseRecord",
    "OneTimeSecret",
    "Page",
]

Kind = Literal["ApiToken", "ApiCredential", "ApiRole", "WorkloadToken"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class InvalidObject:
    """An invalid object: skipped, counted, and reported on its status if it has one."""

    kind: Kind
    key: ObjectKey
    uid: str
    resource_version: str
    generation: int
    why: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some objects of a list. `resource_version` is the list's; empty while unknown."""

    resource_version: str
    items: tuple[T, ...]
    invalid: tuple[InvalidObject, ...] = ()


@dataclass(frozen=True, slots=True)
class OneTimeSecret:
    """A Secret of our delivery type, as the API server holds it. Its text never shows in a repr."""

    key: ObjectKey
    uid: str
    created: datetime
    immutable: bool
    token_uid: str
    token_name: str
    text: TokenText | None = field(repr=False)
    """None if the data holds no well-formed token."""
    held: Held | None = None
    """Set if finalizers hold the deleted Secret. Only a read shows that, not a dry run of a deletion."""


@dataclass(frozen=True, slots=True)
class ForeignSecret:
    """A Secret that is not ours: admission hides its content."""

    key: ObjectKey


@dataclass(frozen=True, slots=True)
class EventMessage:
    """An Event for a person: what happened and what to do. Never holds a token's text."""

    kind: Kind
    key: ObjectKey
    uid: str
    reason: str
    message: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class LeaseRecord:
    """What a Lease says (coordination.k8s.io/v1). `resource_version` is empty for one not yet created."""

    holder: str
    duration_seconds: int
    acquired: datetime
    renewed: datetime
    transitions: int
    resource_version: str = ""
