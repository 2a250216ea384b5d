"""A namespace counts for one credential at a time: who comes meanwhile is asked again at its turn, and not before."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.model import ObjectKey, Phase
from pharia_access.errors import UnavailableError
from tests.support.builders.domain_objects import a_credential, a_token
from tests.support.fakes.scripted_faults import Call, Fault, Script
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.live_operator_harness import LiveOperatorHarness

NOISY = "noisy"
MANY = 40
WORKERS = 16
LIST_SECONDS, CALL_SECONDS = 0.02, 0.002


async def at_its_pace(call: Call) -> None:
    """A list takes as long as ten other calls."""
    await asyncio.sleep((LIST_SECONDS if call.verb == "list_tokens" else CALL_SECONDS) / 2)


def tokens(number: int) -> ObjectKey:
    return ObjectKey(NOISY, f"t{number:02}")


async def staged(live: LiveOperatorHarness, *, each: int = 1) -> LiveOperatorHarness:
    """So many tokens in a row have a credential of their own, with a place for each."""
    for number in range(MANY):
        credential = a_credential(ObjectKey(NOISY, f"c{number // each:02}"))
        live.store.apply_credential(replace(credential, policy=replace(credential.policy, max_tokens=each)))
        live.store.apply_token(a_token(tokens(number), credential_name=credential.key.name))
    await live.operator.sync_cache()
    live.replica.cluster.turn = at_its_pace
    live.diary.entries.clear()
    return live


def phases(live: LiveOperatorHarness) -> Counter[Phase | None]:
    return Counter(token.status.phase for token in live.store.tokens.values())


@simulated
async def test_of_many_credentials_each_costs_one_list_and_its_token_two_reads(clock: FakeClock) -> None:
    live = await staged(LiveOperatorHarness(clock, workers=WORKERS))

    async with live.leading():
        await asyncio.sleep(10)

    assert phases(live) == {Phase.ACTIVE: MANY}
    assert len(live.diary.times("list_tokens")) == MANY
    assert len(live.diary.times("read_token")) <= 2 * MANY


@simulated
async def test_no_credential_is_overtaken_by_more_than_are_looked_at_at_the_same_time(clock: FakeClock) -> None:
    live = await staged(LiveOperatorHarness(clock, workers=WORKERS))

    async with live.leading():
        await asyncio.sleep(10)

    came = [call.target for _, call in live.diary.entries if call.verb == "read_token"]
    first = dict.fromkeys(came)
    again = [token for number, token in enumerate(came) if token in came[:number]]
    waited = [token for token in first if token in again]
    assert len(waited) > 2 * WORKERS
    # Those that are looked at at the same time come in any order.
    assert max(again.index(token) - place for place, token in enumerate(waited)) <= WORKERS


@simulated
async def test_all_that_were_put_back_under_one_credential_come_when_it_is_counted_for(clock: FakeClock) -> None:
    live = await staged(LiveOperatorHarness(clock, workers=WORKERS), each=4)

    async with live.leading():
        await asyncio.sleep(10)

    assert phases(live) == {Phase.ACTIVE: MANY}


@simulated
async def test_who_is_gone_when_its_turn_comes_stops_nobody(clock: FakeClock) -> None:
    live = await staged(LiveOperatorHarness(clock, workers=WORKERS))

    async with live.leading():
        await asyncio.sleep(3 * LIST_SECONDS)
        for number in range(0, MANY, 2):
            live.store.delete_token(tokens(number))
        await asyncio.sleep(10)

    assert phases(live) == {Phase.ACTIVE: MANY // 2}


@simulated
async def test_who_needs_no_place_any_more_when_its_turn_comes_stops_nobody(clock: FakeClock) -> None:
    live = await staged(LiveOperatorHarness(clock, workers=WORKERS))

    async with live.leading():
        await asyncio.sleep(3 * LIST_SECONDS)
        for number in range(1, MANY, 2):
            live.store.edit_token(tokens(number), lambda spec: replace(spec, revoked=True))
        await asyncio.sleep(10)

    ended = phases(live)
    assert ended[Phase.ACTIVE] >= MANY // 2
    assert ended[Phase.ACTIVE] + ended[Phase.REVOKED] == MANY


@pytest.mark.parametrize("failures", [1, 5])
@simulated
async def test_a_list_that_fails_stops_nobody_else(clock: FakeClock, failures: int) -> None:
    script = Script()
    live = await staged(LiveOperatorHarness(clock, script, workers=WORKERS))
    script.by_verb = [("list_tokens", Fault(before=UnavailableError("no")))] * failures

    async with live.leading():
        await asyncio.sleep(timedelta(minutes=2).total_seconds())

    assert phases(live) == {Phase.ACTIVE: MANY}
