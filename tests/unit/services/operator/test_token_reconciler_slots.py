"""`maxTokens`: never more active tokens than that, who asked first is served first, and a free place is filled."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.api_values import InvalidObject
from pharia_access.domain.model import ObjectKey, Phase, Token
from pharia_access.errors import UnavailableError
from tests.support.builders.domain_objects import CREDENTIAL, NOW, a_credential, a_token
from tests.support.fakes.scripted_faults import Call, Fault
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.operator_harness import OperatorHarness, drained, reason

A, B, C = (ObjectKey(CREDENTIAL.namespace, name) for name in "abc")


@pytest.fixture
def harness(clock: FakeClock) -> OperatorHarness:
    return OperatorHarness(clock, max_tokens=1)


def phases(harness: OperatorHarness) -> dict[str, str | None]:
    return {key.name: token.status.phase for key, token in sorted(harness.store.tokens.items())}


async def hesitate(_call: Call) -> None:
    """Let the others go first."""
    await asyncio.sleep(0.001)


async def hesitate_longer() -> None:
    """As long as another's read of a token and a half."""
    await asyncio.sleep(0.003)


async def work_off(harness: OperatorHarness) -> None:
    """Reconcile all tokens that are queued, until none is."""
    while works := await drained(harness.replica.queue):
        for work in works:
            if work.kind == "token":
                await harness.reconcile(work.key)


@pytest.mark.parametrize(
    "first", [A, B], ids=["the older one is looked at first", "the younger one is looked at first"]
)
@pytest.mark.parametrize("age", [0, 5], ids=["created in the same second", "created one after the other"])
@simulated
async def test_of_two_that_race_for_the_last_place_the_older_one_gets_it(
    harness: OperatorHarness, first: ObjectKey, age: float
) -> None:
    harness.create("a")
    harness.clock.advance(age)
    harness.create("b")
    harness.replica.cluster.turn = hesitate

    await asyncio.gather(harness.reconcile(first), harness.reconcile(B if first == A else A))
    await work_off(harness)

    assert phases(harness) == {"a": Phase.ACTIVE, "b": Phase.PENDING}
    assert reason(harness.token(B)) == "TokenLimitReached"
    assert len(harness.store.every_secret) == 1


@simulated
async def test_many_at_once_get_exactly_as_many_places_as_there_are(clock: FakeClock) -> None:
    harness = OperatorHarness(clock, max_tokens=3)
    keys = [harness.create(name).key for name in "hgfedcba"]
    harness.replica.cluster.turn = hesitate

    await asyncio.gather(*(harness.reconcile(key) for key in keys))
    await work_off(harness)

    assert [name for name, phase in phases(harness).items() if phase == Phase.ACTIVE] == ["a", "b", "c"]
    assert len(harness.store.every_secret) == 3


@simulated
async def test_the_younger_one_waits_for_the_older_one_though_that_has_not_begun(harness: OperatorHarness) -> None:
    harness.create("b")
    harness.clock.advance(-10)
    harness.create("c")
    harness.clock.advance(10)

    await harness.reconcile(B)

    assert phases(harness) == {"b": Phase.PENDING, "c": None}
    await harness.reconcile(C)
    assert phases(harness) == {"b": Phase.PENDING, "c": Phase.ACTIVE}


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
async def test_an_older_one_that_will_not_be_minted_here_holds_no_place(harness: OperatorHarness, older: Token) -> None:
    harness.store.apply_token(older)
    harness.create("b")

    await harness.reconcile(B)
    await work_off(harness)

    assert harness.token(B).status.phase is Phase.ACTIVE


@simulated
async def test_an_older_one_that_somebody_elses_secret_blocks_holds_no_place(harness: OperatorHarness) -> None:
    for name in "ab":
        harness.create(name)
    harness.look_around()
    harness.store.foreign_secrets.add(ObjectKey(A.namespace, "a-token"))
    await harness.reconcile(B)
    assert reason(harness.token(B)) == "TokenLimitReached"

    await harness.turned_away(A)
    assert harness.work(B) in await drained(harness.replica.queue), "nobody else would tell it"
    await harness.reconcile(B)

    assert phases(harness) == {"a": Phase.PENDING, "b": Phase.ACTIVE}
    harness.store.foreign_secrets.clear()
    await harness.reconcile(A)
    assert reason(harness.token(A)) == "TokenLimitReached"


@simulated
async def test_an_older_one_that_cannot_be_understood_any_more_holds_no_place(harness: OperatorHarness) -> None:
    for name in "cab":
        harness.create(name)
        harness.look_around()
        await harness.reconcile(ObjectKey(A.namespace, name))
        harness.clock.advance(5)
    unknown = InvalidObject("ApiToken", A, harness.token(A).uid, "1000", 2, "status.phase: unknown")
    harness.store.malformed[A] = unknown
    harness.replica.cache.apply_invalid(unknown)

    harness.revoke(C)
    await harness.reconcile(C)
    assert harness.work(B) in await drained(harness.replica.queue)
    await harness.reconcile(B)

    assert phases(harness) == {"a": Phase.PENDING, "b": Phase.ACTIVE, "c": Phase.REVOKED}


