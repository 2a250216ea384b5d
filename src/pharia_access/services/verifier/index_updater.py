"""Apply what a watch sees to the index, for one part of the view: a kind, everywhere or in one namespace.

The updater removes an object that cannot be decoded, so that its tokens are refused. It counts and logs the object.
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
    """Counts what goes wrong with watches."""

    def interrupted(self, kind: Kind, cause: str) -> None:
        """Count a watch that ended otherwise than it should."""
        ...

    def malformed(self, kind: Kind) -> None:
        """Count an object that could not be decoded."""
        ...


@dataclass(frozen=True, slots=True)
class VerifierState:
    """What all updaters fill: the index, and how fresh each part of it is."""

    index: Index
    freshness: Freshness


class IndexUpdater(Generic[T]):
    """Implements `kube.reflector_store.ReflectorStore` for one part.

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
        """Add or replace an object."""
        self._put(item)

    def drop(self, key: str) -> None:
        """Remove an object that is gone, or that is no issued token."""
        self._view.index.drop(self._kind, key)

    def invalid(self, key: str, why: str) -> None:
        """Remove an object that cannot be decoded."""
        self._view.index.drop(self._kind, key)
        self._metrics.malformed(self._kind)
        log.warning("an object cannot be understood", extra={"kind": self._kind, "key": key, "problem": why})

    def alive(self, at: float) -> None:
        """Note that the API server answers, whether or not anything changed."""
        if self._view.freshness.is_lost(self._part):
            log.info("a part of the view may be read again", extra={"part": str(self._part)})
        self._view.freshness.alive(self._part, at)

    def may_resume(self, now: float) -> bool:
        """Tell whether a watch that broke off may resume. Otherwise a full list comes first."""
        return self._view.freshness.may_resume(self._part, now)

    def mark_fresh(self, since: float) -> None:
        """Note that the index has everything up to that moment."""
        self._view.freshness.mark_fresh(self._part, since)

    def listed(self, keys: Collection[str], namespace: str | None, since: float) -> None:
        """Apply the end of a full list that began at that moment and held these keys."""
        self._view.index.keep_only(self._kind, keys, namespace=namespace)
        self._view.freshness.mark_fresh(self._part, since)

    def interrupted(self, cause: str, at: float) -> None:
        """Note that the watch ended otherwise than it should."""
        self._metrics.interrupted(self._kind, cause)
        self._view.freshness.failed(self._part, at)

    def denied(self, at: float) -> None:
        """Note a 403. It is an answer: the part's tokens are soon refused."""
        if self._view.freshness.denied(self._part, at):
            log.warning("a part of the view may not be read: its tokens are refused", extra={"part": str(self._part)})
