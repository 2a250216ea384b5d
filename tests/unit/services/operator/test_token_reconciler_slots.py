"""`maxTokens`: never more active tokens than that, who asked first is served first, and a free place is filled."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.api_values import InvalidObject
from pharia_access.domain.model import ObjectKey, Phase, Token
from pharia_access.errors import UnavailableError
from tests.support.builders import CREDENTIAL, NOW, a_credential, a_token
from tests.support.faults import Call, Fault
from tests.support.service_builders import Bench, drained, reason
from tests.support.virtual_time import FakeClock, simulated

A, B, C = (ObjectKey(CREDENTIAL.namespace, name) for name in "abc")


@pytest.fixture
def bench(clock: FakeClock) -> Bench:
    return Bench(clock, max_tokens=1)


def phases(bench: Bench) -> dict[str, str | None]:
    return {key.name: token.status.phase for key, token in sorted(bench.store.tokens.items())}


async def hesitate(_call: Call) -> None:
    """Let the others go first."""
    await asyncio.sleep(0.001)


async def hesitate_longer() -> None:
    """As long as another's read of a token and a half."""
    await asyncio.sleep(0.003)


async def work_off(bench: Bench) -> None:
    """Reconcile all tokens that are queued, until none is."""
    while works := await drained(bench.replica.queue):
        for work in works:
            if work.kind == "token":
                await bench.reconcile(work.key)


@pytest.mark.parametrize(
    "first", [A, B], ids=["the older one is looked at first", "the younger one is looked at first"]
)
@pytest.mark.parametrize("age", [0, 5], ids=["created in the same second", "created one after the other"])
@simulated
async def test_of_two_that_race_for_the_last_place_the_older_one_gets_it(
    bench: Bench, first: ObjectKey, age: float
) -> None:
    bench.create("a")
    bench.clock.advance(age)
    bench.create("b")
    bench.replica.cluster.turn = hesitate

    await asyncio.gather(bench.reconcile(first), bench.reconcile(B if first == A else A))
    await work_off(bench)

    assert phases(bench) == {"a": Phase.ACTIVE, "b": Phase.PENDING}
    assert reason(bench.token(B)) == "TokenLimitReached"
    assert len(bench.store.every_secret) == 1


@simulated
async def test_many_at_once_get_exactly_as_many_places_as_there_are(clock: FakeClock) -> None:
    bench = Bench(clock, max_tokens=3)
    keys = [bench.create(name).key for name in "hgfedcba"]
    bench.replica.cluster.turn = hesitate

    await asyncio.gather(*(bench.reconcile(key) for key in keys))
    await work_off(bench)

    assert [name for name, phase in phases(bench).items() if phase == Phase.ACTIVE] == ["a", "b", "c"]
    assert len(bench.store.every_secret) == 3


@simulated
async def test_the_younger_one_waits_for_the_older_one_though_that_has_not_begun(bench: Bench) -> None:
    bench.create("b")
    bench.clock.advance(-10)
    bench.create("c")
    bench.clock.advance(10)

    await bench.reconcile(B)

    assert phases(bench) == {"b": Phase.PENDING, "c": None}
    await bench.reconcile(C)
    assert phases(bench) == {"b": Phase.PENDING, "c": Phase.ACTIVE}


@pytest.mark.parametrize(
    "older",
    [
        pytest.param(a_token(A, revoked=True), id="it is revoked"),
        pytest.param(a_token(A, expires_at=NOW), id="its end is over"),
        pytest.param(a_token(A, ttl=timedelta(days=4000)), id="it asks for too long a life"),
        pytest.param(a_token(A, labels={"velero.io/restore-name": "nightly"}), id="it came out of a backup"),
        pytest.param(a_token(A, deleting=True), id="it is being deleted"),
        pytest.param(a_token(A, credential_name="other"), id="it belongs to another credential"),
        pytest.param(a_token(ObjectKey("sales", "a")), id="it belongs to one of the name elsewhere"),
    ],
)
@simulated
async def test_an_older_one_that_will_not_be_minted_here_holds_no_place(bench: Bench, older: Token) -> None:
    bench.store.apply_token(older)
    bench.create("b")

    await bench.reconcile(B)
    await work_off(bench)

    assert bench.token(B).status.phase is Phase.ACTIVE


@simulated
async def test_an_older_one_that_somebody_elses_secret_blocks_holds_no_place(bench: Bench) -> None:
    for name in "ab":
        bench.create(name)
    bench.look_around()
    bench.store.foreign_secrets.add(ObjectKey(A.namespace, "a-token"))
    await bench.reconcile(B)
    assert reason(bench.token(B)) == "TokenLimitReached"

    await bench.turned_away(A)
    assert bench.work(B) in await drained(bench.replica.queue), "nobody else would tell it"
    await bench.reconcile(B)

    assert phases(bench) == {"a": Phase.PENDING, "b": Phase.ACTIVE}
    bench.store.foreign_secrets.clear()
    await bench.reconcile(A)
    assert reason(bench.token(A)) == "TokenLimitReached"


