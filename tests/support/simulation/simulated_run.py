"""One run of the exactly-once property: operators, users, readers and faults, interleaved at every API call.

A seed decides everything, so that a run can be had again. First comes chaos, for a number of steps; then the faults
stop, whoever crashed starts again, and time passes until nothing is left to do. `judgement` says what must hold then.
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from pharia_access.domain.model import Policy
from pharia_access.services.operator.operator import OperatorIntervals
from tests.support.fakes.cluster import FakeCluster
from tests.support.fakes.ports import seeded_entropy
from tests.support.fakes.records import Change
from tests.support.fakes.replica import Replica
from tests.support.fakes.scripted_faults import Crash, RandomFaults, no_faults
from tests.support.fakes.store import FakeStore
from tests.support.fakes.virtual_time import FakeClock, run_simulated
from tests.support.simulation.interleaver import Interleaver
from tests.support.simulation.judgement import violations
from tests.support.simulation.people import People
from tests.support.simulation.simulated_users import Reader, SimulatedUsers

HEARTBEAT_SECONDS = 20.0
"""Time can pass even while every replica is down."""

__all__ = ["Outcome", "Simulation", "simulate"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run."""

    seed: int
    violations: tuple[str, ...]
    trace: tuple[str, ...]
    counts: Counter[str]


@dataclass(slots=True)
class _Seat:
    """A place for a replica: after a crash another one takes it, and hears of what happens from then on."""

    number: int
    replica: Replica
    task: asyncio.Task[None]
    heard: int