async def a_is_unblocked_before_b(harness: OperatorHarness) -> None:
    """Neither is minted; another's Secret had the name of the older one's, so it stands in no line."""
    for name in "ab":
        harness.create(name)
    harness.look_around()
    harness.store.foreign_secrets.add(ObjectKey(A.namespace, "a-token"))
    await harness.turned_away(A)
    harness.store.foreign_secrets.clear()


@simulated
async def test_a_mint_whose_answer_was_lost_keeps_its_place(harness: OperatorHarness) -> None:
    """It stood in no line before, and the cache has not heard of its end: what was counted is good no longer."""
    await a_is_unblocked_before_b(harness)
    harness.script.by_verb = [("write_token_status", Fault(after=UnavailableError("the answer is lost")))]
    with pytest.raises(UnavailableError):
        await harness.reconcile(A)

    await harness.reconcile(B)

    assert phases(harness) == {"a": Phase.ACTIVE, "b": Phase.PENDING}


@simulated
async def test_an_older_one_that_is_unblocked_while_a_younger_one_is_minted_comes_second(
    harness: OperatorHarness,
) -> None:
    await a_is_unblocked_before_b(harness)
    harness.replica.cluster.turn = hesitate

    async def a_little_later() -> None:  # B records no credential yet, and so has one to read first
        await hesitate_longer()
        await harness.reconcile(A)

    await asyncio.gather(harness.reconcile(B), a_little_later())

    assert phases(harness) == {"a": Phase.PENDING, "b": Phase.ACTIVE}, "neither counts the other before it is minted"


@pytest.mark.parametrize("end", ["revoked", "expired", "deleted"])
@simulated
async def test_a_place_that_becomes_free_goes_to_the_oldest_that_waits(harness: OperatorHarness, end: str) -> None:
    await harness.mint("a", ttl=timedelta(hours=1))
    for name in "cb":
        harness.clock.advance(1)
        await harness.reconcile(harness.create(name).key)
    assert phases(harness) == {"a": Phase.ACTIVE, "b": Phase.PENDING, "c": Phase.PENDING}
    match end:
        case "revoked":
            harness.revoke(A)
        case "expired":
            harness.clock.advance(3598)
        case _:
            harness.store.delete_token(A)
    await harness.reconcile(A)

    await work_off(harness)

    assert (harness.token(B).status.phase, harness.token(C).status.phase) == (Phase.PENDING, Phase.ACTIVE)


@simulated
async def test_a_raised_limit_lets_in_who_waits(harness: OperatorHarness) -> None:
    await harness.mint("a")
    await harness.reconcile(harness.create("b").key)
    raised = harness.store.apply_credential(a_credential(max_tokens=2))

    harness.replica.cache.apply_credential(raised)
    await work_off(harness)

    assert phases(harness) == {"a": Phase.ACTIVE, "b": Phase.ACTIVE}


@simulated
async def test_a_lowered_limit_takes_nothing_from_those_that_have_it(clock: FakeClock) -> None:
    harness = OperatorHarness(clock, max_tokens=2)
    for name in "ab":
        await harness.mint(name)
    lowered = harness.store.apply_credential(a_credential(max_tokens=1))

    harness.replica.cache.apply_credential(lowered)
    for key in (A, B):
        await harness.reconcile(key)

    assert phases(harness) == {"a": Phase.ACTIVE, "b": Phase.ACTIVE}
    assert harness.writes() == []


@simulated
async def test_places_are_counted_live_and_over_all_pages(clock: FakeClock) -> None:
    harness = OperatorHarness(clock, max_tokens=5)
    for name in "12345":
        await harness.mint(name)
    harness.restart()
    for name in "12345":
        harness.replica.cache.remove_token(ObjectKey(CREDENTIAL.namespace, name))
    harness.create("late")

    await harness.reconcile(ObjectKey(CREDENTIAL.namespace, "late"))

    assert phases(harness)["late"] == Phase.PENDING
    assert harness.calls()[:6] == ["read_token", "read_credential", *["list_tokens"] * 3, "write_token_status"]


@simulated
async def test_places_are_counted_only_where_they_matter(harness: OperatorHarness) -> None:
    await harness.reconcile(harness.create("a").key)
    once = harness.calls().count("list_tokens")
    await harness.reconcile(A)
    harness.store.apply_credential(replace(a_credential(), roles=("admin",)))
    harness.look_around()
    await harness.reconcile(harness.create("b").key)

    assert (once, harness.calls().count("list_tokens")) == (1, 1)
    assert phases(harness) == {"a": Phase.ACTIVE, "b": Phase.ACTIVE}
