"""Probes: each open Secret is looked at soon, then ever more rarely, and all together not too often."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharia_access.domain.model import ObjectKey
from pharia_access.services.operator.probes import ProbeIntervals, Probes
from tests.support.fakes.virtual_time import FakeClock, run_simulated, simulated

CI, BATCH = ObjectKey("finance", "ci"), ObjectKey("finance", "batch")
FIRST, SECOND = ("ci-token", "secret-1"), ("ci-token", "secret-2")
CALLS = st.tuples(st.sampled_from([CI, BATCH]), st.sampled_from([None, "1", "2"]), st.integers(0, 40))


@dataclass
class Looking:
    """Probes at work on a namespace of Secrets; keeps when they looked for which, and what they missed."""

    clock: FakeClock
    intervals: ProbeIntervals = field(default_factory=ProbeIntervals)
    gone: set[str] = field(default_factory=set)
    answer_seconds: float = 0.0
    looks: list[tuple[float, ObjectKey, str]] = field(default_factory=list)
    missed: list[tuple[float, ObjectKey]] = field(default_factory=list)
    probes: Probes = field(init=False)
    meanwhile: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.probes = Probes(self.clock, self.intervals)
        self.task = asyncio.create_task(self.probes.run(self.is_there, self.found_missing))

    async def is_there(self, secret: ObjectKey, uid: str) -> bool:
        self.looks.append((round(self.clock.monotonic(), 3), secret, uid))
        await asyncio.sleep(self.answer_seconds)
        self.meanwhile()
        return uid not in self.gone

    def found_missing(self, token: ObjectKey) -> None:
        self.missed.append((round(self.clock.monotonic(), 3), token))

    def times(self, uid: str = "secret-1") -> list[float]:
        return [at for at, _, seen in self.looks if seen == uid]


@simulated
async def test_a_secret_is_looked_at_ever_more_rarely_but_at_least_every_five_minutes(clock: FakeClock) -> None:
    looking = Looking(clock)
    looking.probes.watch(CI, FIRST)

    await asyncio.sleep(1300)

    assert looking.times() == pytest.approx([10, 30, 70, 150, 310, 610, 910, 1210], abs=0.01)
    assert {secret for _, secret, _ in looking.looks} == {ObjectKey("finance", "ci-token")}
    assert looking.missed == []
    assert not looking.probes.is_missing("secret-1")


@simulated
async def test_the_pace_can_be_set(clock: FakeClock) -> None:
    looking = Looking(clock, ProbeIntervals(first=timedelta(seconds=1), longest=timedelta(seconds=3)))
    looking.probes.watch(CI, FIRST)

    await asyncio.sleep(11)

    assert looking.times() == pytest.approx([1, 3, 6, 9], abs=0.01)


@simulated
async def test_a_secret_that_is_gone_is_reported_until_somebody_acts(clock: FakeClock) -> None:
    looking = Looking(clock, gone={"secret-1"})
    looking.probes.watch(CI, FIRST)
    looking.probes.watch(BATCH, ("batch-token", "secret-9"))

    await asyncio.sleep(31)

    assert [token for _, token in looking.missed] == [CI, CI]
    assert looking.probes.is_missing("secret-1")
    assert not looking.probes.is_missing("secret-9")


@simulated
async def test_what_is_no_longer_watched_is_no_longer_looked_at(clock: FakeClock) -> None:
    looking = Looking(clock, gone={"secret-1"})
    looking.probes.watch(CI, FIRST)
    await asyncio.sleep(11)

    looking.probes.watch(CI, None)
    await asyncio.sleep(1000)

    assert looking.times() == pytest.approx([10], abs=0.01)
    assert not looking.probes.is_missing("secret-1")


@simulated
async def test_watching_the_same_secret_again_does_not_start_it_anew(clock: FakeClock) -> None:
    looking = Looking(clock)
    for _ in range(40):
        looking.probes.watch(CI, FIRST)
        await asyncio.sleep(1)

    assert looking.times() == pytest.approx([10, 30], abs=0.01)


@simulated
async def test_another_secret_of_the_token_takes_the_first_ones_place(clock: FakeClock) -> None:
    looking = Looking(clock, gone={"secret-1"})
    looking.probes.watch(CI, FIRST)
    await asyncio.sleep(15)

    looking.probes.watch(CI, SECOND)
    await asyncio.sleep(40)

    assert looking.times("secret-1") == pytest.approx([10], abs=0.01)
    assert looking.times("secret-2") == pytest.approx([25, 45], abs=0.01)
    assert not looking.probes.is_missing("secret-1")


@pytest.mark.parametrize("instead", [None, SECOND])
@simulated
async def test_an_answer_that_comes_too_late_means_nothing(clock: FakeClock, instead: tuple[str, str] | None) -> None:
    looking = Looking(clock, gone={"secret-1"}, answer_seconds=2)
    looking.meanwhile = lambda: looking.probes.watch(CI, instead)
    looking.probes.watch(CI, FIRST)

    await asyncio.sleep(15)

    assert looking.times("secret-1") == pytest.approx([10], abs=0.01)
    assert looking.missed == []
    assert not looking.probes.is_missing("secret-1")


@simulated
async def test_many_are_spread_to_two_a_second_and_all_have_their_turn(clock: FakeClock) -> None:
    looking = Looking(clock)
    for number in range(100):
        looking.probes.watch(ObjectKey("finance", f"t{number}"), (f"s{number}", str(number)))

    await asyncio.sleep(10 + 50)

    assert len(looking.looks) == 100
    assert len({uid for _, _, uid in looking.looks}) == 100
    assert all(later - earlier >= 0.5 for (earlier, *_), (later, *_) in pairwise(looking.looks))


@simulated
async def test_the_sleeper_is_woken_by_the_first_secret(clock: FakeClock) -> None:
    looking = Looking(clock)
    await asyncio.sleep(500)
    looking.probes.watch(CI, FIRST)

    await asyncio.sleep(11)

    assert looking.times() == pytest.approx([510], abs=0.01)


@given(st.lists(CALLS, max_size=12))
@settings(max_examples=50, deadline=None)
def test_whatever_is_watched_in_the_end_is_looked_at_in_time_and_nothing_else(
    calls: list[tuple[ObjectKey, str | None, int]],
) -> None:
    async def main(clock: FakeClock) -> None:
        looking = Looking(clock)
        watched: dict[ObjectKey, str] = {}
        for token, uid, seconds in calls:
            looking.probes.watch(token, None if uid is None else ("secret", f"{token.name}-{uid}"))
            watched.pop(token, None)
            if uid is not None:
                watched[token] = f"{token.name}-{uid}"
            await asyncio.sleep(seconds)
        looking.looks.clear()
        await asyncio.sleep(302)

        assert {uid for _, _, uid in looking.looks} == set(watched.values())
        assert len(looking.looks) <= 5 * len(watched)

    clock = FakeClock()
    run_simulated(main(clock), clock=clock)


@simulated
async def test_namespaces_take_turns(clock: FakeClock) -> None:
    looking = Looking(clock)
    for number in range(500):
        looking.probes.watch(ObjectKey("noisy", f"t{number}"), (f"t{number}", f"secret-{number}"))
    await asyncio.sleep(1)
    looking.probes.watch(CI, ("quiet", "quiet"))

    await asyncio.sleep(14)

    assert looking.times("quiet")[0] <= 12
