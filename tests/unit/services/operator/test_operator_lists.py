"""When the operator lists everything, as standby and as leader, and that its lists repair what events lost."""

import asyncio
from dataclasses import replace
from itertools import pairwise, repeat

import pytest

from pharia_access.domain.keyring import Keyring
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.reasons import Phase
from pharia_access.errors import ApiError, ForbiddenError, ResourceExpiredError, UnavailableError
from pharia_access.services.operator.scopes import EVERYWHERE
from tests.support.builders.domain_objects import TOKEN
from tests.support.fakes.ports import seeded_entropy
from tests.support.fakes.scripted_faults import Call, Fault, failing
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.live_operator_harness import LATEST, SOONEST, LiveOperatorHarness


@simulated
async def test_a_standby_lists_everything_and_writes_nothing(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    live.create("ci", "batch")
    assert not live.operator.has_synced

    await live.operator.sync_cache()

    assert live.operator.has_synced
    assert set(live.replica.cache.tokens.keys) == set(live.store.tokens)
    assert not live.replica.metrics.leads
    assert live.diary.writes() == []
    assert len(live.replica.queue) == 0


@simulated
async def test_a_standby_that_takes_over_lists_only_when_its_last_list_is_old(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    await live.operator.sync_cache()

    async with live.leading():
        await asyncio.sleep(SOONEST - 1)
        assert live.diary.times("list_tokens") == [0]
        await asyncio.sleep(LATEST - SOONEST + 2)

    assert len(live.diary.times("list_tokens")) == 2


@pytest.mark.parametrize("leads", [False, True])
@simulated
async def test_watches_that_begin_anew_are_followed_by_one_list(clock: FakeClock, *, leads: bool) -> None:
    live = LiveOperatorHarness(clock)
    await live.operator.sync_cache()
    working = asyncio.create_task(live.operator.run_leader() if leads else live.operator.run_standby())
    await asyncio.sleep(10)

    for _ in range(3):
        live.operator.lists.request_resync(EVERYWHERE)
        await asyncio.sleep(0.2)
    await asyncio.sleep(60)

    assert live.diary.times("list_tokens") == pytest.approx([0, 11], abs=0.01)
    working.cancel()


@simulated
async def test_a_list_that_a_standby_did_not_end_is_made_by_the_leader(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    await live.operator.sync_cache()
    live.diary.faults = failing("list_tokens", UnavailableError("503"))
    live.operator.lists.request_resync(EVERYWHERE)
    standing_by = asyncio.create_task(live.operator.run_standby())
    await asyncio.sleep(1.5)
    standing_by.cancel()

    async with live.leading():
        await asyncio.sleep(10)

    assert len(live.diary.times("list_tokens")) == 3


@pytest.mark.parametrize(
    "error", [UnavailableError("503"), ResourceExpiredError("410"), ForbiddenError("403"), ApiError("?")]
)
@pytest.mark.parametrize("verb", ["list_credentials", "list_tokens"])
@simulated
async def test_a_list_that_fails_is_tried_again_ever_more_rarely(clock: FakeClock, verb: str, error: ApiError) -> None:
    live = LiveOperatorHarness(clock, failing(verb, *repeat(error, 7)))
    live.create("ci")

    await live.operator.sync_cache()

    assert live.diary.times(verb) == pytest.approx([0, 1, 3, 7, 15, 31, 61, 91], abs=0.01)
    assert live.replica.metrics.lists == 1
    assert TOKEN in live.replica.cache.tokens.keys


@simulated
async def test_after_a_refusal_it_is_looked_once_whether_everything_may_still_be_listed(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    await live.operator.sync_cache()

    async with live.leading():
        live.operator.lists.look_soon(EVERYWHERE)
        await asyncio.sleep(60)

    assert live.diary.times("try_tokens") == pytest.approx([0], abs=0.01)
    assert live.diary.times("list_tokens") == [0]


@simulated
async def test_every_quarter_of_an_hour_everything_is_listed_but_not_by_all_replicas_at_once(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)

    async with live.leading():
        await asyncio.sleep(20 * 900)

    gaps = [later - earlier for earlier, later in pairwise(live.diary.times("list_roles"))]
    assert len(gaps) >= 18
    assert all(SOONEST <= gap <= LATEST + 1 for gap in gaps)
    assert len(set(gaps)) > 1


@simulated
@pytest.mark.parametrize(("took", "rest"), [(1, 900), (20, 1200), (100, 1800)])
async def test_after_a_list_that_took_long_the_next_one_comes_later_but_comes(
    clock: FakeClock, took: float, rest: float
) -> None:
    def slowly(call: Call) -> Fault | None:
        clock.advance(took if call.verb == "list_tokens" else 0)
        return None

    live = LiveOperatorHarness(clock, faults=slowly)

    async with live.leading():
        await asyncio.sleep(3 * rest)

    first, second = live.diary.times("list_credentials")[1:3]
    assert 0.9 * rest <= second - first - took <= 1.1 * rest + 2


@simulated
async def test_the_list_repairs_what_events_lost(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    live.create("revoked", "gone")
    gone = ObjectKey("finance", "gone")

    async with live.leading():
        await asyncio.sleep(60)
        live.create("new")
        live.store.edit_token(ObjectKey("finance", "revoked"), lambda spec: replace(spec, revoked=True))
        live.store.delete_token(gone)
        await asyncio.sleep(SOONEST - 61)
        assert live.phases() == {"revoked": Phase.ACTIVE, "new": None}
        assert gone in live.replica.cache.tokens.keys

        await asyncio.sleep(LATEST - SOONEST + 2)

    assert live.phases() == {"revoked": Phase.REVOKED, "new": Phase.ACTIVE}
    assert gone not in live.replica.cache.tokens.keys
    assert ObjectKey("finance", "gone-token") not in live.store.secrets


@simulated
async def test_a_key_that_was_rotated_in_is_used_from_the_next_list_on(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)

    async with live.leading():
        await asyncio.sleep(60)
        assert live.store.keyring is not None
        rotated = Keyring.parse(live.store.keyring[0]).rotated(seeded_entropy(7), clock.now())
        live.store.keyring = (rotated.to_data(), live.store.next_version())
        await asyncio.sleep(LATEST)

    assert live.replica.keys.current() == rotated
