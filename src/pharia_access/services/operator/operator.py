"""The operator at work while it leads: workers on the queue, the schedule, the probes and the periodic list."""

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pharia_access.domain.backoff import heeded
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import (
    AccessError,
    ConflictError,
    ForbiddenError,
    InvalidObjectError,
    NotFoundError,
    UnavailableError,
    label_of,
)
from pharia_access.services.keyring_store import KeyringStore
from pharia_access.services.operator.clock_offset import report_clock_offset
from pharia_access.services.operator.cluster_cache import ClusterCache
from pharia_access.services.operator.credential_reconciler import CredentialReconciler
from pharia_access.services.operator.dispatch import Dispatch, kind_of
from pharia_access.services.operator.event_handlers import EventHandlers
from pharia_access.services.operator.guards import Watchman
from pharia_access.services.operator.leader_queue import LeaderQueue
from pharia_access.services.operator.lists import Lists
from pharia_access.services.operator.ports import Ports
from pharia_access.services.operator.probes import Probes
from pharia_access.services.operator.requeue import RequeueAfter
from pharia_access.services.operator.resync import Resync
from pharia_access.services.operator.schedule import Schedule
from pharia_access.services.operator.scopes import Scopes
from pharia_access.services.operator.token_reconciler import TokenReconciler
from pharia_access.services.operator.withdrawals import Withdrawals
from pharia_access.services.operator.work_queue import WorkItem, WorkQueue
from pharia_access.services.operator.workloads.keeper import WorkloadKeeper

__all__ = ["Operator", "OperatorIntervals", "Parts"]

log = logging.getLogger(__name__)

GAUGE_SECONDS = 5.0
MANY_DUE = 100
"""From so many tokens due at once, which are a fifth of all, one list costs less than a read of each."""


@dataclass(frozen=True, slots=True)
class OperatorIntervals:
    """How many reconcile at once, and how often everything is listed (give or take a tenth)."""

    workers: int = 16
    resync: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Parts:
    """What an operator consists of."""

    ports: Ports
    cache: ClusterCache
    queue: WorkQueue
    leader_queue: LeaderQueue
    schedule: Schedule
    probes: Probes
    tokens: TokenReconciler
    credentials: CredentialReconciler
    resync: Resync
    keys: KeyringStore
    handlers: EventHandlers
    withdrawals: Withdrawals
    scopes: Scopes
    watchman: Watchman
    workloads: WorkloadKeeper
    dispatch: Dispatch


