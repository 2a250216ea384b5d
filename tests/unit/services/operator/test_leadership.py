"""The elector before it leads: when a Lease may be taken. Only our own clock tells."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.api_values import LeaseRecord
from pharia_access.errors import AlreadyExistsError, ForbiddenError, InvalidObjectError, UnavailableError
from tests.support.builders.domain_objects import NOW
from tests.support.fakes.scripted_faults import Call, Fault, Script, failing
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.live_operator_harness import Candidate

DAY = timedelta(days=1)


def a_lease(holder: str = "them", *, renewed: timedelta = timedelta(0), seconds: int = 15) -> LeaseRecord:
    return LeaseRecord(holder, seconds, acquired=NOW - DAY, renewed=NOW + renewed, transitions=4)


@simulated
async def test_the_first_to_come_makes_the_lease(clock: FakeClock) -> None:
    candidate = Candidate(clock)

    assert await candidate.seconds("acquire") == 0
    assert candidate.store.lease == LeaseRecord("us", 15, NOW, NOW, transitions=0, resource_version="1")


@pytest.mark.parametrize(
    ("lease", "seconds", "transitions"),
    [
        pytest.param(a_lease(""), 0, 5, id="one that was given up is taken at once"),
        pytest.param(a_lease("us"), 0, 4, id="our own is taken back at once"),
        pytest.param(a_lease(renewed=-DAY), 15, 5, id="one that looks stale is watched for its duration first"),
        pytest.param(a_lease(renewed=DAY), 15, 5, id="a time in the future does not protect it"),
        pytest.param(a_lease(seconds=40), 40, 5, id="a longer duration of its holder's is respected"),
        pytest.param(a_lease(seconds=1), 15, 5, id="a shorter one is not"),
    ],
)
@simulated
async def test_a_lease_that_nobody_renews_is_taken(
    clock: FakeClock, lease: LeaseRecord, seconds: float, transitions: int
) -> None:
    candidate = Candidate(clock)
    candidate.store.write_lease(lease)

    assert await candidate.seconds("acquire") == seconds
    held = candidate.store.lease
    assert held is not None
    assert (held.holder, held.transitions, held.duration_seconds) == ("us", transitions, 15)


@pytest.mark.parametrize("skew", [-DAY, timedelta(0), DAY])
@simulated
async def test_a_lease_that_is_renewed_is_never_taken_whatever_its_holders_clock_says(
    clock: FakeClock, skew: timedelta
) -> None:
    candidate = Candidate(clock)
    record = candidate.store.write_lease(a_lease(renewed=skew))

    async def renew() -> None:
        nonlocal record
        for _ in range(60):
            await asyncio.sleep(10)
            record = candidate.store.write_lease(replace(record, renewed=clock.now() + skew))

    task = asyncio.create_task(renew())

    assert await candidate.seconds("acquire", at_most=599) is None
    assert candidate.holder == "them"
    task.cancel()


@pytest.mark.parametrize(
    ("mistake", "seconds"),
    [
        pytest.param(failing("read_lease", UnavailableError("500")), 2, id="no answer"),
        pytest.param(failing("read_lease", InvalidObjectError("no Lease"), ForbiddenError("403")), 4, id="a bad one"),
        pytest.param(failing("write_lease", AlreadyExistsError("them")), 2, id="somebody was faster"),
        pytest.param(
            Script(by_verb=[("write_lease", Fault(after=UnavailableError("timeout")))]), 2, id="a lost answer"
        ),
    ],
)
@simulated
async def test_a_try_that_failed_is_made_again_after_two_seconds(
    clock: FakeClock, mistake: Script, seconds: float
) -> None:
    candidate = Candidate(clock, mistake)

    assert await candidate.seconds("acquire") == seconds
    assert candidate.holder == "us"


@simulated
async def test_whoever_loses_the_race_for_a_stale_lease_waits_anew(clock: FakeClock) -> None:
    candidate = Candidate(clock)
    record = candidate.store.write_lease(a_lease())

    def faster(call: Call) -> Fault | None:
        if call.verb == "write_lease" and candidate.holder == "them":
            candidate.store.write_lease(replace(record, holder="others"))
        return None

    candidate.diary.faults = faster

    assert await candidate.seconds("acquire") == 32
    assert candidate.diary.times("write_lease") == pytest.approx([15, 32], abs=0.01)


@simulated
async def test_a_server_that_never_answers_is_given_half_the_deadline_each_time(clock: FakeClock) -> None:
    candidate = Candidate(clock)
    asked: list[float] = []

    async def never(_call: Call) -> None:
        asked.append(clock.monotonic())
        await asyncio.sleep(3600)

    candidate.cluster.turn = never

    assert await candidate.seconds("acquire", at_most=20) is None
    assert asked == pytest.approx([0, 7, 14], abs=0.01)
    assert candidate.holder is None
