"""The watchman: when he looks, what stops minting and what does not. Time passes only where nothing else can."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from pharia_access.domain.guards import Look
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import ForbiddenError, UnavailableError
from pharia_access.services.operator.guards import Watchman
from tests.support.builders import CREDENTIAL, a_token
from tests.support.fakes import FakeGuards, seen
from tests.support.operator_builders import Stage
from tests.support.service_builders import message, reason
from tests.support.virtual_time import FakeClock, simulated

HOLDS = Look((seen("roles"), seen("tokens")))
GONE = Look((seen("tokens"),))
WEAK = Look((seen("roles", rules="lax"), seen("tokens")))
OLDER = Look((seen("roles", edition=1, rules="lax"), seen("tokens")))
NO_ANSWER = UnavailableError("no answer in time")
TEN_MINUTES = 600


@asynccontextmanager
async def watching(stage: Stage) -> AsyncIterator[Watchman]:
    """He looks for ever meanwhile."""
    watchman = stage.replica.watchman
    watchman.objection = "not looked at"
    task = asyncio.create_task(watchman.keep())
    await asyncio.sleep(0)
    yield watchman
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def guards(stage: Stage) -> FakeGuards:
    return stage.replica.guards


@simulated
async def test_he_looks_every_minute_while_all_is_well(clock: FakeClock) -> None:
    stage = Stage(clock)
    async with watching(stage) as watchman:
        await asyncio.sleep(599)

        assert guards(stage).looks == 10
        assert watchman.objection == ""
        assert stage.replica.metrics.guards_hold == {"roles": True, "tokens": True}


@simulated
async def test_he_looks_as_often_as_all_is_listed_where_that_is_oftener(clock: FakeClock) -> None:
    replica = Stage(clock).replica
    ports, view, intake = replica.ports(), replica.view, replica.intake
    watchman = Watchman(ports, view=view, intake=intake, required=True, interval=timedelta(seconds=3))
    task = asyncio.create_task(watchman.keep())
    await asyncio.sleep(29)
    task.cancel()

    assert replica.guards.looks == 10


@pytest.mark.parametrize("open_look", [GONE, WEAK], ids=["one is gone", "one is weak"])
@simulated
async def test_what_two_looks_show_stops_minting_within_a_minute_and_some_seconds(
    clock: FakeClock, open_look: Look
) -> None:
    stage = Stage(clock)
    async with watching(stage) as watchman:
        guards(stage).rest = open_look
        await asyncio.sleep(63)
        stopped = watchman.objection
        guards(stage).rest = HOLDS
        await asyncio.sleep(6)

    assert "roles: " in stopped
    assert watchman.objection == ""


@simulated
async def test_one_look_alone_stops_nothing(clock: FakeClock) -> None:
    stage = Stage(clock)
    async with watching(stage) as watchman:
        for second in (HOLDS, NO_ANSWER):
            guards(stage).answers = [GONE, second]
            await asyncio.sleep(63)
            assert watchman.objection == ""


@simulated
async def test_at_the_first_look_nothing_is_minted_where_one_does_not_hold(clock: FakeClock) -> None:
    stage = Stage(clock)
    guards(stage).rest = GONE
    async with watching(stage) as watchman:
        await asyncio.sleep(0.1)
        assert "roles: it is missing" in watchman.objection
        assert watchman.missing() == [f"nothing is minted: {watchman.objection}"]
        assert stage.replica.metrics.guards_hold == {"roles": False, "tokens": True}


@pytest.mark.parametrize(
    "failure", [NO_ANSWER, ForbiddenError("no"), KeyError("what")], ids=lambda it: type(it).__name__
)
@simulated
async def test_a_look_that_fails_is_no_answer(clock: FakeClock, failure: Exception) -> None:
    stage = Stage(clock)
    async with watching(stage) as watchman:
        guards(stage).rest = failure
        await asyncio.sleep(TEN_MINUTES - 1)
        still = watchman.objection
        await asyncio.sleep(70)
        over = watchman.objection
        guards(stage).rest = HOLDS
        await asyncio.sleep(6)

    assert still == ""
    assert over == "the admission policies and the kinds' rules could not be looked at for 10 min"
    assert watchman.objection == ""


@simulated
async def test_before_the_first_answer_nothing_is_minted(clock: FakeClock) -> None:
    stage = Stage(clock)
    guards(stage).rest = NO_ANSWER
    async with watching(stage) as watchman:
        await asyncio.sleep(30)
        assert watchman.objection == "the admission policies and the kinds' rules have not been looked at yet"
        assert stage.replica.metrics.guards_hold == {"roles": False, "tokens": False}
        assert stage.replica.metrics.guards_held_at is None


@simulated
async def test_older_ones_are_borne_for_ten_minutes(clock: FakeClock) -> None:
    stage = Stage(clock)
    async with watching(stage) as watchman:
        guards(stage).rest = OLDER
        await asyncio.sleep(60 + TEN_MINUTES - 10)
        borne, shown = watchman.objection, stage.replica.metrics.guards_hold
        await asyncio.sleep(20)

    assert (borne, shown) == ("", {"roles": False, "tokens": True})
    assert "this operator needs edition 2" in watchman.objection


@simulated
async def test_an_upgrade_ends_the_ten_minutes(clock: FakeClock) -> None:
    stage = Stage(clock)
    async with watching(stage) as watchman:
        for _ in range(3):
            guards(stage).rest = OLDER
            await asyncio.sleep(400)
            guards(stage).rest = HOLDS
            await asyncio.sleep(70)
            assert watchman.objection == ""


@simulated
async def test_he_tells_when_they_held_last(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage(clock)
    with caplog.at_level(logging.INFO):
        async with watching(stage):
            await asyncio.sleep(59)
            held = clock.now() - timedelta(seconds=59)
            guards(stage).rest = GONE
            await asyncio.sleep(300)
            metric = stage.replica.metrics.guards_held_at
            guards(stage).rest = HOLDS
            await asyncio.sleep(6)

    told = [record for record in caplog.records if record.name.endswith("services.operator.guards")]
    held_again = "the guards hold: tokens are minted"
    assert [record.getMessage() for record in told] == [held_again, "nothing is minted", held_again]
    assert metric is not None
    assert abs(metric - held) < timedelta(seconds=1)


@simulated
async def test_whoever_requires_none_is_not_looked_after(clock: FakeClock) -> None:
    replica = Stage(clock).replica
    replica.guards.rest = GONE
    watchman = Watchman(replica.ports(), view=replica.view, intake=replica.intake, required=False)
    await watchman.look()
    await watchman.keep()

    assert (watchman.objection, watchman.missing(), replica.guards.looks) == ("", [], 0)


# What a leader makes of it.


@simulated
async def test_a_leader_mints_nothing_without_guards_and_goes_on_ending_tokens(clock: FakeClock) -> None:
    stage = Stage(clock)
    stage.create("ending", ttl=timedelta(seconds=100))
    await stage.operator.sync_cache()
    async with stage.leading():
        await asyncio.sleep(10)
        guards(stage).rest = GONE
        await asyncio.sleep(65)
        asked = stage.create("asked")
        stage.replica.intake.token_seen(asked)
        await asyncio.sleep(60)
        waiting, phases = stage.store.tokens[asked.key], stage.phases()
        guards(stage).rest = HOLDS
        await asyncio.sleep(6)

    assert phases == {"ending": "Expired", "asked": "Pending"}
    assert reason(waiting) == "GuardsDown"
    assert "roles: it is missing" in message(waiting)
    assert waiting.status.pending_since is not None
    assert stage.phases()["asked"] == "Active"


@simulated
async def test_a_leader_looks_before_its_first_mint(clock: FakeClock) -> None:
    stage = Stage(clock)
    stage.replica.watchman.objection = "not looked at"
    guards(stage).rest = GONE
    stage.create("first")
    await stage.operator.sync_cache()
    async with stage.leading():
        await asyncio.sleep(5)

    assert stage.phases() == {"first": "Pending"}
    assert stage.operator.missing() == [f"nothing is minted: {stage.replica.watchman.objection}"]


@simulated
async def test_a_takeover_costs_one_look_and_the_next_comes_a_minute_later(clock: FakeClock) -> None:
    stage = Stage(clock)
    await stage.operator.sync_cache()
    async with stage.leading():
        await asyncio.sleep(59)
        first = guards(stage).looks
        await asyncio.sleep(2)

    assert (first, guards(stage).looks) == (1, 2)


@simulated
async def test_a_standby_looks_too_and_asks_for_nothing(clock: FakeClock) -> None:
    stage = Stage(clock)
    stage.store.apply_token(a_token(ObjectKey(CREDENTIAL.namespace, "waits")))
    await stage.operator.sync_cache()
    standby = asyncio.create_task(stage.operator.run_standby())
    await asyncio.sleep(130)
    guards(stage).rest = GONE
    await asyncio.sleep(65)
    standby.cancel()
    await asyncio.gather(standby, return_exceptions=True)
    looks = guards(stage).looks
    await asyncio.sleep(200)

    assert len(stage.replica.queue) == 0
    assert "roles: " in stage.replica.watchman.objection
    assert guards(stage).looks == looks
