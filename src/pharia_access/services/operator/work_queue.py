"""A keyed work queue: each key waits once, is worked on by one worker at a time, and comes back later if that failed.

Work that people wait for goes before low-priority work, and namespaces take turns: neither much work in one nor an API
server that is slow about one keeps all workers from the others. Where one has a crowd of work and another asks for
something, the crowd holds back (`domain.turns.Shares`). After the workqueue of Kubernetes' client-go.
"""

import asyncio
import heapq
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Container, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from pharia_access.domain.api_values import Kind
from pharia_access.domain.backoff import Backoff
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.turns import Shares, Turns

__all__ = ["WorkItem", "WorkQueue"]

RETRIES = Backoff(first=0.2, longest=60.0)

LOW_PRIORITY_EVERY = 4
"""Each such get looks at low-priority work first: due work must not starve while people create without end."""

SHARE = 3
"""A namespace has at most so many times as many workers as are idle: alone 12 of 16, and up to five leave one idle.
Where crowds hold back, the other way round: of 16 workers four at most are with crowds, however many those are."""


@dataclass(frozen=True, slots=True)
class WorkItem:
    """What to look at: a token, a credential, a WorkloadToken, or a one-time Secret (by UID) whose token is gone."""

    kind: Literal["token", "credential", "workload", "secret"]
    key: ObjectKey
    uid: str = ""

    @classmethod
    def of(cls, kind: Kind, key: ObjectKey) -> "WorkItem":
        """Name the work that brings an object's status up to date."""
        return cls(_WORK[kind], key)


_WORK: Final[Mapping[Kind, Literal["token", "credential", "workload"]]] = {
    "ApiToken": "token",
    "ApiCredential": "credential",
    "WorkloadToken": "workload",
}


