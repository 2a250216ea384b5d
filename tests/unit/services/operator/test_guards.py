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
from tests.support.builders.domain_objects import CREDENTIAL, a_token
from tests.support.fakes.ports import FakeGuards, seen
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.live_operator_harness import LiveOperatorHarness
from tests.support.harness.operator_harness import message, reason

HOLDS = Look((seen("roles"), seen("tokens")))
GONE = Look((seen("tokens"),))
WEAK = Look((seen("roles", rules="lax"), seen("tokens")))
OLDER = Look((seen("roles", edition=1, rules="lax"), seen("tokens")))
NO_ANSWER = UnavailableError("no answer in time")
TEN_MINUTES = 600


@asynccontextmanager
async def watching(live: LiveOperatorHarness) -> AsyncIterator[Watchman]:
    """He looks for ever meanwhile."""
    watchman = live.replica.watchman
    watchman.objection = "not looked at"
    task = asyncio.create_task(watchman.keep())
    await asyncio.sleep(0)
    yield watchman
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def guards(live: LiveOperatorHarness) -> FakeGuards:
    return live.replica.guards


@simulated
async def test_he_looks_every_minute_while_all_is_well(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    async with watching(live) as watchman:
        await asyncio.sleep(599)

        assert guards(live).looks == 10
        assert watchman.objection == ""
        assert live.replica.metrics.guards_hold == {"roles": True, "tokens": True}


@simulated
async def test_he_looks_as_often_as_all_is_listed_where_that_is_oftener(clock: FakeClock) -> None:
    replica = LiveOperatorHarness(clock).replica
    cache, queue = replica.cache, replica.leader_queue
    watchman = Watchman(replica.ports(), cache=cache, queue=queue, required=True, interval=timedelta(seconds=3))
    task = asyncio.create_task(watchman.keep())
    await asyncio.sleep(29)
    task.cancel()

    assert replica.guards.looks == 10


@pytest.mark.parametrize("open_look", [GONE, WEAK], ids=["one is gone", "one is weak"])
@simulated
async def test_what_two_looks_show_stops_minting_within_a_minute_and_some_seconds(
    clock: FakeClock, open_look: Look
) -> None:
    live = LiveOperatorHarness(clock)
    async with watching(live) as watchman:
        guards(live).rest = open_look
        await asyncio.sleep(63)
        stopped = watchman.objection
        guards(live).rest = HOLDS
        await asyncio.sleep(6)

    assert "roles: " in stopped
    assert watchman.objection == ""


@simulated
async def test_one_look_alone_stops_nothing(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    async with watching(live) as watchman:
        for second in (HOLDS, NO_ANSWER):
            guards(live).answers = [GONE, second]
            await asyncio.sleep(63)
            assert watchman.objection == ""


@simulated
async def test_at_the_first_look_nothing_is_minted_where_one_does_not_hold(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    guards(live).rest = GONE
    async with watching(live) as watchman:
        await asyncio.sleep(0.1)
        assert "roles: it is missing" in watchman.objection
        assert watchman.missing() == [f"nothing is minted: {watchman.objection}"]
        assert live.replica.metrics.guards_hold == {"roles": False, "tokens": True}


@pytest.mark.parametrize(
    "failure", [NO_ANSWER, ForbiddenError("no"), KeyError("what")], ids=lambda it: type(it).__name__
)
@simulated
async def test_a_look_that_fails_is_no_answer(clock: FakeClock, failure: Exception) -> None:
    live = LiveOperatorHarness(clock)
    async with watching(live) as watchman:
        guards(live).rest = failure
        await asyncio.sleep(TEN_MINUTES - 1)
        still = watchman.objection
        await asyncio.sleep(70)
        over = watchman.objection
        guards(live).rest = HOLDS
        await asyncio.sleep(6)

    assert still == ""
    assert over == "the admission policies and the kinds' rules could not be looked at for 10 min"
    assert watchman.objection == ""


@simulated
async def test_before_the_first_answer_nothing_is_minted(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    guards(live).rest = NO_ANSWER
    async with watching(live) as watchman:
        await asyncio.sleep(30)
        assert watchman.objection == "the admission policies and the kinds' rules have not been looked at yet"
        assert live.replica.metrics.guards_hold == {"roles": False, "tokens": False}
        assert live.replica.metrics.guards_held_at is None


@simulated
async def test_older_ones_are_borne_for_ten_minutes(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    async with watching(live) as watchman:
        guards(live).rest = OLDER
        await asyncio.sleep(60 + TEN_MINUTES - 10)
        borne, shown = watchman.objection, live.replica.metrics.guards_hold
        await asyncio.sleep(20)

    assert (borne, shown) == ("", {"roles": False, "tokens": True})
    assert "this operator needs edition 2" in watchman.objection


@simulated
async def test_an_upgrade_ends_the_ten_minutes(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    async with watching(live) as watchman:
        for _ in range(3):
            guards(live).rest = OLDER
            await asyncio.sleep(400)
            guards(live).rest = HOLDS
            await asyncio.sleep(70)
            assert watchman.objection == ""


@simulated
async def test_he_tells_when_they_held_last(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    live = LiveOperatorHarness(clock)
    with caplog.at_level(logging.INFO):
        async with watching(live):
            await asyncio.sleep(59)
            held = clock.now() - timedelta(seconds=59)
            guards(live).rest = GONE
            await asyncio.sleep(300)
            metric = live.replica.metrics.guards_held_at
            guards(live).rest = HOLDS
            await asyncio.sleep(6)

    told = [record for record in caplog.records if record.name.endswith("services.operator.guards")]
    held_again = "the guards hold: tokens are minted"
    assert [record.getMessage() for record in told] == [held_again, "nothing is minted", held_again]
    assert metric is not None
    assert abs(metric - held) < timedelta(seconds=1)


@simulated
async def test_whoever_requires_none_is_not_looked_after(clock: FakeClock) -> None:
    replica = LiveOperatorHarness(clock).replica
    replica.guards.rest = GONE
    watchman = Watchman(replica.ports(), cache=replica.cache, queue=replica.leader_queue, required=False)
    await watchman.look()
    await watchman.keep()

    assert (watchman.objection, watchman.missing(), replica.guards.looks) == ("", [], 0)


# What a leader makes of it.


@simulated
async def test_a_leader_mints_nothing_without_guards_and_goes_on_ending_tokens(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    live.create("ending", ttl=timedelta(seconds=100))
    await live.operator.sync_cache()
    async with live.leading():
        await asyncio.sleep(10)
        guards(live).rest = GONE
        await asyncio.sleep(65)
        asked = live.create("asked")
        live.replica.cache.apply_event(asked)
        await asyncio.sleep(60)
        waiting, phases = live.store.tokens[asked.key], live.phases()
        guards(live).rest = HOLDS
        await asyncio.sleep(6)

    assert phases == {"ending": "Expired", "asked": "Pending"}
    assert reason(waiting) == "GuardsDown"
    assert "roles: it is missing" in message(waiting)
    assert waiting.status.pending_since is not None
    assert live.phases()["asked"] == "Active"


@simulated
async def test_a_leader_looks_before_its_first_mint(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    live.replica.watchman.objection = "not looked at"
    guards(live).rest = GONE
    live.create("first")
    await live.operator.sync_cache()
    async with live.leading():
        await asyncio.sleep(5)

    assert live.phases() == {"first": "Pending"}
    assert live.operator.missing() == [f"nothing is minted: {live.replica.watchman.objection}"]


@simulated
async def test_a_takeover_costs_one_look_and_the_next_comes_a_minute_later(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    await live.operator.sync_cache()
    async with live.leading():
        await asyncio.sleep(59)
        first = guards(live).looks
        await asyncio.sleep(2)

    assert (first, guards(live).looks) == (1, 2)


@simulated
async def test_a_standby_looks_too_and_asks_for_nothing(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    live.store.apply_token(a_token(ObjectKey(CREDENTIAL.namespace, "waits")))
    await live.operator.sync_cache()
    standby = asyncio.create_task(live.operator.run_standby())
    await asyncio.sleep(130)
    guards(live).rest = GONE
    await asyncio.sleep(65)
    standby.cancel()
    await asyncio.gather(standby, return_exceptions=True)
    looks = guards(live).looks
    await asyncio.sleep(200)

    assert len(live.replica.queue) == 0
    assert "roles: " in live.replica.watchman.objection
    assert guards(live).looks == looks
