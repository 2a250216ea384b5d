"""Notices that a reader deleted a one-time Secret early, without the right to watch Secrets.

Each open Secret is looked at after 10 s, then ever more rarely up to every 5 min, and all together at most about two
a second. The end of the window is the schedule's business, not ours.
"""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from pharia_access.domain.model import ObjectKey
from pharia_access.services.ports import Clock

__all__ = ["ProbePace", "Probes"]


@dataclass(frozen=True, slots=True)
class ProbePace:
    """How often to look. All are positive."""

    first: timedelta = timedelta(seconds=10)
    longest: timedelta = timedelta(minutes=5)
    per_second: float = 2.0


@dataclass(frozen=True, slots=True)
class _Probe:
    secret: ObjectKey
    uid: str
    wait: float


class Probes:
    """One probe a token; `watch` with None ends it."""

    def __init__(self, clock: Clock, pace: ProbePace) -> None:
        self._clock = clock
        self._pace = pace
        self._open: dict[ObjectKey, _Probe] = {}
        self._heap: list[tuple[float, ObjectKey]] = []
        self._due: dict[ObjectKey, float] = {}
        self._wake = asyncio.Event()
        self._missing: set[str] = set()

    def watch(self, token: ObjectKey, secret: tuple[str, str] | None) -> None:
        """Look after a token's one-time Secret (name and UID) from now on, or no longer."""
        known = self._open.get(token)
        if known is not None and (secret is None or secret[1] != known.uid):
            self._missing.discard(known.uid)
            del self._open[token]
            self._due.pop(token, None)
            known = None
        if secret is not None and known is None:
            name, uid = secret
            first = self._pace.first.total_seconds()
            self._plan(token, _Probe(ObjectKey(token.namespace, name), uid, first))

    def is_missing(self, uid: str) -> bool:
        """Whether a probe found that Secret gone."""
        return uid in self._missing

    async def run(
        self,
        is_there: Callable[[ObjectKey, str], Awaitable[bool]],
        found_missing: Callable[[ObjectKey], None],
    ) -> None:
        """Probe for ever. `is_there` must not raise; it answers True when it cannot tell."""
        while True:
            await self._until_due()
            token = self._pop()
            probe = None if token is None else self._open.get(token)
            if token is None or probe is None:
                continue
            if await is_there(probe.secret, probe.uid):
                self._back_off(token, probe)
            elif self._open.get(token) == probe:
                self._missing.add(probe.uid)
                self._back_off(token, probe)
                found_missing(token)
            await self._clock.sleep(1 / self._pace.per_second)

    def _back_off(self, token: ObjectKey, probe: _Probe) -> None:
        if self._open.get(token) == probe:
            wait = min(2 * probe.wait, self._pace.longest.total_seconds())
            self._plan(token, _Probe(probe.secret, probe.uid, wait))

    def _plan(self, token: ObjectKey, probe: _Probe) -> None:
        self._open[token] = probe
        due = self._clock.monotonic() + probe.wait
        self._due[token] = due
        heapq.heappush(self._heap, (due, token))
        self._wake.set()

    def _pop(self) -> ObjectKey | None:
        due, token = heapq.heappop(self._heap)
        return token if self._due.get(token) == due else None

    async def _until_due(self) -> None:
        while not self._heap or self._heap[0][0] > self._clock.monotonic():
            self._wake.clear()
            nap = self._heap[0][0] - self._clock.monotonic() if self._heap else None
            try:
                async with asyncio.timeout(nap):
                    await self._wake.wait()
            except TimeoutError:
                continue
