"""What a leader, and one that stands by, makes of the guards."""

import asyncio
from datetime import timedelta

from pharia_access.domain.model import ObjectKey
from tests.support.builders.domain_objects import CREDENTIAL, a_token
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.guard_looks import GONE, HOLDS, guards
from tests.support.harness.live_operator_harness import LiveOperatorHarness
from tests.support.harness.operator_harness import message, reason

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
