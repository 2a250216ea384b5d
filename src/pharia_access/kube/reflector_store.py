"""Who keeps the view that a reflector fills, and what it is told."""

from collections.abc import Collection
from enum import StrEnum
from typing import Protocol, TypeVar

__all__ = ["Interruption", "ReflectorStore"]

T_contra = TypeVar("T_contra", contravariant=True)


class Interruption(StrEnum):
    """Why a watch did not simply go on."""

    SILENT = "ended-silent"
    BROKEN = "broken"
    EXPIRED = "expired"
    DENIED = "denied"
    UNDECODABLE = "undecodable"
    REWOUND = "rewound"


class ReflectorStore(Protocol[T_contra]):
    """Who keeps the view. Moments are in ticks."""

    def put(self, item: T_contra) -> None:
        """An object is there, or changed."""
        ...

    def drop(self, key: str) -> None:
        """An object is gone, or of no interest."""
        ...

    def malformed(self, key: str, why: str) -> None:
        """An object cannot be understood."""
        ...

    def alive(self, at: float) -> None:
        """The API server answers: a list goes on, or a watch begins."""
        ...

    def may_resume(self, now: float) -> bool:
        """Whether a watch that broke off may go on from there; else a full list comes first."""
        ...

    def heard(self, since: float) -> None:
        """Everything up to that moment has been put."""
        ...

    def listed(self, keys: Collection[str], namespace: str | None, since: float) -> None:
        """A full list that began at that moment has ended, and held these."""
        ...

    def interrupted(self, cause: str, at: float) -> None:
        """The watch ended otherwise than it should."""
        ...

    def denied(self, at: float) -> None:
        """The API server answered 403; told beside `interrupted`."""
        ...
