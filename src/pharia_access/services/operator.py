"""The operator at work while it leads: workers on the queue, the schedule, the probes and the periodic list."""

import asyncio
import logging
import math
import random
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pharia_access.domain.model import ObjectKey
from pharia_access.domain.sightings import Kind
from pharia_access.errors import (
    AccessError,
    ApiError,
    ConflictError,
    MalformedObjectError,
    NotFoundError,
    UnavailableError,
)
from pharia_access.services.credential_reconciler import CredentialReconciler
from pharia_access.services.intake import Intake
from pharia_access.services.keys import Keys
from pharia_access.services.ports import Ports
from pharia_access.services.probes import Probes
from pharia_access.services.reconciler import ComeBack, TokenReconciler
from pharia_access.services.resync import Resync
from pharia_access.services.schedule import Schedule
from pharia_access.services.view import View
from pharia_access.services.work_queue import Work, WorkQueue

__all__ = ["Operator", "Parts", "Rhythm"]

log = logging.getLogger(__name__)

GAUGE_SECONDS = 5.0
GATHER_SECONDS = 1.0
"""How long a list waits for whatever else may ask for one: watches begin anew together."""
MOST_OFFSET_SECONDS = 5.0
MOST_ASKED_SECONDS = 60.0
"""How long a Retry-After is heeded."""
REST_AFTER_LIST = 60
"""Of very many tokens lists come less often: each second of one is followed by 60 of rest, up to twice the interval."""
MANY_DUE = 100
"""From so many tokens due at once, which are a fifth of all, one list costs less than a read of each."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How many reconcile at once, and how often everything is listed (give or take a tenth)."""

    workers: int = 16
    resync: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Parts:
    """What an operator consists of."""

    ports: Ports
    view: View
    queue: WorkQueue
    schedule: Schedule
    probes: Probes
    intake: Intake
    tokens: TokenReconciler
    credentials: CredentialReconciler
    resync: Resync
    keys: Keys


