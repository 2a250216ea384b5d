"""The store that a reflector fills."""

from collections.abc import Collection
from enum import StrEnum
from typing import Protocol, TypeVar

__all__ = ["Interruption", "ReflectorStore"]

T_contra = TypeVar("T_contra", contravariant=True)


class Interruption(StrEnum):
    """Why a watch was interrupted."""

    SILENT = "ended-silent"
    BROKEN = "broken"
    EXPIRED = "expired"
    DENIED = "denied"
    UNDECODABLE = "undecodable"
    REWOUND = "rewound"


class ReflectorStore(Protocol[T_contra]):
    """The receiver of a reflector's objects. Moments are in seconds of `boottime`."""

    def put(self, item: T_contra) -> None:
        """Add or update an object."""
        ...

    def drop(self, key: str) -> None:
        """Remove an object that is deleted or not of interest."""
        ...

    def invalid(self, key: str, why: str) -> None:
        """Note an invalid object."""
        ...

    def alive(self, at: float) -> None:
        """Note a sign of life: a piece of a list, or the beginning of a watch."""
        ...

    def may_resume(self, now: float) -> bool:
        """Return whether an interrupted watch may resume; otherwise a full list comes first."""
        ...

    def mark_fresh(self, since: float) -> None:
        """Note that everything up to that moment has been put."""
        ...

    def listed(self, keys: Collection[str], namespace: str | None, since: float) -> None:
        """Note the end of a full list that began at that moment and contained these keys."""
        ...

    def interrupted(self, cause: str, at: float) -> None:
        """Note that the watch ended abnormally."""
        ...

    def denied(self, at: float) -> None:
        """Note that the API server answered 403, in addition to `interrupted`."""
        ...