class Operator:
    """`sync_cache`, then `run_standby`, then `run_leader` for ever."""

    def __init__(self, parts: Parts, intervals: OperatorIntervals) -> None:
        self._parts = parts
        self.keys = parts.keys
        self._ports = parts.ports
        self._intervals = intervals
        self._scopes = parts.scopes
        self.lists = Lists(
            scopes=parts.scopes,
            resync=parts.resync,
            clock=parts.ports.clock,
            metrics=parts.ports.metrics,
            interval=intervals.resync,
            on_round=self._after_a_round,
        )

    @property
    def cache(self) -> ClusterCache:
        """Where events go."""
        return self._parts.cache

    def missing(self) -> list[str]:
        """What keeps this replica from its work, or from standing by for it; a namespace of several does not."""
        unlisted = [] if self.has_synced else ["the first full list has not ended"]
        return [*unlisted, *self._scopes.missing(), *self._parts.watchman.missing()]

    @property
    def has_synced(self) -> bool:
        """Whether this replica has seen what there is, but for namespaces that are lost."""
        return self.lists.has_synced

    async def sync_cache(self) -> None:
        """The first lists: tried until they succeed, but for those of scopes that are lost."""
        self._ports.metrics.leading(leads=False)
        self._scopes.report_all()
        await self.lists.fill()

    async def run_standby(self) -> None:
        """Keep the cache complete, for ever."""
        await self._parts.watchman.beside(self.lists.keep(by_the_clock=False))

    async def run_leader(self) -> None:
        """Act: at once on new work and on what was seen to be undone. A list, where the last is old, finds the rest."""
        parts = self._parts
        parts.leader_queue.start_leading()
        self._ports.metrics.leading(leads=True)
        await asyncio.gather(parts.keys.refresh(), parts.watchman.look())
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(self._intervals.workers):
                    tasks.create_task(parts.queue.work_forever(self.handle))
                tasks.create_task(parts.schedule.run(self._ports.clock, self._due))
                tasks.create_task(parts.probes.run(self._is_there, parts.leader_queue.enqueue_token))
                tasks.create_task(parts.workloads.run())
                tasks.create_task(self.lists.keep(by_the_clock=True))
                tasks.create_task(parts.watchman.keep())
                tasks.create_task(self._gauge())
        finally:
            self.lists.stop()

    async def handle(self, work: WorkItem) -> None:
        """One piece of work, to its end or to the next try. Never raises: one broken object stops no other."""
        if self._scopes.hold(work):
            self._parts.queue.forget(work)
            return
        began = self._ports.clock.monotonic()
        outcome = await self._attempt(work)
        if work.kind == "token":
            self._parts.cache.flush_in_flight(work.key)
        self._ports.metrics.reconciled(kind_of(work), outcome, self._ports.clock.monotonic() - began)

    async def _attempt(self, work: WorkItem) -> str:
        """How it went, for the metrics."""
        try:
            await self._parts.dispatch.do(work)
        except RequeueAfter as requeue:
            self._parts.queue.add_after(work, requeue.seconds)
        except InvalidObjectError as error:
            log.warning("an object cannot be understood", extra={"object": str(work.key), "problem": str(error)})
            await self._report_invalid(work)
            return "malformed"
        except (ConflictError, NotFoundError) as error:
            self._parts.queue.add_rate_limited(work)
            return label_of(type(error))
        except AccessError as error:
            self._retry_later(work, error)
            return label_of(type(error))
        except Exception as error:  # noqa: BLE001 - the last line of defense: the worker must live on
            self._retry_later(work, error)
            return "fault"
        else:
            self._parts.queue.forget(work)
        return "done"

    async def _report_invalid(self, work: WorkItem) -> None:
        try:
            await self._parts.dispatch.report_invalid(work)
        except Exception as error:  # noqa: BLE001 - as in `handle`: who knows what such an object holds
            self._retry_later(work, error)

    def _retry_later(self, work: WorkItem, error: Exception) -> None:
        seconds = self._parts.queue.add_rate_limited(work, at_least=self._least_wait(work, error))
        log.warning(
            "reconcile failed",
            extra={
                "object": str(work.key),
                "error": label_of(type(error)),
                "problem": str(error) if isinstance(error, AccessError) else "",
                "retrySeconds": round(seconds, 1),
            },
        )

    def _least_wait(self, work: WorkItem, error: Exception) -> float:
        """In how many seconds it may be tried again at the earliest."""
        if isinstance(error, ForbiddenError):
            self.lists.look_soon(self._scopes.of(work.key.namespace).name)
            return self._scopes.refused(work.key.namespace)
        return heeded(error.retry_after if isinstance(error, UnavailableError) else None)

    async def _is_there(self, secret: ObjectKey, uid: str) -> bool | None:
        """None where it was not even asked."""
        if self._scopes.of(secret.namespace).denied:
            return None
        try:
            return await self._parts.withdrawals.is_there(secret, uid)
        except AccessError:
            return True

    def _due(self, keys: list[ObjectKey]) -> None:
        for key in keys:  # a window that ends does not wait for conditions that only tell
            self._parts.leader_queue.enqueue_token(key, ahead=True)
        for scope, count in Counter(self._scopes.of(key.namespace).name for key in keys).items():
            if count >= max(MANY_DUE, len(self._parts.cache.tokens) / 5):
                self.lists.request_resync(scope)

    async def _after_a_round(self) -> None:
        """All has been listed anew: what else is looked at now and then."""
        if self._parts.leader_queue.is_leader:
            await self._parts.keys.refresh()
        await report_clock_offset(self._ports)

    async def _gauge(self) -> None:
        while True:
            self.gauge()
            await self._ports.clock.sleep(GAUGE_SECONDS)
            await self.keys.mend()

    def gauge(self) -> None:
        """Tell the metrics what is not counted as it happens."""
        parts, metrics = self._parts, self._ports.metrics
        metrics.queue(len(parts.queue), parts.queue.oldest_seconds())
        metrics.workloads(parts.workloads.states())
        metrics.tokens(parts.cache.tokens.totals())
        metrics.expiring_soon(parts.cache.tokens.expiring_soon())
        due = parts.schedule.next_due()
        metrics.next_due(None if due is None else datetime.fromtimestamp(due, UTC))
