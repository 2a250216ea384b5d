"""A token that has a successor is not warned of its end: the warning goes as one comes, and comes back as it goes."""

from dataclasses import replace
from datetime import timedelta

from pharia_access.domain.conditions import is_true
from pharia_access.domain.model import REPLACES, ObjectKey, Token
from tests.support.builders.domain_objects import TOKEN, a_minted_token, a_token
from tests.support.fakes.virtual_time import simulated
from tests.support.harness.operator_harness import OperatorHarness, drained

DAY = timedelta(days=1)
NEW = ObjectKey(TOKEN.namespace, "ci-2")


def a_successor(harness: OperatorHarness, *, version: str = "900") -> Token:
    """One that is active, and was made just now for the bench's token."""
    made = a_token(
        NEW, uid="token-2", resource_version=version, created=harness.clock.now(), labels={REPLACES: TOKEN.name}
    )
    return a_minted_token(made, credential=harness.credential.identity)


def is_warned(harness: OperatorHarness) -> bool:
    return is_true(harness.token().status.conditions, "ExpiringSoon")


async def is_queued(harness: OperatorHarness) -> bool:
    return TOKEN in {work.key for work in await drained(harness.replica.queue) if work.kind == "token"}


async def seven_days_before_its_end(harness: OperatorHarness) -> None:
    """The token's Secret is gone, and it is time to warn."""
    await harness.mint(ttl=30 * DAY)
    for part in (DAY, 22 * DAY):
        harness.clock.advance(part.total_seconds())
        if part == DAY:
            await harness.reconcile()
    await drained(harness.replica.queue)


@simulated
async def test_a_token_with_a_successor_is_not_warned_of_its_end(harness: OperatorHarness) -> None:
    await seven_days_before_its_end(harness)
    harness.replica.cache.apply_event(a_successor(harness))

    await harness.reconcile()

    assert not is_warned(harness)
    assert "ExpiringSoon" not in harness.recorder.reasons()


@simulated
async def test_a_successor_takes_the_warning_away(harness: OperatorHarness) -> None:
    await seven_days_before_its_end(harness)
    await harness.reconcile()
    assert is_warned(harness)

    harness.replica.cache.apply_event(a_successor(harness))

    assert await is_queued(harness)
    await harness.reconcile()
    assert not is_warned(harness)
    harness.replica.cache.apply_event(replace(a_successor(harness, version="901"), generation=2))
    assert not await is_queued(harness), "what is in order is left alone"


@simulated
async def test_without_its_successor_a_token_is_warned_again(harness: OperatorHarness) -> None:
    await seven_days_before_its_end(harness)
    harness.replica.cache.apply_event(a_successor(harness))
    await harness.reconcile()

    harness.replica.cache.remove_token(NEW)

    assert await is_queued(harness)
    await harness.reconcile()
    assert is_warned(harness)


@simulated
async def test_one_of_another_namespace_is_no_successor(harness: OperatorHarness) -> None:
    await seven_days_before_its_end(harness)
    harness.replica.cache.apply_event(replace(a_successor(harness), key=ObjectKey("sales", "ci-2")))

    await harness.reconcile()

    assert is_warned(harness)


@simulated
async def test_a_successor_of_nobody_wakes_nobody(harness: OperatorHarness) -> None:
    harness.replica.cache.apply_event(a_successor(harness))

    assert not await is_queued(harness)
