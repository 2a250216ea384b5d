"""Of tokens and credentials that are gone nothing stays in memory, however they went: an operator runs for months."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from pharia_access.domain.model import ObjectKey
from pharia_access.errors import NotFoundError
from pharia_access.services.operator.deadline_heap import SPARE_ENTRIES
from tests.support.builders import CREDENTIAL
from tests.support.faults import Fault
from tests.support.remembered import remembered
from tests.support.service_builders import Bench, drained
from tests.support.virtual_time import FakeClock, simulated

MANY = 4 * SPARE_ENTRIES
"""So many that what is kept of each would show beside what a heap may hold of old entries."""

GONE = Fault(before=NotFoundError("404"))


def delete(bench: Bench, key: ObjectKey) -> None:
    """Delete it; the replica hears of it."""
    uid = bench.token(key).uid
    bench.store.delete_token(key)
    bench.replica.cache.remove_token(key, uid)


async def deleted(bench: Bench, key: ObjectKey) -> None:
    await bench.reconcile(key)
    delete(bench, key)


async def revoked_and_deleted(bench: Bench, key: ObjectKey) -> None:
    await bench.reconcile(key)
    bench.revoke(key)
    await bench.reconcile(key)
    delete(bench, key)


async def expired_and_deleted(bench: Bench, key: ObjectKey) -> None:
    await bench.reconcile(key)
    bench.clock.advance(timedelta(days=1).total_seconds())
    await bench.reconcile(key)
    delete(bench, key)


async def deleted_while_it_was_minted(bench: Bench, key: ObjectKey) -> None:
    await deleted_at_a_status(bench, key)


async def deleted_while_it_was_revoked(bench: Bench, key: ObjectKey) -> None:
    """After its Secret was deleted, and before its status said so."""
    await bench.reconcile(key)
    bench.revoke(key)
    await deleted_at_a_status(bench, key)


async def deleted_at_a_status(bench: Bench, key: ObjectKey) -> None:
    """The write of its status finds it gone; then the replica hears so, and looks once more."""
    bench.fail("write_token_status", GONE)
    with pytest.raises(NotFoundError):
        await bench.reconcile(key)
    delete(bench, key)
    await bench.reconcile(key)


async def collected_and_deleted(bench: Bench, key: ObjectKey) -> None:
    token = await bench.reconcile(key)
    assert token is not None
    assert token.status.delivery is not None
    bench.store.secrets.clear()
    bench.clock.advance(token.status.delivery.deadline.timestamp() - bench.clock.now().timestamp())
    await bench.reconcile(key)
    delete(bench, key)


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
    bench: Bench, end: Callable[[Bench, ObjectKey], Awaitable[None]]
) -> None:
    before = everything(bench)

    for number in range(MANY):
        key = bench.create(f"t{number}", ttl=timedelta(hours=1)).key
        bench.replica.cache.apply_event(bench.token(key))
        await end(bench, key)
        await drained(bench.replica.queue)

    assert bench.store.tokens == {}
    assert everything(bench) - before < MANY, "less than one thing of each"


@simulated
async def test_nothing_of_a_token_that_a_standby_saw_come_and_go(bench: Bench) -> None:
    standby = bench.rival()
    standby.replica.leader_queue.is_leader = False
    before = everything(standby)

    for number in range(MANY):
        key = bench.create(f"t{number}").key
        standby.replica.cache.apply_event(bench.token(key))
        await bench.reconcile(key)
        standby.replica.cache.apply_event(bench.token(key))
        bench.revoke(key)
        await bench.reconcile(key)
        standby.replica.cache.apply_event(bench.token(key))
        delete(standby, key)

    assert everything(standby) - before < MANY


@simulated
async def test_nothing_of_a_credential_that_is_gone() -> None:
    bench = Bench(FakeClock(), max_tokens=1)
    before = everything(bench)

    for number in range(MANY):
        key = bench.create(f"t{number}").key
        await bench.reconcile(key)
        delete(bench, key)
        bench.replica.cache.remove_credential(CREDENTIAL, bench.store.credentials[CREDENTIAL].uid)
        bench.replace_credential()
        await drained(bench.replica.queue)

    assert everything(bench) - before < MANY


def everything(bench: Bench) -> int:
    """How much the replica holds."""
    return remembered(bench.replica.operator)