@simulated
async def test_an_older_one_that_cannot_be_understood_any_more_holds_no_place(bench: Bench) -> None:
    for name in "cab":
        bench.create(name)
        bench.look_around()
        await bench.reconcile(ObjectKey(A.namespace, name))
        bench.clock.advance(5)
    unknown = InvalidObject("ApiToken", A, bench.token(A).uid, "1000", 2, "status.phase: unknown")
    bench.store.malformed[A] = unknown
    bench.replica.cache.apply_invalid(unknown)

    bench.revoke(C)
    await bench.reconcile(C)
    assert bench.work(B) in await drained(bench.replica.queue)
    await bench.reconcile(B)

    assert phases(bench) == {"a": Phase.PENDING, "b": Phase.ACTIVE, "c": Phase.REVOKED}


async def a_is_unblocked_before_b(bench: Bench) -> None:
    """Neither is minted; another's Secret had the name of the older one's, so it stands in no line."""
    for name in "ab":
        bench.create(name)
    bench.look_around()
    bench.store.foreign_secrets.add(ObjectKey(A.namespace, "a-token"))
    await bench.turned_away(A)
    bench.store.foreign_secrets.clear()


@simulated
async def test_a_mint_whose_answer_was_lost_keeps_its_place(bench: Bench) -> None:
    """It stood in no line before, and the cache has not heard of its end: what was counted is good no longer."""
    await a_is_unblocked_before_b(bench)
    bench.script.by_verb = [("write_token_status", Fault(after=UnavailableError("the answer is lost")))]
    with pytest.raises(UnavailableError):
        await bench.reconcile(A)

    await bench.reconcile(B)

    assert phases(bench) == {"a": Phase.ACTIVE, "b": Phase.PENDING}


@simulated
async def test_an_older_one_that_is_unblocked_while_a_younger_one_is_minted_comes_second(bench: Bench) -> None:
    await a_is_unblocked_before_b(bench)
    bench.replica.cluster.turn = hesitate

    async def a_little_later() -> None:  # B records no credential yet, and so has one to read first
        await hesitate_longer()
        await bench.reconcile(A)

    await asyncio.gather(bench.reconcile(B), a_little_later())

    assert phases(bench) == {"a": Phase.PENDING, "b": Phase.ACTIVE}, "neither counts the other before it is minted"


@pytest.mark.parametrize("end", ["revoked", "expired", "deleted"])
@simulated
async def test_a_place_that_becomes_free_goes_to_the_oldest_that_waits(bench: Bench, end: str) -> None:
    await bench.mint("a", ttl=timedelta(hours=1))
    for name in "cb":
        bench.clock.advance(1)
        await bench.reconcile(bench.create(name).key)
    assert phases(bench) == {"a": Phase.ACTIVE, "b": Phase.PENDING, "c": Phase.PENDING}
    match end:
        case "revoked":
            bench.revoke(A)
        case "expired":
            bench.clock.advance(3598)
        case _:
            bench.store.delete_token(A)
    await bench.reconcile(A)

    await work_off(bench)

    assert (bench.token(B).status.phase, bench.token(C).status.phase) == (Phase.PENDING, Phase.ACTIVE)


@simulated
async def test_a_raised_limit_lets_in_who_waits(bench: Bench) -> None:
    await bench.mint("a")
    await bench.reconcile(bench.create("b").key)
    raised = bench.store.apply_credential(a_credential(max_tokens=2))

    bench.replica.cache.apply_credential(raised)
    await work_off(bench)

    assert phases(bench) == {"a": Phase.ACTIVE, "b": Phase.ACTIVE}


@simulated
async def test_a_lowered_limit_takes_nothing_from_those_that_have_it(clock: FakeClock) -> None:
    bench = Bench(clock, max_tokens=2)
    for name in "ab":
        await bench.mint(name)
    lowered = bench.store.apply_credential(a_credential(max_tokens=1))

    bench.replica.cache.apply_credential(lowered)
    for key in (A, B):
        await bench.reconcile(key)

    assert phases(bench) == {"a": Phase.ACTIVE, "b": Phase.ACTIVE}
    assert bench.writes() == []


@simulated
async def test_places_are_counted_live_and_over_all_pages(clock: FakeClock) -> None:
    bench = Bench(clock, max_tokens=5)
    for name in "12345":
        await bench.mint(name)
    bench.restart()
    for name in "12345":
        bench.replica.cache.remove_token(ObjectKey(CREDENTIAL.namespace, name))
    bench.create("late")

    await bench.reconcile(ObjectKey(CREDENTIAL.namespace, "late"))

    assert phases(bench)["late"] == Phase.PENDING
    assert bench.calls()[:6] == ["read_token", "read_credential", *["list_tokens"] * 3, "write_token_status"]


@simulated
async def test_places_are_counted_only_where_they_matter(bench: Bench) -> None:
    await bench.reconcile(bench.create("a").key)
    once = bench.calls().count("list_tokens")
    await bench.reconcile(A)
    bench.store.apply_credential(replace(a_credential(), roles=("admin",)))
    bench.look_around()
    await bench.reconcile(bench.create("b").key)

    assert (once, bench.calls().count("list_tokens")) == (1, 1)
    assert phases(bench) == {"a": Phase.ACTIVE, "b": Phase.ACTIVE}
