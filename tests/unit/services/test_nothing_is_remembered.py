"""Of tokens and credentials that are gone nothing stays in memory, however they went: an operator runs for months."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from pharia_access.domain.model import ObjectKey
from pharia_access.errors import NotFoundError
from pharia_access.services.operator.deadline_heap import SPARE_ENTRIES
from tests.support.builders.domain_objects import CREDENTIAL
from tests.support.fakes.scripted_faults import Fault
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.operator_harness import OperatorHarness, drained
from tests.support.harness.remembered import remembered

pytestmark = pytest.mark.no_cover
"""Many examples of code that other tests cover: tracing them takes twice as long again."""


MANY = 4 * SPARE_ENTRIES
"""So many that what is kept of each would show beside what a heap may hold of old entries."""

GONE = Fault(before=NotFoundError("404"))


def delete(harness: OperatorHarness, key: ObjectKey) -> None:
    """Delete it; the replica hears of it."""
    uid = harness.token(key).uid
    harness.store.delete_token(key)
    harness.replica.cache.remove_token(key, uid)


async def deleted(harness: OperatorHarness, key: ObjectKey) -> None:
    await harness.reconcile(key)
    delete(harness, key)


async def revoked_and_deleted(harness: OperatorHarness, key: ObjectKey) -> None:
    await harness.reconcile(key)
    harness.revoke(key)
    await harness.reconcile(key)
    delete(harness, key)


async def expired_and_deleted(harness: OperatorHarness, key: ObjectKey) -> None:
    await harness.reconcile(key)
    harness.clock.advance(timedelta(days=1).total_seconds())
    await harness.reconcile(key)
    delete(harness, key)


async def deleted_while_it_was_minted(harness: OperatorHarness, key: ObjectKey) -> None:
    await deleted_at_a_status(harness, key)


async def deleted_while_it_was_revoked(harness: OperatorHarness, key: ObjectKey) -> None:
    """After its Secret was deleted, and before its status said so."""
    await harness.reconcile(key)
    harness.revoke(key)
    await deleted_at_a_status(harness, key)


async def deleted_at_a_status(harness: OperatorHarness, key: ObjectKey) -> None:
    """The write of its status finds it gone; then the replica hears so, and looks once more."""
    harness.fail("write_token_status", GONE)
    with pytest.raises(NotFoundError):
        await harness.reconcile(key)
    delete(harness, key)
    await harness.reconcile(key)


async def collected_and_deleted(harness: OperatorHarness, key: ObjectKey) -> None:
    token = await harness.reconcile(key)
    assert token is not None
    assert token.status.delivery is not None
    harness.store.secrets.clear()
    harness.clock.advance(token.status.delivery.deadline.timestamp() - harness.clock.now().timestamp())
    await harness.reconcile(key)
    delete(harness, key)


@pytest.mark.parametrize(
    "end",
    [
        deleted,
        revoked_and_deleted,
        expired_and_deleted,
        deleted_while_it_was_minted,
        deleted_while_it_was_revoked,
        collected_and_deleted,
    ],
)
@simulated
async def test_nothing_of_a_token_that_is_gone(
    harness: OperatorHarness, end: Callable[[OperatorHarness, ObjectKey], Awaitable[None]]
) -> None:
    before = everything(harness)

    for number in range(MANY):
        key = harness.create(f"t{number}", ttl=timedelta(hours=1)).key
        harness.replica.cache.apply_event(harness.token(key))
        await end(harness, key)
        await drained(harness.replica.queue)

    assert harness.store.tokens == {}
    assert everything(harness) - before < MANY, "less than one thing of each"


@simulated
async def test_nothing_of_a_token_that_a_standby_saw_come_and_go(harness: OperatorHarness) -> None:
    standby = harness.rival()
    standby.replica.leader_queue.is_leader = False
    before = everything(standby)

    for number in range(MANY):
        key = harness.create(f"t{number}").key
        standby.replica.cache.apply_event(harness.token(key))
        await harness.reconcile(key)
        standby.replica.cache.apply_event(harness.token(key))
        harness.revoke(key)
        await harness.reconcile(key)
        standby.replica.cache.apply_event(harness.token(key))
        delete(standby, key)

    assert everything(standby) - before < MANY


@simulated
async def test_nothing_of_a_credential_that_is_gone() -> None:
    harness = OperatorHarness(FakeClock(), max_tokens=1)
    before = everything(harness)

    for number in range(MANY):
        key = harness.create(f"t{number}").key
        await harness.reconcile(key)
        delete(harness, key)
        harness.replica.cache.remove_credential(CREDENTIAL, harness.store.credentials[CREDENTIAL].uid)
        harness.replace_credential()
        await drained(harness.replica.queue)

    assert everything(harness) - before < MANY


def everything(harness: OperatorHarness) -> int:
    """How much the replica holds."""
    return remembered(harness.replica.operator)
