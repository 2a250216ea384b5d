"""Finds a token its place under `maxTokens`: by the cache where it must wait, by a live list where it would be minted.

One list serves all that are minted in the next seconds, so that n tokens cost n. Each namespace has one list at a time;
who comes meanwhile is put back, and holds no worker. Of those that another list must be made for, one is asked at a
time: asked all at once, all but one would be read for nothing.
"""

from collections import OrderedDict
from enum import Enum, auto

from pharia_access.domain.model import Credential, ObjectKey, Token
from pharia_access.services.operator.cluster_cache import ClusterCache
from pharia_access.services.operator.event_handlers import EventHandlers
from pharia_access.services.operator.leader_queue import LeaderQueue
from pharia_access.services.operator.places import Places
from pharia_access.services.ports import Cluster

__all__ = ["Counting", "Place"]


class Place(Enum):
    """What is known of a token's place."""

    FREE = auto()
    """It is the token's, until `leave`."""
    NONE = auto()
    """All are taken, or others come first: the token is asked again when its turn comes."""
    UNKNOWN = auto()
    """Places in its namespace are being counted: the token is asked again when it is its turn."""


class Counting:
    """Counts live, brings the cache up to date by it, and gives places."""

    def __init__(
        self, cluster: Cluster, *, cache: ClusterCache, places: Places, handlers: EventHandlers, queue: LeaderQueue
    ) -> None:
        self._cluster = cluster
        self._cache = cache
        self._places = places
        self._handlers = handlers
        self._queue = queue
        self._turn: dict[str, ObjectKey] = {}  # by namespace: the token that is counted for, or is asked to be next
        self._put_back: dict[str, OrderedDict[ObjectKey, dict[ObjectKey, None]]] = {}  # by namespace and credential

    async def find(self, token: Token, credential: Credential, *, live: bool) -> Place:
        """Whether it may be minted. A token that is not read live is told what the cache says, and gets nothing yet.

        Raises the leaves of ApiError.
        """
        places = self._places
        places.unpark(token.key)
        if credential.policy.max_tokens is None:
            return Place.FREE
        if live and not places.must_wait(token, credential) and not places.is_counted(credential):
            if self._turn.setdefault(token.key.namespace, token.key) != token.key:
                waiting = self._put_back.setdefault(token.key.namespace, OrderedDict())
                waiting.setdefault(credential.key, {})[token.key] = None
                return Place.UNKNOWN
            await self._count(token, credential)
        if places.must_wait(token, credential):
            places.park(token)
            return Place.NONE
        if live:
            places.keep(token, credential)
        return Place.FREE

    def leave(self, token: ObjectKey, credential: Credential | None) -> None:
        """It is no longer minted; whoever may have its place is asked."""
        if credential is not None and credential.policy.max_tokens is not None:
            self._places.leave(token, credential.key)
            self._handlers.wake_waiting(credential.key)

    def doubt(self, credential: Credential) -> None:
        """No answer told whether a token of it was minted, and the cache may hear of it late."""
        self._places.doubt(credential.key)

    def over(self, token: ObjectKey) -> None:
        """The work on it is done: where it was its turn, and it needed no count, it is the next one's."""
        if self._turn.get(token.namespace) == token:
            self._pass_on(token.namespace)

    async def _count(self, token: Token, credential: Credential) -> None:
        try:
            with self._cache.listing():
                async for page in self._cluster.token_pages(credential=credential.key):
                    for other in page.items:
                        if other.key != token.key:  # its caller has it in hand
                            self._take_in(other)
            self._places.counted(credential)
        finally:
            served = self._put_back.get(token.key.namespace, OrderedDict()).pop(credential.key, {})
            for key in served:
                self._queue.enqueue_token(key, low_priority=False)
            self._pass_on(token.key.namespace)

    def _take_in(self, token: Token) -> None:
        """Only what is new about it is judged."""
        if not self._cache.has_tombstone(token.uid) and not self._cache.tokens.has_version(
            token.key, token.resource_version
        ):
            self._cache.apply_listed(token)

    def _pass_on(self, namespace: str) -> None:
        """Ask the next one, of another credential each time: all of one are served by one count."""
        del self._turn[namespace]
        waiting = self._put_back.get(namespace)
        if not waiting:
            self._put_back.pop(namespace, None)
            return
        credential, tokens = waiting.popitem(last=False)
        key = next(iter(tokens))
        del tokens[key]
        if tokens:
            waiting[credential] = tokens
        self._turn[namespace] = key
        self._queue.enqueue_token(key, low_priority=False)
