"""The work queue as a leader uses it. A standby keeps what it would queue, to do that first once it leads."""

from collections import deque

from pharia_access.domain.model import ObjectKey
from pharia_access.services.operator.cluster_cache import ClusterCache
from pharia_access.services.operator.work_queue import WorkItem, WorkQueue

__all__ = ["LeaderQueue"]


class LeaderQueue:
    """Use from one event loop. Credentials are not kept: the next leader looks at all of them."""

    def __init__(self, queue: WorkQueue, cache: ClusterCache) -> None:
        self._queue = queue
        self._cache = cache
        self._backlog: dict[ObjectKey, None] = {}
        self._orphaned_secrets: deque[WorkItem] = deque(maxlen=1000)  # no list finds those
        self.is_leader = False
        """Whether this replica leads: only then is work queued."""

    def start_leading(self) -> None:
        """Lead from now on. First comes what the last leader left: mints before all the rest."""
        self.is_leader = True
        for key in self._backlog:
            self._queue.add(WorkItem("token", key), low_priority=not self._cache.tokens.is_pending(key))
        self._backlog.clear()
        for work in (
            *(WorkItem("credential", key) for key in self._cache.credentials),
            *(WorkItem.of(invalid.kind, invalid.key) for invalid in self._cache.invalid_objects),
            *(WorkItem("workload", workload.key) for workload in self._cache.workloads.by_end()),
            *self._orphaned_secrets,
        ):
            self._queue.add(work, low_priority=True)
        self._orphaned_secrets.clear()

    def enqueue_token(self, key: ObjectKey, *, low_priority: bool = True, ahead: bool = False) -> None:
        """Have a token reconciled: its time or its turn has come, or something that it depends on has changed."""
        if self.is_leader:
            self._queue.add(WorkItem("token", key), low_priority=low_priority, ahead=ahead)
        else:
            self._backlog[key] = None

    def forget_token(self, key: ObjectKey) -> None:
        """A standby need not keep a token: it needs nothing now, or is gone."""
        self._backlog.pop(key, None)

    def enqueue_credential(self, key: ObjectKey, *, low_priority: bool = True, ahead: bool = False) -> None:
        """Have a credential's status brought up to date."""
        if self.is_leader:
            self._queue.add(WorkItem("credential", key), low_priority=low_priority, ahead=ahead)

    def enqueue_credential_after(self, key: ObjectKey, seconds: float) -> None:
        """Queue it for later, with low priority: where many tokens end at once, once for each credential after them."""
        if self.is_leader:
            self._queue.add_after(WorkItem("credential", key), seconds, low_priority=True)

    def enqueue_workload(self, key: ObjectKey, *, low_priority: bool = True) -> None:
        """Have a WorkloadToken looked at. None is kept: the next leader looks at all of them."""
        if self.is_leader:
            self._queue.add(WorkItem("workload", key), low_priority=low_priority)

    def enqueue_secret(self, key: ObjectKey, uid: str) -> None:
        """Have a one-time Secret deleted whose token is gone."""
        secret = WorkItem("secret", key, uid)
        if self.is_leader:
            self._queue.add(secret)
        else:
            self._orphaned_secrets.append(secret)
