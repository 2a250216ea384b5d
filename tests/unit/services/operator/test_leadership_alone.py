"""Several electors on one Lease, through crashes, lost answers and a slow server: never two at a time lead."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from pharia_access.services.operator.leadership import Elector, LeaseTimings
from tests.support.fakes.cluster import FakeCluster
from tests.support.fakes.scripted_faults import Call, Crash, Faults, RandomFaults
from tests.support.fakes.store import FakeStore
from tests.support.fakes.virtual_time import FakeClock, run_simulated

pytestmark = pytest.mark.no_cover
"""Many examples of code that other tests cover: tracing them takes twice as long again."""


RUNS = 40
CHAOS_SECONDS, CALM_SECONDS = 400.0, 200.0
LONGEST_LIFE_SECONDS = 60.0
LONGEST_VACANCY_SECONDS = 15 + 2 + 1
"""A Lease's duration, a try and the start of a replica."""


class SkewedClock(FakeClock):
    """A clock that runs with another one, but shows another time of day."""

    def __init__(self, true: FakeClock, wrong_by: timedelta) -> None:
        super().__init__()
        self.true = true
        self.wrong_by = wrong_by

    def now(self) -> datetime:
        return self.true.now() + self.wrong_by

    def monotonic(self) -> float:
        return self.true.monotonic()


@dataclass
class Reigns:
    """Who leads, who led, and whether two ever did at a time."""

    clock: FakeClock
    now: set[str] = field(default_factory=set)
    began: list[tuple[float, str]] = field(default_factory=list)
    clashes: list[str] = field(default_factory=list)

    def begin(self, identity: str) -> None:
        self.now.add(identity)
        self.began.append((self.clock.monotonic(), identity))
        if len(self.now) > 1:
            self.clashes.append(f"{self.clock.monotonic():.3f}: {sorted(self.now)}")


@dataclass
class World:
    """Seats for replicas around one Lease; a seed decides everything."""

    seed: int
    clock: FakeClock = field(default_factory=FakeClock)
    rng: random.Random = field(init=False)
    store: FakeStore = field(init=False)
    reigns: Reigns = field(init=False)
    calm: bool = False
    crashes: int = 0

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)  # noqa: S311 - repeatable on purpose
        self.store = FakeStore(self.clock.now)
        self.reigns = Reigns(self.clock)

    async def run(self) -> set[str]:
        """Chaos, then calm; who leads in the end."""
        seats = [asyncio.create_task(self.seat(number)) for number in range(self.rng.randrange(2, 5))]
        await asyncio.sleep(CHAOS_SECONDS)
        self.calm = True
        await asyncio.sleep(CALM_SECONDS)
        leading = set(self.reigns.now)
        for seat in seats:
            assert not seat.done(), seat
            seat.cancel()
        return leading

    async def seat(self, number: int) -> None:
        """One replica after the other, as the kubelet starts them: a new one has a new name, mostly."""
        for start in range(10_000):
            reused = self.rng.random() < 0.2
            identity = f"replica-{number}" + ("" if reused else f"-{start}")
            await self.replica(identity, self.rng.uniform(5, LONGEST_LIFE_SECONDS))
            await asyncio.sleep(self.rng.uniform(0.1, 1))

    async def replica(self, identity: str, life: float) -> None:
        """It leads until it loses the Lease, crashes, or is stopped, and gives the Lease up only then."""
        cluster = FakeCluster(self.store, faults=self.mishaps(), turn=self.slowly())
        clock = SkewedClock(self.clock, timedelta(seconds=self.rng.uniform(-3600, 3600)))
        elector = Elector(leases=cluster, clock=clock, identity=identity, timings=LeaseTimings())
        try:
            await asyncio.wait_for(self.lead(elector, identity), 1e6 if self.calm else life)
        except TimeoutError:
            await self.stop(elector)
        except Crash:
            self.crashes += 1

    async def lead(self, elector: Elector, identity: str) -> None:
        await elector.acquire()
        self.reigns.begin(identity)
        try:
            await elector.hold()
        finally:
            self.reigns.now.discard(identity)

    async def stop(self, elector: Elector) -> None:
        try:
            await elector.release()
        except Crash:
            self.crashes += 1

    def mishaps(self) -> Faults:
        random_faults = RandomFaults(self.rng, self.rng.choice((0.0, 0.1, 0.5)))
        return lambda call: None if self.calm else random_faults(call)

    def slowly(self) -> Callable[[Call], Awaitable[None]]:
        longest = self.rng.choice((0.0, 0.5, 4.0, 12.0))

        async def turn(_call: Call) -> None:
            await asyncio.sleep(0.0 if self.calm else self.rng.uniform(0, longest))

        return turn


def test_never_two_lead_at_a_time_and_in_the_end_one_does() -> None:
    crashes = reigns = 0
    for seed in range(RUNS):
        world = World(seed)
        leading = run_simulated(world.run(), clock=world.clock)

        last_began, last = world.reigns.began[-1]
        assert world.reigns.clashes == [], f"seed {seed}"
        assert leading == {last}, f"seed {seed}"
        assert last_began <= CHAOS_SECONDS + LONGEST_LIFE_SECONDS + LONGEST_VACANCY_SECONDS, f"seed {seed}"
        crashes, reigns = crashes + world.crashes, reigns + len(world.reigns.began)

    # Without crashes and changes of hands, all this would say nothing.
    assert crashes > 5 * RUNS
    assert reigns > 5 * RUNS
