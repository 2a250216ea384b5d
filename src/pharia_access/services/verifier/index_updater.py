"""From what a watch sees to the index, for one part of the view: a kind, everywhere or in one namespace.

An object that cannot be understood is forgotten, so that its tokens are refused; it is counted and named in the log.
"""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pharia_access.domain.api_values import Kind
from pharia_access.domain.permissions import Role
from pharia_access.domain.verdict import CredentialRecord, IssuedToken
from pharia_access.services.verifier.freshness import Freshness, Part
from pharia_access.services.verifier.index import Index

__all__ = ["IndexUpdater", "VerifierState", "WatchMetrics"]

log = logging.getLogger(__name__)

T = TypeVar("T", IssuedToken, CredentialRecord, Role)


class WatchMetrics(Protocol):
    """Counts what goes wrong with watching."""

    def interrupted(self, kind: Kind, cause: str) -> None:
        """A watch ended otherwise than it should."""
        ...

    def malformed(self, kind: Kind) -> None:
        """An object could not be understood."""
        ...


@dataclass(frozen=True, slots=True)
class VerifierState:
    """What all feeds fill: the index, and how fresh each part of it is."""

    index: Index
    freshness: Freshness


class IndexUpdater(Generic[T]):
    """Takes what a `kube.reflector` sees.

    Args:
        put: the index's method for this kind.
    """

    def __init__(self, view: VerifierState, part: Part, put: Callable[[T], None], *, metrics: WatchMetrics) -> None:
        self._view = view
        self._part = part
        self._kind: Kind = part.kind
        self._put: Callable[[T], None] = put
        self._metrics = metrics

    def put(self, item: T) -> None:
        """An object is there, or changed."""
        self._put(item)

    def drop(self, key: str) -> None:
        """An object is gone, or is no issued token."""
        self._view.index.drop(self._kind, key)

    def malformed(self, key: str, why: str) -> None:
        """An object cannot be understood."""
        self._view.index.drop(self._kind, key)
        self._metrics.malformed(self._kind)
        log.warning("an object cannot be understood", extra={"kind": self._kind, "key": key, "problem": why})

    def alive(self, at: float) -> None:
        """The API server answers; whether anything is new is not said."""
        if self._view.freshness.is_lost(self._part):
            log.info("a part of the view may be read again", extra={"part": str(self._part)})
        self._view.freshness.alive(self._part, at)

    def may_resume(self, now: float) -> bool:
        """Whether a watch that broke off may go on from there; else a full list comes first."""
        return self._view.freshness.may_resume(self._part, now)

    def heard(self, since: float) -> None:
        """Everything up to that moment has been put."""
        self._view.freshness.mark_fresh(self._part, since)

    def listed(self, keys: Collection[str], namespace: str | None, since: float) -> None:
        """A full list that began at that moment has ended, and held these."""
        self._view.index.keep_only(self._kind, keys, namespace=namespace)
        self._view.freshness.mark_fresh(self._part, since)

    def interrupted(self, cause: str, at: float) -> None:
        """The watch ended otherwise than it should."""
        self._metrics.interrupted(self._kind, cause)
        self._view.freshness.failed(self._part, at)

    def denied(self, at: float) -> None:
        """The API server answered 403, which is an answer: what was known does not count for long."""
        if self._view.freshness.denied(self._part, at):
            log.warning("a part of the view may not be read: its tokens are refused", extra={"part": str(self._part)})
