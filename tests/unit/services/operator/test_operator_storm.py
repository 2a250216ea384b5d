"""Tokens whose time has come: they wait for nothing, and many at once are read by one list, a few one by one."""

import asyncio
from datetime import timedelta

import pytest

from pharia_access.domain.reasons import Phase
from pharia_access.services.operator.operator import MANY_DUE
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.live_operator_harness import LiveOperatorHarness
from tests.support.harness.two_namespaces import taking

LIFE = timedelta(minutes=2)


@pytest.mark.parametrize(
    ("ending", "staying", "lists"),
    [
        pytest.param(MANY_DUE, 1, 1, id="nearly all of them"),
        pytest.param(MANY_DUE, 4 * MANY_DUE, 1, id="a fifth of them"),
        pytest.param(MANY_DUE, 4 * MANY_DUE + 1, 0, id="less than a fifth"),
        pytest.param(MANY_DUE - 1, 1, 0, id="few"),
    ],
)
@simulated
async def test_a_list_reads_many_that_are_due(clock: FakeClock, ending: int, staying: int, lists: int) -> None:
    live = LiveOperatorHarness(clock)
    live.create(*(f"stays-{number}" for number in range(staying)))
    live.create(*(f"ends-{number}" for number in range(ending)), ttl=LIFE)
    async with live.leading():
        await asyncio.sleep(LIFE.total_seconds() - 2)
        before = len(live.diary.times("list_tokens"))
        await asyncio.sleep(5)

    assert len(live.diary.times("list_tokens")) - before == lists
    assert [live.phases()[f"ends-{number}"] for number in range(ending)] == [Phase.EXPIRED] * ending


@simulated
async def test_a_token_ends_on_time_though_all_others_of_its_namespace_are_looked_at_again(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock, workers=1)
    live.create(*(f"stays-{number}" for number in range(100)))
    ending = live.create("ends", ttl=LIFE).key
    async with live.leading():
        await asyncio.sleep(LIFE.total_seconds() - 1)
        live.replica.cluster.turn = taking(0.1)
        for key in live.store.tokens.keys() - {ending}:
            live.replica.leader_queue.enqueue_token(key)
        await asyncio.sleep(3)

        assert live.phases()["ends"] is Phase.EXPIRED
        assert len(live.replica.queue) > 50
