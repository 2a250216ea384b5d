"""All about WorkloadTokens for the operator: what wakes them, what falls due, who looks after their Secrets."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from pharia_access.domain.lifecycle.workload.conditions import state_of
from pharia_access.domain.lifecycle.workload.decisions import Sight
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.workload import WorkloadToken
from pharia_access.errors import AccessError
from pharia_access.services.operator.cluster_cache import ClusterCache
from pharia_access.services.operator.leader_queue import LeaderQueue
from pharia_access.services.operator.ports import Ports
from pharia_access.services.operator.probes import Probes
from pharia_access.services.operator.schedule import Schedule
from pharia_access.services.operator.scopes import Scopes
from pharia_access.services.operator.workloads.collecting import Collecting
from pharia_access.services.operator.workloads.reconciler import WorkloadReconciler
from pharia_access.services.operator.workloads.surroundings import Surroundings
from pharia_access.services.rate_limiter import RateLimiter

__all__ = ["WorkloadKeeper"]


class WorkloadKeeper:
    """Use from one event loop. `run` while this replica leads.

    Args:
        probes: look after the kept Secrets, each under its WorkloadToken.
    """

    def __init__(  # noqa: PLR0913 - collaborators, by keyword
        self,
        ports: Ports,
        *,
        cache: ClusterCache,
        queue: LeaderQueue,
        scopes: Scopes,
        deletes: RateLimiter,
        around: Surroundings,
        collecting: Collecting,
        probes: Probes,
    ) -> None:
        self._ports, self._index, self._queue = ports, cache.workloads, queue
        self._scopes = scopes
        self._around = around
        self._probes = probes
        self._schedule = Schedule()
        self._reconciler = WorkloadReconciler(
            ports,
            index=cache.workloads,
            around=around,
            collecting=collecting,
            deletes=deletes,
            in_sync=self._is_in_sync,
            forget=self._forget,
            retry_seconds=scopes.refused,
        )
        cache.workloads.subscribe(self._changed)

    async def reconcile(self, key: ObjectKey) -> None:
        """Do what the WorkloadToken's rules say. Raises what the reconciler raises."""
        await self._reconciler.reconcile(key)

    async def run(self) -> None:
        """Fire what falls due, and look after the Secrets, for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._schedule.run(self._ports.clock, self._due))
            tasks.create_task(self._probes.run(self._holds, self._queue.enqueue_workload))

    def states(self) -> Mapping[str, int]:
        """How many are in each state."""
        return Counter(state_of(workload) for workload in self._index)

    def _changed(self, key: ObjectKey) -> None:
        if self._index.get(key) is None:
            self._forget(key)
        self._queue.enqueue_workload(key, low_priority=False)

    def _due(self, keys: list[ObjectKey]) -> None:
        """After a pause many are overdue: the soonest end first. The schedule gives them by when they were due."""
        for key in self._index.soonest(keys):
            self._queue.enqueue_workload(key)

    def _is_in_sync(self, workload: WorkloadToken, recheck_at: datetime | None) -> None:
        current = workload.status.current
        self._schedule.set(workload.key, recheck_at)
        watched = current is not None and not workload.deleting
        place = f"{workload.uid}/{current.revision}" if current is not None else ""
        self._probes.watch(workload.key, (workload.spec.secret.name, place) if watched else None)

    def _forget(self, key: ObjectKey) -> None:
        self._schedule.set(key, None)
        self._probes.watch(key, None)
        self._around.forget(key)

    async def holds(self, workload: WorkloadToken) -> bool:
        """Whether the Secret holds the current token; what was found is kept. Raises the leaves of ApiError."""
        current = workload.status.current
        if current is None:
            return True
        sight = await self._ports.workloads.look(workload, current.revision)
        self._around.saw(workload, sight)
        return sight is Sight.HELD

    async def _holds(self, secret: ObjectKey, place: str) -> bool | None:
        """The probes' question; None where it was not even asked."""
        if self._scopes.of(secret.namespace).denied:
            return None
        workload = self._index.keeper_of(secret, place.partition("/")[0])
        if workload is None:
            return True
        try:
            return await self.holds(workload)
        except AccessError:
            return True
