"""Notices that a reader deleted a one-time Secret early, without the right to watch Secrets.

Each open Secret is looked at after 10 s, then ever more rarely up to every 5 min, and all together at most about two
a second, namespaces in turn. The end of the window is the schedule's business, not ours.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from pharia_access.domain.backoff import Backoff
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.token_bucket import TokenBucket
from pharia_access.domain.turns import Turns
from pharia_access.services.operator.deadline_heap import DeadlineHeap
from pharia_access.services.ports import Clock

__all__ = ["ProbeIntervals", "Probes"]


@dataclass(frozen=True, slots=True)
class ProbeIntervals:
    """How often to look. All are positive."""

    first: timedelta = timedelta(seconds=10)
    longest: timedelta = timedelta(minutes=5)
    per_second: float = 2.0


@dataclass(frozen=True, slots=True)
class _Probe:
    secret: ObjectKey
    uid: str
    looks: int = 1
    """The number of the next look."""


class Probes:
    """One probe a token; `watch` with None ends it."""

    def __init__(self, clock: Clock, intervals: ProbeIntervals) -> None:
        self._clock = clock
        self._backoff = Backoff(intervals.first.total_seconds(), intervals.longest.total_seconds())
        self._bucket = TokenBucket(intervals.per_second)
        self._open: dict[ObjectKey, _Probe] = {}
        self._deadlines = DeadlineHeap()
        self._due: Turns[tuple[ObjectKey, _Probe]] = Turns()
        self._wake = asyncio.Event()
        self._missing: set[str] = set()

    def watch(self, token: ObjectKey, secret: tuple[str, str] | None) -> None:
        """Look after a token's one-time Secret (name and UID) from now on, or no longer."""
        known = self._open.get(token)
        if known is not None and (secret is None or secret[1] != known.uid):
            self._missing.discard(known.uid)
            del self._open[token]
            self._deadlines.set(token, None)
            known = None
        if secret is not None and known is None:
            name, uid = secret
            self._plan(token, _Probe(ObjectKey(token.namespace, name), uid))

    def note_missing(self, token: ObjectKey, uid: str) -> None:
        """We took that Secret away ourselves, as its reader: nobody need look for it first."""
        known = self._open.get(token)
        if known is not None and known.uid == uid:
            self._missing.add(uid)

    def is_missing(self, uid: str) -> bool:
        """Whether a probe found that Secret gone."""
        return uid in self._missing

    async def run(
        self,
        is_there: Callable[[ObjectKey, str], Awaitable[bool | None]],
        found_missing: Callable[[ObjectKey], None],
    ) -> None:
        """Probe for ever. `is_there` must not raise; it answers True when it cannot tell, None where it did not ask."""
        while True:
            await self._clock.sleep(self._bucket.wait_seconds(self._clock.monotonic()))
            token = await self._next_due()
            probe = self._open[token]
            there = await is_there(probe.secret, probe.uid)
            if there is None:
                self._back_off(token, probe)
                continue
            if there:
                self._back_off(token, probe)
            elif self._open.get(token) == probe:
                self._missing.add(probe.uid)
                self._back_off(token, probe)
                found_missing(token)
            self._bucket.reserve(self._clock.monotonic())

    def _back_off(self, token: ObjectKey, probe: _Probe) -> None:
        if self._open.get(token) == probe:
            self._plan(token, replace(probe, looks=probe.looks + 1))

    def _plan(self, token: ObjectKey, probe: _Probe) -> None:
        self._open[token] = probe
        self._deadlines.set(token, self._clock.monotonic() + self._backoff.after(probe.looks))
        self._wake.set()

    async def _next_due(self) -> ObjectKey:
        while True:
            while (token := self._deadlines.pop_until(self._clock.monotonic())) is not None:
                self._due.append(token.namespace, (token, self._open[token]))
            due = self._due.take(waits=lambda planned: self._open.get(planned[0]) is planned[1])
            if due is not None:
                return due[0]
            await self._nap()

    async def _nap(self) -> None:
        """Until the next one is due, or another is planned."""
        self._wake.clear()
        first = self._deadlines.first()
        try:
            async with asyncio.timeout(None if first is None else first - self._clock.monotonic()):
                await self._wake.wait()
        except TimeoutError:
            return
