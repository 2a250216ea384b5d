"""Whether the guards hold, as last seen: looked at before this replica leads, every minute, and soon after trouble.

A look that failed is no answer: the last verdict stays, for ten minutes at most. That guards are open is believed when
a second look says so too. Older ones are borne for ten minutes: in an upgrade or a rollback, policies and operators do
not change at the same moment.
"""

import asyncio
import logging
from collections.abc import Awaitable, Iterable
from datetime import datetime, timedelta
from math import inf
from typing import Final

from pharia_access.domain.guards import GuardFault, faults_of
from pharia_access.domain.times import format_time
from pharia_access.errors import ApiError, label_of
from pharia_access.services.operator.cluster_cache import ClusterCache
from pharia_access.services.operator.leader_queue import LeaderQueue
from pharia_access.services.operator.ports import Ports

__all__ = ["LONGEST_INTERVAL", "Watchman"]

log = logging.getLogger(__name__)

LONGEST_INTERVAL: Final = timedelta(minutes=1)
"""Between two looks while all is well."""
SOON_SECONDS: Final = 5.0
"""Between two looks while it is not."""
CONFIRM_SECONDS: Final = 2.0
"""After what time a second look must say the same."""
GRACE_PERIOD: Final = timedelta(minutes=10)
"""How long older guards are borne, and how long a verdict lasts while no look succeeds."""

_NOT_SEEN: Final = "the admission policies and the kinds' rules have not been looked at yet"
_NOT_LOOKED_AT: Final = "the admission policies and the kinds' rules could not be looked at for 10 min"


class Watchman:
    """Use from one event loop. `objection` is why nothing may be minted; empty: it may.

    Args:
        required: False where people chose to do without guards: then nothing is looked at, and all may be minted.
        interval: between two looks while all is well, if that is shorter than a minute.
    """

    def __init__(
        self,
        ports: Ports,
        *,
        cache: ClusterCache,
        queue: LeaderQueue,
        required: bool,
        interval: timedelta = LONGEST_INTERVAL,
    ) -> None:
        self._source, self._clock, self._metrics = ports.guards, ports.clock, ports.metrics
        self._cache, self._queue = cache, queue
        self._required = required
        self._interval = min(interval, LONGEST_INTERVAL).total_seconds()
        self._names = tuple(guard.name for guard in self._source.carried())
        self._older_since: dict[str, float] = {}
        self._looked_at = -inf
        self._answered_at: float | None = None
        self._held_at: datetime | None = None
        self._failing = False
        self.objection = _NOT_SEEN if required else ""

    def missing(self) -> list[str]:
        """What keeps this replica from minting, a sentence at most."""
        return [f"nothing is minted: {self.objection}"] if self.objection else []

    async def keep(self) -> None:
        """Look for ever, counted from the last look; at once where there was none."""
        while self._required:
            if (seconds := self._until_the_next()) > 0:
                await self._clock.sleep(seconds)
            await self.look()

    def _until_the_next(self) -> float:
        troubled = self.objection or self._failing or self._older_since
        pause = min(SOON_SECONDS, self._interval) if troubled else self._interval
        return self._looked_at + pause - self._clock.monotonic()

    async def beside(self, work: Awaitable[None]) -> None:
        """Look as long as that goes on. Raises what it raises."""
        looking = asyncio.create_task(self.keep())
        try:
            await work
        finally:
            looking.cancel()

    async def look(self) -> None:
        """See how the guards stand now. Never raises what a look may raise."""
        if not self._required:
            return
        faults = await self._faults()
        if faults and not self.objection and self._counted(faults):
            await self._clock.sleep(CONFIRM_SECONDS)
            faults = await self._faults()
        if faults is not None:
            self._conclude(faults)
        elif self._answered_at is None or self._grace_over(self._answered_at):
            why = _NOT_SEEN if self._answered_at is None else _NOT_LOOKED_AT
            self._report(why, held=frozenset())
        self._looked_at = self._clock.monotonic()

    async def _faults(self) -> tuple[GuardFault, ...] | None:
        """What one look showed; None where it failed."""
        try:
            look = await self._source.look(self._cache.tokens.any_key)
        except Exception as error:  # noqa: BLE001 - others' policies are looked at too, and who knows what they hold
            if not self._failing:
                problem = str(error) if isinstance(error, ApiError) else ""
                log.warning(
                    "the guards could not be looked at", extra={"error": label_of(type(error)), "problem": problem}
                )
            self._failing = True
            return None
        self._failing = False
        self._answered_at = self._clock.monotonic()
        faults = faults_of(self._source.carried(), look)
        self._note_older(fault.guard for fault in faults if fault.older)
        return faults

    def _note_older(self, guards: Iterable[str]) -> None:
        now = self._clock.monotonic()
        self._older_since = {guard: self._older_since.get(guard, now) for guard in guards}

    def _counted(self, faults: tuple[GuardFault, ...]) -> list[GuardFault]:
        """Those that stop minting: not yet what is only older."""
        return [fault for fault in faults if not fault.older or self._grace_over(self._older_since[fault.guard])]

    def _grace_over(self, since: float) -> bool:
        return self._clock.monotonic() - since >= GRACE_PERIOD.total_seconds()

    def _conclude(self, faults: tuple[GuardFault, ...]) -> None:
        if not faults:
            self._held_at = self._clock.now()
        text = "; ".join(f"{fault.guard}: {fault.why}" for fault in self._counted(faults))
        held = frozenset(self._names) - {fault.guard for fault in faults}
        self._report(f"not all admission policies and rules of the kinds hold ({text})" if text else "", held=held)

    def _report(self, objection: str, *, held: frozenset[str]) -> None:
        self._metrics.guards({name: name in held for name in self._names}, self._held_at)
        before, self.objection = self.objection, objection
        if objection and objection != before:
            last = None if self._held_at is None else format_time(self._held_at)
            log.error("nothing is minted", extra={"problem": objection, "guardsHeldAt": last})
        elif before and not objection:
            log.info("the guards hold: tokens are minted")
        if before != objection:
            self._ask_again()

    def _ask_again(self) -> None:
        """Tokens that wait for their mint are told why, or are minted."""
        if not self._queue.is_leader:
            return
        for key in self._cache.tokens.keys:
            if self._cache.tokens.is_pending(key):
                self._queue.enqueue_token(key)
        for workload in self._cache.workloads:
            self._queue.enqueue_workload(workload.key)
