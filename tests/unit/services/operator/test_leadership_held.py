"""The elector while it leads: how long it holds the Lease, how it loses it, and how it gives it up."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.api_values import LeaseRecord
from pharia_access.errors import ConflictError, ForbiddenError, UnavailableError
from pharia_access.services.operator.leadership import Elector, LeaseTimings
from tests.support.builders.domain_objects import NOW
from tests.support.fakes.scripted_faults import Call, Fault, Faults, Script
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.live_operator_harness import Candidate


def from_then_on(verb: str, fault: Fault, *, passing: int) -> Faults:
    """So many calls go well, and none after them."""
    left = [passing]

    def strike(call: Call) -> Fault | None:
        left[0] -= call.verb == verb
        return fault if call.verb == verb and left[0] < 0 else None

    return strike


async def never(_call: Call) -> None:
    """No answer comes."""
    await asyncio.sleep(3600)


@simulated
async def test_the_lease_is_renewed_every_two_seconds(clock: FakeClock) -> None:
    candidate = Candidate(clock)
    await candidate.elector.acquire()

    assert await candidate.seconds("hold", at_most=9) is None
    assert candidate.diary.times("write_lease") == pytest.approx([0, 2, 4, 6, 8], abs=0.01)
    held = candidate.store.lease
    assert held is not None
    assert (held.acquired, held.transitions) == (NOW, 0)
    assert timedelta(seconds=7.9) < held.renewed - NOW < timedelta(seconds=8.1)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(before=UnavailableError("500")), id="failing"),
        pytest.param(Fault(before=ConflictError("409")), id="written by others all the time"),
        pytest.param(Fault(after=UnavailableError("timeout")), id="losing its answers"),
    ],
)
@simulated
async def test_leadership_ends_ten_seconds_after_the_last_renewal_that_went_well(
    clock: FakeClock, fault: Fault
) -> None:
    candidate = Candidate(clock, from_then_on("write_lease", fault, passing=3))
    await candidate.elector.acquire()

    assert await candidate.seconds("hold") == pytest.approx(4 + 10, abs=0.05)


@simulated
async def test_leadership_ends_on_time_also_where_no_answer_comes(clock: FakeClock) -> None:
    candidate = Candidate(clock)
    await candidate.elector.acquire()

    candidate.cluster.turn = never

    assert await candidate.seconds("hold") == pytest.approx(10, abs=0.01)


@simulated
async def test_the_deadline_counts_from_before_the_renewal_was_sent(clock: FakeClock) -> None:
    candidate = Candidate(clock)
    await candidate.elector.acquire()

    async def slow(call: Call) -> None:
        await asyncio.sleep(1 if len(candidate.diary.times("write_lease")) < 3 else 3600)

    candidate.cluster.turn = slow

    assert await candidate.seconds("hold") == pytest.approx(2 + 10, abs=0.01)


@simulated
async def test_one_renewal_in_between_is_enough(clock: FakeClock) -> None:
    errors = [("write_lease", Fault(before=UnavailableError("500"))) for _ in range(3)]
    candidate = Candidate(clock)
    await candidate.elector.acquire()
    candidate.diary.faults = Script(by_verb=errors)

    assert await candidate.seconds("hold", at_most=60) is None
    assert candidate.holder == "us"


@pytest.mark.parametrize(
    "lease",
    [
        pytest.param(LeaseRecord("them", 15, NOW, NOW, 1), id="when another holds the Lease"),
        pytest.param(LeaseRecord("", 1, NOW, NOW, 1), id="when somebody emptied it"),
        pytest.param(None, id="when somebody deleted it"),
    ],
)
@simulated
async def test_leadership_ends_with_the_next_look(clock: FakeClock, lease: LeaseRecord | None) -> None:
    candidate = Candidate(clock)
    await candidate.elector.acquire()
    candidate.store.lease = None if lease is None else replace(lease, resource_version="99")

    assert await candidate.seconds("hold") == 2
    assert candidate.diary.times("write_lease") == [0]


@simulated
async def test_the_pace_can_be_set(clock: FakeClock) -> None:
    timings = LeaseTimings(
        timedelta(seconds=4), renew_deadline=timedelta(seconds=3), retry_period=timedelta(seconds=0.5)
    )
    candidate = Candidate(clock, timings=timings)
    await candidate.elector.acquire()
    candidate.cluster.turn = never

    assert await candidate.seconds("hold") == pytest.approx(3, abs=0.01)
    assert candidate.store.lease is not None
    assert candidate.store.lease.duration_seconds == 4


@simulated
async def test_a_lease_that_is_given_up_can_be_taken_at_once(clock: FakeClock) -> None:
    candidate = Candidate(clock)
    await candidate.elector.acquire()
    assert await candidate.seconds("hold", at_most=5) is None

    await candidate.elector.release()

    assert candidate.holder == ""
    next_one = Elector(leases=candidate.cluster, clock=clock, identity="next", timings=LeaseTimings())
    began = clock.monotonic()
    await next_one.acquire()
    assert clock.monotonic() - began < 0.01
    assert candidate.holder == "next"


@simulated
async def test_whoever_does_not_lead_gives_nothing_up(clock: FakeClock) -> None:
    candidate = Candidate(clock)
    theirs = candidate.store.write_lease(LeaseRecord("them", 15, NOW, NOW, 0))

    await candidate.elector.release()

    assert candidate.store.lease == theirs
    assert candidate.diary.entries == []


@simulated
async def test_a_lease_is_given_up_once(clock: FakeClock) -> None:
    candidate = Candidate(clock)
    await candidate.elector.acquire()

    await candidate.elector.release()
    await candidate.elector.release()

    assert len(candidate.diary.times("write_lease")) == 2


@simulated
async def test_giving_up_never_takes_the_lease_from_the_next_holder(clock: FakeClock) -> None:
    candidate = Candidate(clock)
    await candidate.elector.acquire()
    held = candidate.store.lease
    assert held is not None
    candidate.store.write_lease(replace(held, holder="them"))

    await candidate.elector.release()

    assert candidate.holder == "them"


@pytest.mark.parametrize("error", [UnavailableError("500"), ConflictError("409"), ForbiddenError("403")])
@simulated
async def test_failing_to_give_up_is_harmless(clock: FakeClock, error: Exception) -> None:
    candidate = Candidate(clock)
    await candidate.elector.acquire()
    candidate.diary.faults = Script(by_verb=[("write_lease", Fault(before=error))])

    assert await candidate.seconds("release") == 0
    assert candidate.holder == "us"


@simulated
async def test_giving_up_waits_no_longer_than_one_try(clock: FakeClock) -> None:
    candidate = Candidate(clock)
    await candidate.elector.acquire()
    candidate.cluster.turn = never

    assert await candidate.seconds("release") == 2
