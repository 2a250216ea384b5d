"""`maxTokens` with many tokens: what they cost, and that none of them keeps a worker while it waits."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

import pytest

from pharia_access.domain.model import Credential, ObjectKey, Phase, TokenPolicy, TokenSpec
from tests.support.builders.domain_objects import CREDENTIAL, a_credential, a_token
from tests.support.fakes.scripted_faults import Call
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.live_operator_harness import LiveOperatorHarness
from tests.support.harness.recording_workers import a_work

pytestmark = pytest.mark.no_cover
"""Many examples of code that other tests cover: tracing them takes twice as long again."""


ELSEWHERE = "quiet"
WORKERS = 16


@pytest.fixture
def live(clock: FakeClock) -> LiveOperatorHarness:
    made = LiveOperatorHarness(clock, workers=WORKERS)
    made.replica.cluster.turn = a_while
    made.replica.cluster.page_size = 1  # so that each object of a list is one call
    return made


async def a_while(_call: Call) -> None:
    """As an API server needs."""
    await asyncio.sleep(0.002)


@contextmanager
def hearing(live: LiveOperatorHarness) -> Iterator[None]:
    """The operator hears of everything as it happens."""

    async def hear() -> None:
        heard = len(live.store.changes)
        while True:
            for change in live.store.changes[heard:]:
                live.replica.hear(change)
            heard = len(live.store.changes)
            await asyncio.sleep(0.01)

    task = asyncio.create_task(hear())
    try:
        yield
    finally:
        task.cancel()


def limit(live: LiveOperatorHarness, places: int | None, **changes: object) -> Credential:
    """Let the credential have so many active tokens."""
    policy = TokenPolicy(max_tokens=places)
    return live.store.apply_credential(replace(a_credential(), policy=policy, **changes))  # type: ignore[arg-type] # a table's columns


@asynccontextmanager
async def standing_in_line(live: LiveOperatorHarness, count: int) -> AsyncIterator[int]:
    """So many tokens, of which one may be active, with an operator that hears of everything; the calls until now."""
    limit(live, 1)
    async with live.leading():
        with hearing(live):
            live.create(*(f"t{number}" for number in range(count)))
            await asyncio.sleep(20)
            yield len(live.diary.entries)


def revoked(spec: TokenSpec) -> TokenSpec:
    return replace(spec, revoked=True)


def active(live: LiveOperatorHarness) -> int:
    return sum(token.status.phase is Phase.ACTIVE for token in live.store.tokens.values())


def reads(live: LiveOperatorHarness) -> int:
    """How many objects were read or listed."""
    return sum(call.verb in {"list_tokens", "read_token", "read_credential"} for _, call in live.diary.entries)


@pytest.mark.parametrize("tokens", [50, 200, 800])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0], ids=["one place", "places for half", "places for all"])
@simulated
async def test_n_tokens_cost_n(live: LiveOperatorHarness, clock: FakeClock, tokens: int, share: float) -> None:
    places = max(1, int(tokens * share))
    limit(live, places)
    async with live.leading():
        with hearing(live):
            await asyncio.sleep(2)
            before = reads(live)
            live.create(*(f"t{number}" for number in range(tokens)))
            await asyncio.sleep(20)

    assert active(live) == places
    assert reads(live) - before <= 5 * tokens


@pytest.mark.parametrize("tokens", [100, 400])
@simulated
async def test_n_places_that_become_free_at_once_cost_n_and_all_are_filled(
    live: LiveOperatorHarness, clock: FakeClock, tokens: int
) -> None:
    limit(live, tokens)
    async with live.leading():
        with hearing(live):
            live.create(*(f"first{number}" for number in range(tokens)))
            await asyncio.sleep(20)
            live.create(*(f"then{number}" for number in range(tokens)))
            await asyncio.sleep(20)
            before = reads(live)
            for number in range(tokens):
                live.store.edit_token(ObjectKey(CREDENTIAL.namespace, f"first{number}"), revoked)
            await asyncio.sleep(20)

    assert {name for name, phase in live.phases().items() if phase is Phase.ACTIVE} == {
        f"then{number}" for number in range(tokens)
    }
    assert reads(live) - before <= 8 * tokens


@pytest.mark.parametrize("waiting", [50, 500])
@simulated
async def test_a_limit_that_goes_up_and_down_costs_only_whom_it_lets_go(
    live: LiveOperatorHarness, clock: FakeClock, waiting: int
) -> None:
    async with standing_in_line(live, waiting) as before:
        for places in [2, 1] * 20:
            limit(live, places)
            await asyncio.sleep(0.1)

    assert active(live) == 2
    assert len(live.diary.entries) - before <= 200 + waiting, "one count, and a status for each change"


@pytest.mark.parametrize("waiting", [50, 500])
@simulated
async def test_a_suspension_that_comes_and_goes_costs_each_that_waits_one_look(
    live: LiveOperatorHarness, clock: FakeClock, waiting: int
) -> None:
    async with standing_in_line(live, waiting) as before:
        for suspended in (True, False):
            limit(live, 1, suspended=suspended)
            await asyncio.sleep(20)

    assert active(live) == 1
    assert len(live.diary.entries) - before <= 2 * 4 * waiting


@simulated
async def test_while_places_are_counted_one_worker_is_held_and_everybody_else_is_served(clock: FakeClock) -> None:
    live, counted = LiveOperatorHarness(clock, workers=2), asyncio.Event()

    async def hang(call: Call) -> None:
        if call.verb == "list_tokens" and a_work("t0") in live.replica.queue.processing:
            await counted.wait()

    limit(live, 100)
    async with live.leading():
        with hearing(live):
            await asyncio.sleep(2)
            live.replica.cluster.turn = hang
            live.create(*(f"t{number}" for number in range(50)))
            live.store.apply_credential(a_credential(ObjectKey(CREDENTIAL.namespace, "free")))
            live.store.apply_token(a_token(ObjectKey(CREDENTIAL.namespace, "beside"), credential_name="free"))
            live.create_in(ELSEWHERE, "quiet")
            await asyncio.sleep(3)
            meanwhile = live.phases()
            counted.set()
            await asyncio.sleep(20)

    assert [name for name, phase in meanwhile.items() if phase is Phase.ACTIVE] == ["beside", "quiet"]
    assert active(live) == 52, "who was put back is asked again"


@simulated
async def test_of_many_that_want_one_secrets_name_five_are_tried_in_a_second(
    live: LiveOperatorHarness, clock: FakeClock
) -> None:
    async with live.leading():
        with hearing(live):
            for number in range(300):
                key = ObjectKey(CREDENTIAL.namespace, f"t{number}")
                live.store.apply_token(a_token(key, secret_name="shared"))
            await asyncio.sleep(200)
            live.diary.entries.clear()
            await asyncio.sleep(60)

    assert active(live) == 1
    assert 250 <= len(live.diary.times("create_one_time_secret")) <= 310
