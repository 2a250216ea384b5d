"""What watches show and how they go, for the operator's cache: the ReflectorStore that Kopf's watches feed.

The verifier's reflector feeds the same protocol. Runs in the operator's event loop.
"""

import logging
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from typing import Any, Protocol

from pharia_access.domain.api_values import Kind
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import InvalidObjectError
from pharia_access.kube.reflector_store import Interruption, ReflectorStore
from pharia_access.kube.schema import invalid_object, to_credential, to_role, to_token
from pharia_access.kube.workload_schema import to_workload
from pharia_access.services.operator.cluster_cache import ClusterCache

__all__ = ["Body", "CacheStore", "StoreOf", "WatchHealth", "WatchStore"]

log = logging.getLogger(__name__)

Body = Mapping[str, Any]
"""An object as the API server sent it."""

_BEGINS_ANEW = frozenset({Interruption.SILENT, Interruption.REWOUND, Interruption.EXPIRED})
"""A list follows, and says all that the watch did not."""


class WatchStore(ReflectorStore[Body], Protocol):
    """A store of the operator: it wants to know which object of a name is gone."""

    def drop(self, key: str, uid: str | None = None) -> None:
        """An object is gone."""
        ...


StoreOf = Callable[[Kind, str], WatchStore]
"""Gives the store of a kind in a scope."""


class WatchHealth(Protocol):
    """Who lists a scope when its watches cannot tell what is there. `services.operator.lists` does."""

    def request_resync(self, name: str, /) -> None:
        """Something may have changed in a scope of which no event will tell."""
        ...

    def watch_refused(self, name: str, /) -> None:
        """No events come of a scope."""
        ...

    def watch_goes_on(self, name: str, /) -> None:
        """That is over."""
        ...


class CacheStore:
    """The store of one kind in one scope.

    Args:
        window: for how long a one-time Secret stands, where its token does not say so.
    """

    def __init__(self, kind: Kind, scope: str, *, cache: ClusterCache, health: WatchHealth, window: timedelta) -> None:
        self._kind: Kind = kind
        self._scope = scope
        self._cache = cache
        self._health = health
        self._window = window

    def put(self, item: Body) -> None:
        """Take an object that came or changed; one that cannot be decoded is told so on its status."""
        try:
            self._apply(item)
        except InvalidObjectError as error:
            self._cache.apply_invalid(invalid_object(self._kind, item, str(error)))

    def drop(self, key: str, uid: str | None = None) -> None:
        """Forget an object that was deleted."""
        namespace, _, name = key.rpartition("/")
        match self._kind:
            case "ApiToken":
                self._cache.remove_token(ObjectKey(namespace, name), uid)
            case "ApiCredential":
                self._cache.remove_credential(ObjectKey(namespace, name), uid)
            case "ApiRole":
                self._cache.remove_role(name)
            case "WorkloadToken":
                self._cache.remove_workload(ObjectKey(namespace, name), uid)

    def invalid(self, key: str, why: str) -> None:
        """Log an event that names no object."""
        log.warning("skipped a malformed event", extra={"kind": self._kind, "object": key, "problem": why})

    def alive(self, at: float) -> None:  # noqa: ARG002 - the protocol's
        """Note that the watches of the scope go on."""
        self._health.watch_goes_on(self._scope)

    def may_resume(self, now: float) -> bool:  # noqa: ARG002 - the protocol's
        """Let a watch go on where it broke off. Its events come late at worst: each is compared with the cache."""
        return True

    def mark_fresh(self, since: float) -> None:
        """Nothing rests on how old the operator's cache is: it says where to look."""

    def listed(self, keys: Collection[str], namespace: str | None, since: float) -> None:  # noqa: ARG002 - as above
        """Have the scope listed: the watch begins here, and Kopf's own list is made to be empty."""
        self._health.request_resync(self._scope)

    def interrupted(self, cause: str, at: float) -> None:  # noqa: ARG002 - as above
        """Have the scope looked at where no events come. Where the watch begins anew, a list follows."""
        if cause in _BEGINS_ANEW:
            log.log(
                logging.WARNING if cause == Interruption.REWOUND else logging.INFO,
                "a watch cannot go on: listing anew",
                extra={"kind": self._kind, "namespace": self._scope, "cause": cause},
            )
        elif self._kind != "WorkloadToken":  # tokens do not wait where only this kind is not served, or refused
            self._health.watch_refused(self._scope)

    def denied(self, at: float) -> None:
        """The list that `interrupted` has asked for says so too, and whether it lasts."""

    def _apply(self, body: Body) -> None:
        match self._kind:
            case "ApiToken":
                metadata = body["metadata"]
                key = ObjectKey(metadata["namespace"], metadata["name"])
                version = metadata["resourceVersion"]
                self._cache.apply_encoded_event(key, version, lambda: to_token(body, self._window))
            case "ApiCredential":
                self._cache.apply_credential(to_credential(body))
            case "ApiRole":
                self._cache.apply_role(to_role(body))
            case "WorkloadToken":
                self._cache.apply_workload(to_workload(body))