class Operator:
    """`watch` fills the view, `lead` acts for ever."""

    def __init__(self, parts: Parts, rhythm: Rhythm) -> None:
        self._parts = parts
        self._ports = parts.ports
        self._rhythm = rhythm
        self._list_soon = asyncio.Event()
        self._listed_at = -math.inf
        self._rest = 0.0  # seconds after a list that took long
        self.caught_up = False
        """Whether a full list has ended since this replica started: its view is complete."""

    @property
    def intake(self) -> Intake:
        """Where events go."""
        return self._parts.intake

    async def fill_view(self) -> None:
        """The first list: tried until it succeeds."""
        self._ports.metrics.leading(leads=False)
        await self._list_until_done()

    def list_soon(self) -> None:
        """Something may have changed of which no event will tell."""
        self._list_soon.set()

    async def stand_by(self) -> None:
        """Keep the view complete, for ever."""
        while True:
            await self._list_soon.wait()
            await self._list_again()

    async def lead(self) -> None:
        """Act: at once on new work and on what was seen to be undone. A list, where the last is old, finds the rest."""
        parts = self._parts
        parts.intake.take_over()
        self._ports.metrics.leading(leads=True)
        await parts.keys.refresh()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(self._rhythm.workers):
                tasks.create_task(parts.queue.work_forever(self.handle))
            tasks.create_task(parts.schedule.run(self._ports.clock, self._due))
            tasks.create_task(parts.probes.run(self._is_there, parts.intake.due))
            tasks.create_task(self._list_now_and_then())
            tasks.create_task(self._gauge())

    async def handle(self, work: Work) -> None:
        """One piece of work, to its end or to the next try. Never raises: one broken object stops no other."""
        began = self._ports.clock.monotonic()
        outcome = await self._attempt(work)
        if work.kind == "token":
            self._parts.intake.heard_meanwhile(work.key)
        kind: Kind = "ApiCredential" if work.kind == "credential" else "ApiToken"
        self._ports.metrics.reconciled(kind, outcome, self._ports.clock.monotonic() - began)

    async def _attempt(self, work: Work) -> str:
        """How it went, for the metrics."""
        try:
            await self._do(work)
        except ComeBack as wish:
            self._parts.queue.add_after(work, wish.seconds)
        except MalformedObjectError as error:
            log.warning("an object cannot be understood", extra={"object": str(work.key), "problem": str(error)})
            await self._tell_malformed(work)
            return "malformed"
        except (ConflictError, NotFoundError) as error:
            self._parts.queue.retry(work)
            return type(error).__name__
        except AccessError as error:
            self._retry_later(work, error)
            return type(error).__name__
        except Exception as error:  # noqa: BLE001 - the last line of defense: the worker must live on
            self._retry_later(work, error)
            return "fault"
        else:
            self._parts.queue.forgive(work)
        return "done"

    async def _do(self, work: Work) -> None:
        match work.kind:
            case "token":
                await self._parts.tokens.reconcile(work.key)
            case "credential":
                await self._parts.credentials.reconcile(work.key, live=self._parts.intake.malformed(work) is not None)
            case "secret":
                await self._ports.secrets.delete_secret(work.key, work.uid)

    async def _tell_malformed(self, work: Work) -> None:
        malformed = self._parts.intake.malformed(work)
        if malformed is None:
            return
        try:
            await self._ports.cluster.write_malformed_status(malformed, now=self._ports.clock.now())
        except Exception as error:  # noqa: BLE001 - as in `handle`: who knows what such an object holds
            self._retry_later(work, error)

    def _retry_later(self, work: Work, error: Exception) -> None:
        asked = error.retry_after if isinstance(error, UnavailableError) else None
        seconds = self._parts.queue.retry(work, at_least=min(asked or 0.0, MOST_ASKED_SECONDS))
        log.warning(
            "reconcile failed",
            extra={
                "object": str(work.key),
                "error": type(error).__name__,
                "problem": str(error) if isinstance(error, AccessError) else "",
                "retrySeconds": round(seconds, 1),
            },
        )

    async def _is_there(self, secret: ObjectKey, uid: str) -> bool:
        try:
            return await self._parts.tokens.is_there(secret, uid)
        except AccessError:
            return True

    async def _list_now_and_then(self) -> None:
        while True:
            spread = random.uniform(0.9, 1.1)  # noqa: S311 - so that replicas do not list together
            interval = self._rhythm.resync.total_seconds()
            due = self._listed_at + max(interval * spread, min(self._rest, 2 * interval))
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, due - self._ports.clock.monotonic())):
                    await self._list_soon.wait()
            await self._list_again()
            await self._parts.keys.refresh()

    async def _list_again(self) -> None:
        if self.caught_up:
            await self._ports.clock.sleep(GATHER_SECONDS)
        self._list_soon.clear()
        self._listed_at = -math.inf  # until it has ended: should it be cancelled, another is due
        await self._list_until_done()

    def _due(self, keys: list[ObjectKey]) -> None:
        for key in keys:
            self._parts.intake.due(key)
        if len(keys) >= max(MANY_DUE, len(self._parts.view) / 5):
            self.list_soon()

    async def _list_until_done(self) -> None:
        wait = 1.0
        while True:
            try:
                took = await self._parts.resync.run()
            except ApiError as error:
                log.warning("the full list failed", extra={"error": type(error).__name__, "problem": str(error)})
                await self._ports.clock.sleep(wait)
                wait = min(2 * wait, 30.0)
            else:
                self.caught_up, self._listed_at = True, self._ports.clock.monotonic()
                self._rest = took * REST_AFTER_LIST
                await self._compare_clocks()
                return

    async def _compare_clocks(self) -> None:
        """Expiry is judged by the clock of whoever asks: nodes are assumed within seconds of each other."""
        try:
            offset = (await self._ports.cluster.server_time_offset(self._ports.clock.now)).total_seconds()
        except ApiError:
            return
        self._ports.metrics.clock_offset(offset)
        if abs(offset) > MOST_OFFSET_SECONDS:
            log.warning("the API server's clock is another than ours", extra={"aheadSeconds": round(offset, 1)})

    async def _gauge(self) -> None:
        while True:
            self.gauge()
            await self._ports.clock.sleep(GAUGE_SECONDS)

    def gauge(self) -> None:
        """Tell the metrics what is not counted as it happens."""
        parts, metrics = self._parts, self._ports.metrics
        metrics.queue(len(parts.queue), parts.queue.oldest_seconds())
        metrics.tokens(parts.view.totals())
        due = parts.schedule.next_due()
        metrics.next_due(None if due is None else datetime.fromtimestamp(due, UTC))