@dataclass(slots=True)
class Simulation:
    """Build it with a seed, `run` it once."""

    WEIGHTS: ClassVar[dict[str, int]] = {"answer": 12, "hear": 4, "act": 2, "read": 2, "collect": 1, "wait": 1}

    CALM_SECONDS: ClassVar[float] = 200.0
    """Longer than the longest retry (60 s), the resync (66 s) and a conflict's next try (30 s) one after another."""

    seed: int
    rng: random.Random = field(init=False)
    clock: FakeClock = field(default_factory=FakeClock)
    store: FakeStore = field(init=False)
    people: People = field(init=False)
    readers: Reader = field(init=False)
    seats: list[_Seat] = field(default_factory=list)
    interleaver: Interleaver = field(init=False)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    faults_found: list[str] = field(default_factory=list)
    calm: bool = False
    steps_left: int = field(init=False)
    chaos_over: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)  # noqa: S311 - repeatable on purpose
        self.interleaver = Interleaver(self.rng)
        self.store = FakeStore(self.clock.now)
        self.people = SimulatedUsers(self.store, self.rng)
        self.readers = Reader(self.store, self.rng)
        self.steps_left = self.rng.randrange(40, 160)

    def run(self) -> Outcome:
        """The whole run."""
        random.seed(self.seed)  # the operator spreads its lists by the module's generator
        log = logging.getLogger("pharia_access")
        level = log.level
        log.setLevel(logging.CRITICAL + 1)
        try:
            run_simulated(self._main(), clock=self.clock, on_idle=self._on_idle)
        finally:
            log.setLevel(level)
        found = (*self.faults_found, *self._violations())
        self.counts.update(
            runs=1,
            calls=self.interleaver.calls,
            tokens=len({written.token.uid for written in self.store.history}),
            mints=len({written.token.uid for written in self.store.history if written.token.minted}),
        )
        return Outcome(self.seed, found, tuple(self.trace), self.counts)

    def _violations(self) -> tuple[str, ...]:
        self.counts.update(reads=self.readers.reads, strays=len(self.readers.strays))
        rival_crashed = len(self.seats) > 1 and self.counts["crashes"] > 0
        strays = () if len(self.seats) > 1 else self.readers.strays
        wrong = violations(self.store, self.clock.now(), a_rival_crashed=rival_crashed)
        return (*self.readers.surprises, *strays, *wrong)

    async def _main(self) -> None:
        self.people.prepare()
        leaders = 1 + (self.rng.random() < 0.5)
        for number in range(leaders):
            self.seats.append(self._seat(number))
        while not self.chaos_over.is_set():  # noqa: ASYNC110 - an event would set no timer, and time could not pass
            await asyncio.sleep(HEARTBEAT_SECONDS)
        self._begin_calm()
        await asyncio.sleep(self.CALM_SECONDS)
        settled = self._shape()
        version = self.store.version
        await asyncio.sleep(self.CALM_SECONDS / 2)
        if self.store.version != version and self._shape() == settled:
            self.faults_found.append("something is written again and again, though nothing changes")
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def _shape(self) -> object:
        """What a person would see change."""
        return [
            (token.uid, token.status.phase, token.status.conditions) for token in self.store.tokens.values()
        ], sorted(self.store.secrets)

    def _begin_calm(self) -> None:
        self.calm = True
        self.people.let_go()
        for index, seat in enumerate(self.seats):
            seat.replica.cluster.faults = no_faults
            if seat.replica.cluster.dead:
                self.counts["crashes"] += 1
                self.seats[index] = self._seat(seat.number)
            elif self.rng.random() < 0.5:
                seat.heard = len(self.store.changes)
        self.interleaver.open_for_all()

    def _seat(self, number: int) -> _Seat:
        faults = no_faults if self.calm else RandomFaults(self.rng, self.rng.choice((0.0, 0.05, 0.2)))
        cluster = FakeCluster(self.store, faults=faults, turn=self.interleaver.turn(f"leader {number}"), page_size=2)
        replica = self._replica(cluster)
        task = asyncio.get_running_loop().create_task(replica.operator.run_leader())
        task.add_done_callback(self._ended)
        self.tasks.append(task)
        self._note("start", f"leader {number}")
        return _Seat(number, replica, task, heard=len(self.store.changes))

    def _replica(self, cluster: FakeCluster) -> Replica:
        policy = Policy(warn_before=timedelta(seconds=20))
        intervals = OperatorIntervals(workers=2, resync=timedelta(seconds=60))
        return Replica(cluster, self.clock, policy, self._entropy(), intervals)

    def _entropy(self) -> Callable[[int], bytes]:
        return seeded_entropy(self.rng.getrandbits(64))

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        error = task.exception()
        crashes = error.split(Crash)[1] is None if isinstance(error, BaseExceptionGroup) else isinstance(error, Crash)
        if not crashes:
            self.faults_found.append(f"the operator ended by {error!r}")

    # --- one step, whenever all tasks wait

    def _on_idle(self) -> bool:
        if self.calm:
            return self._calm_step()
        self.steps_left -= 1
        if self.steps_left < 0:
            self.chaos_over.set()
            return False
        steps: dict[str, Callable[[], bool]] = {
            "answer": self._answer,
            "hear": lambda: self._hear(self.rng.choice(self.seats)),
            "act": lambda: self._note("people", self.people.act()),
            "read": lambda: self._note("reader", self.readers.step()),
            "collect": self._collect,
            "wait": lambda: False,
        }
        (choice,) = self.rng.choices(tuple(self.WEIGHTS), tuple(self.WEIGHTS.values()))
        return steps[choice]()

    def _answer(self) -> bool:
        """Some call goes on. Where none waits, time may pass."""
        name = self.interleaver.let_one_go()
        return name is not None and self._note("answer", name)

    def _collect(self) -> bool:
        self.store.collect_garbage()
        return self._restart()

    def _restart(self) -> bool:
        for index, seat in enumerate(self.seats):
            if seat.replica.cluster.dead:
                self.counts["crashes"] += 1
                self.seats[index] = self._seat(seat.number)
        return True

    def _hear(self, seat: _Seat) -> bool:
        """An event arrives: mostly the next one; or it is lost, comes twice, or comes out of order."""
        if seat.replica.cluster.dead or seat.heard >= len(self.store.changes):
            return True
        luck = self.rng.random()
        if luck < 0.1:
            self._tell(seat, self.rng.choice(self.store.changes))
            return True
        seat.heard += 1
        if luck < 0.9:
            self._tell(seat, self.store.changes[seat.heard - 1])
        return True

    def _calm_step(self) -> bool:
        self.store.collect_garbage()
        heard = False
        for seat in self.seats:
            for change in self.store.changes[seat.heard :]:
                self._tell(seat, change)
                heard = True
            seat.heard = len(self.store.changes)
        return heard

    def _tell(self, seat: _Seat, change: Change) -> None:
        self._note("event", f"leader {seat.number}: {change.type} {change.object.key} {change.object.uid}")
        seat.replica.hear(change)

    def _note(self, what: str, text: str) -> bool:
        self.counts[what] += 1
        self.trace.append(f"{self.clock.monotonic():8.1f} {what:7} {text}")
        return True


def simulate(seed: int) -> Outcome:
    """One run."""
    return Simulation(seed).run()
