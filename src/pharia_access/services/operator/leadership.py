"""One leader at a time, by a Lease, after client-go's leader election.

The clocks of other replicas are never trusted: a Lease is stale when it has not changed for its duration by our own
monotonic clock. Every write of the operator is a compare-and-set besides, so that two leaders do no harm.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from pharia_access.domain.api_values import LeaseRecord
from pharia_access.errors import AccessError, AlreadyExistsError, ConflictError, label_of
from pharia_access.services.ports import Clock

__all__ = ["Elector", "LeaseTimings", "Leases"]

log = logging.getLogger(__name__)


class Leases(Protocol):
    """The one Lease of the operator."""

    async def read_lease(self) -> LeaseRecord | None:
        """Return the current Lease, or None."""
        ...

    async def write_lease(self, record: LeaseRecord) -> LeaseRecord:
        """Create the Lease (no resource_version), or replace it if it is unchanged since it was read.

        Raises ConflictError, AlreadyExistsError.
        """
        ...


@dataclass(frozen=True, slots=True)
class LeaseTimings:
    """How long a Lease holds, how long we try to renew it, how often. client-go's 15, 10 and 2 seconds."""

    duration: timedelta = timedelta(seconds=15)
    renew_deadline: timedelta = timedelta(seconds=10)
    retry_period: timedelta = timedelta(seconds=2)


class Elector:
    """`acquire`, then `hold` until it returns: then leadership is lost and the process must stop at once."""

    def __init__(self, *, leases: Leases, clock: Clock, identity: str, timings: LeaseTimings) -> None:
        self._leases = leases
        self._clock = clock
        self._identity = identity
        self._timings = timings
        self._observed: LeaseRecord | None = None
        self._observed_at = 0.0
        self._held: LeaseRecord | None = None
        self._renewed_at = 0.0

    async def acquire(self) -> None:
        """Return as soon as we lead."""
        while not await self._try(self._claim):
            await self._clock.sleep(self._until_next_try())
        log.info("leading", extra={"identity": self._identity})

    async def hold(self) -> None:
        """Renew until that fails for `renew_deadline`; returns when leadership is lost."""
        while (left := self._seconds_left()) > 0:
            await self._clock.sleep(min(self._timings.retry_period.total_seconds(), left))
            if not await self._try(self._renew, at_most=self._seconds_left()) and self._held is None:
                break
        log.error("leadership lost", extra={"identity": self._identity})

    async def release(self) -> None:
        """Give the Lease up, so that another replica need not wait. Failing at that is harmless."""
        if self._held is None:
            return
        empty = replace(self._held, holder="", duration_seconds=1, renewed=self._clock.now())
        self._held = None
        try:
            async with asyncio.timeout(self._timings.retry_period.total_seconds()):
                await self._leases.write_lease(empty)
        except (AccessError, TimeoutError):
            log.warning("the lease could not be released; it ends by itself")

    def _until_next_try(self) -> float:
        """Seconds: the retry period, but not past the moment at which the Lease that we watch may be taken."""
        period = self._timings.retry_period.total_seconds()
        if self._observed is None:
            return period
        stale_in = self._observed_at + self._stale_after(self._observed) - self._clock.monotonic()
        return min(period, stale_in) if stale_in > 0 else period

    def _seconds_left(self) -> float:
        """Seconds until leadership is lost, counted from before the last renewal was sent."""
        return self._renewed_at + self._timings.renew_deadline.total_seconds() - self._clock.monotonic()

    async def _try(self, step: Callable[[], Awaitable[bool]], *, at_most: float = math.inf) -> bool:
        """One attempt, bounded by half the time in which one must have succeeded, and by what is left of it."""
        began, bound = self._clock.monotonic(), self._timings.renew_deadline.total_seconds() / 2
        try:
            async with asyncio.timeout(min(bound, at_most)):
                succeeded = await step()
        except (ConflictError, AlreadyExistsError):
            return False
        except (AccessError, TimeoutError) as error:
            log.warning("lease not reached", extra={"error": label_of(type(error))})
            return False
        if succeeded:
            self._renewed_at = began
        return succeeded

    async def _claim(self) -> bool:
        now, record = self._clock.now(), await self._leases.read_lease()
        if record is None:
            self._held = await self._leases.write_lease(self._new_record(now, transitions=0))
            return True
        self._observe(record)
        if not self._may_take(record):
            return False
        transitions = record.transitions + (record.holder != self._identity)
        ours = replace(self._new_record(now, transitions=transitions), resource_version=record.resource_version)
        self._held = await self._leases.write_lease(ours)
        return True

    async def _renew(self) -> bool:
        record = await self._leases.read_lease()
        if record is None or record.holder != self._identity:
            self._held = None
            return False
        self._held = await self._leases.write_lease(replace(record, renewed=self._clock.now()))
        return True

    def _observe(self, record: LeaseRecord) -> None:
        if self._observed != record:
            self._observed, self._observed_at = record, self._clock.monotonic()

    def _may_take(self, record: LeaseRecord) -> bool:
        if record.holder in {"", self._identity}:
            return True
        return self._clock.monotonic() - self._observed_at >= self._stale_after(record)

    def _stale_after(self, record: LeaseRecord) -> float:
        """Seconds without a change after which the Lease may be taken."""
        return max(record.duration_seconds, self._timings.duration.total_seconds())

    def _new_record(self, now: datetime, *, transitions: int) -> LeaseRecord:
        seconds = int(self._timings.duration.total_seconds())
        return LeaseRecord(
            holder=self._identity,
            duration_seconds=seconds,
            acquired=now,
            renewed=now,
            transitions=transitions,
        )