class WorkQueue:
    """Use from one event loop. `monotonic` gives seconds that only grow; `may_mint` tells what is not light work."""

    def __init__(
        self, monotonic: Callable[[], float], *, may_mint: Callable[[WorkItem], bool] = lambda _: True
    ) -> None:
        self._monotonic = monotonic
        self._may_mint = may_mint
        self._by_priority: tuple[Turns[WorkItem], Turns[WorkItem]] = (Turns(), Turns())  # then the low one
        self._waiting: dict[WorkItem, float] = {}
        self._low_priority: set[WorkItem] = set()
        self._waiting_ahead: set[WorkItem] = set()
        self._processing: dict[WorkItem, tuple[float, bool]] = {}  # since when, and whether it is light
        self._at_work: Counter[str] = Counter()  # workers by namespace
        self._shares = Shares()
        self._resting: set[str] = set()
        self._idle = 0
        self._dirty: dict[WorkItem, tuple[bool, bool]] = {}  # low priority, and ahead
        self._later: list[tuple[float, int, WorkItem, bool]] = []
        self._due: dict[WorkItem, float] = {}
        self._failures: dict[WorkItem, int] = {}
        self._serial = 0
        self._gets = 0
        self._sleepers: deque[asyncio.Future[None]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def processing(self) -> Container[WorkItem]:
        """The items that workers process now. Changes with them."""
        return self._processing.keys()

    def oldest_seconds(self) -> float:
        """How long the oldest item has waited; 0 if none waits."""
        return max(0.0, self._monotonic() - next(iter(self._waiting.values()))) if self._waiting else 0.0

    def add(self, work: WorkItem, *, low_priority: bool = False, ahead: bool = False) -> None:
        """Queue the item, `ahead` of others in its namespace if asked. A waiting item never gets a worse place."""
        if not low_priority:
            self._shares.asked(work.key.namespace, self._monotonic())
        self._enqueue(work, low_priority=low_priority, ahead=ahead)

    def add_after(self, work: WorkItem, seconds: float, *, low_priority: bool = False) -> None:
        """Queue the item after `seconds`. An earlier due time is kept."""
        due = self._monotonic() + seconds
        if self._due.get(work, due + 1) <= due:
            return
        self._due[work] = due
        self._serial += 1
        heapq.heappush(self._later, (due, self._serial, work, low_priority))
        self._wake_one()

    def add_rate_limited(self, work: WorkItem, *, at_least: float = 0.0) -> float:
        """Queue the item again after a failure, later each time (0.2 s doubling to 60 s). Returns the seconds."""
        failures = self._failures[work] = self._failures.get(work, 0) + 1
        seconds = max(at_least, RETRIES.after(failures))
        self.add_after(work, seconds)
        return seconds

    def forget(self, work: WorkItem) -> None:
        """Forget the item's failures, after a success."""
        self._failures.pop(work, None)

    def holds_back(self, namespace: str) -> bool:
        """Tell whether a namespace must leave room: it has much work, and another one asked for something just now."""
        return self._shares.holds_back(namespace, self._monotonic())

    async def get(self) -> WorkItem:
        """Wait for the next item. Pass it to `done` in the end."""
        self._idle += 1
        try:
            while True:
                self._promote()
                work = self._next()
                if work is not None:
                    return self._start(work)
                await self._nap()
        finally:
            self._idle -= 1

    def done(self, work: WorkItem) -> None:
        """Mark the item as no longer processed. Queue it again if somebody added it meanwhile."""
        namespace = work.key.namespace
        since, light = self._processing.pop(work)
        self._rest(namespace, since=since, light=light)
        self._shares.went(namespace)
        self._at_work[namespace] -= 1
        if not self._at_work[namespace]:
            del self._at_work[namespace]
        if work in self._dirty:
            low_priority, ahead = self._dirty.pop(work)
            self._enqueue(work, low_priority=low_priority, ahead=ahead)

    async def work_forever(self, handle: Callable[[WorkItem], Awaitable[None]]) -> None:
        """Get and handle one item after the other. `handle` must not raise."""
        while True:
            work = await self.get()
            try:
                await handle(work)
            finally:
                self.done(work)

    def _enqueue(self, work: WorkItem, *, low_priority: bool, ahead: bool = False) -> None:
        if work in self._processing:
            before = self._dirty.get(work, (True, False))
            self._dirty[work] = (before[0] and low_priority, before[1] or ahead)
            return
        if work in self._waiting:
            was = work in self._low_priority, work in self._waiting_ahead
            low_priority, ahead = was[0] and low_priority, was[1] or ahead
            if (low_priority, ahead) == was:
                return
        else:
            self._waiting[work] = self._monotonic()
            self._shares.came(work.key.namespace)
        (self._low_priority.add if low_priority else self._low_priority.discard)(work)
        (self._waiting_ahead.add if ahead else self._waiting_ahead.discard)(work)
        self._by_priority[low_priority].append(work.key.namespace, work, ahead=ahead)
        self._wake_one()

    def _next(self) -> WorkItem | None:
        """Take what waits, by priority. Work whose priority rose has left an entry behind, which is skipped."""
        self._gets += 1
        low_first = self._gets % LOW_PRIORITY_EVERY == 0
        for turns in reversed(self._by_priority) if low_first else self._by_priority:
            work = turns.take(may=self._may_have_more, waits=self._waiting.__contains__)
            if work is not None:
                return work
        return None

    def _may_have_more(self, namespace: str) -> bool:
        """Whether one more worker may go to a namespace; the one who asks is idle."""
        if self.holds_back(namespace):
            at_work = self._shares.crowds_among(self._at_work)
            has_less = self._at_work[namespace] < self._shares.workers(namespace)
            return namespace not in self._resting and has_less and SHARE * at_work < self._idle
        return self._at_work[namespace] < SHARE * self._idle

    def _rest(self, namespace: str, *, since: float, light: bool) -> None:
        """Have a namespace that holds back rest after work that began then."""
        now = self._monotonic()
        seconds = self._shares.rest(namespace, now - since, now, light=light)
        if seconds:
            self._resting.add(namespace)
            asyncio.get_running_loop().call_later(seconds, self._rested, namespace)

    def _rested(self, namespace: str) -> None:
        self._resting.discard(namespace)
        self._wake_one()

    def _start(self, work: WorkItem) -> WorkItem:
        del self._waiting[work]
        self._processing[work] = self._monotonic(), work in self._low_priority and not self._may_mint(work)
        self._low_priority.discard(work)
        self._waiting_ahead.discard(work)
        self._at_work[work.key.namespace] += 1
        if self._waiting:
            self._wake_one()  # who held back until now may have all workers
        return work

    def _promote(self) -> None:
        now = self._monotonic()
        while self._later and self._later[0][0] <= now:
            due, _, work, low_priority = heapq.heappop(self._later)
            if self._due.get(work) == due:
                del self._due[work]
                self._enqueue(work, low_priority=low_priority)  # a date, or a try: nobody asked just now

    async def _nap(self) -> None:
        """Sleep until woken, until the next delayed work is due, or until no crowd holds back any longer."""
        sleeper = asyncio.get_running_loop().create_future()
        self._sleepers.append(sleeper)
        now = self._monotonic()
        waits = [self._later[0][0] - now] if self._later else []
        if (left := self._shares.seconds_left(now)) is not None:
            waits.append(left)
        try:
            async with asyncio.timeout(min(waits, default=None)):
                await sleeper
        except TimeoutError:
            return

    def _wake_one(self) -> None:
        """One piece of work needs one worker: waking all of them for each would cost more than the work."""
        while self._sleepers:
            sleeper = self._sleepers.popleft()
            if not sleeper.done():
                sleeper.set_result(None)
                return
