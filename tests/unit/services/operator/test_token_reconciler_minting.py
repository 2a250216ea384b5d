"""Minting a token to its end: what is written, in which order, and that nothing else is."""

from datetime import timedelta

import pytest

from pharia_access.domain.argon2id import verify_hash
from pharia_access.domain.model import Delivery, Phase
from pharia_access.domain.reasons import DeliveryState
from pharia_access.errors import ConflictError
from tests.support.builders.domain_objects import NOW, TEXT, WINDOW
from tests.support.fakes.virtual_time import simulated
from tests.support.harness.operator_harness import SECRET, OperatorHarness, reason

LOOK = ["read_token", "read_credential"]
MINT = ["create_one_time_secret", "write_token_status"]


@simulated
async def test_a_new_token_gets_its_secret_and_its_status_and_nothing_else(harness: OperatorHarness) -> None:
    harness.create()
    harness.clock.advance(3)

    token = await harness.reconcile()

    assert harness.calls() == [*LOOK, *MINT]
    assert token is not None
    secret, hash_ = harness.store.secrets[SECRET], token.status.hash
    assert secret.text is not None
    assert hash_ is not None
    assert verify_hash(hash_, secret.text)
    delivery = Delivery(SECRET.name, secret.uid, secret.created + WINDOW, DeliveryState.AVAILABLE)
    assert (token.status.phase, token.status.delivery) == (Phase.ACTIVE, delivery)
    assert token.owners == ()
    assert harness.recorder.reasons() == ["Issued", "Delivered"]
    assert harness.replica.metrics.mints == [3]


@simulated
async def test_a_second_reconcile_writes_nothing_and_knows_what_is_due(harness: OperatorHarness) -> None:
    minted = await harness.mint()

    assert await harness.reconcile() == minted

    assert harness.calls() == ["read_token"]
    assert harness.recorder.notices == []
    assert harness.replica.schedule.next_due() == (NOW + WINDOW).timestamp()


# --- what only an event showed


@simulated
async def test_an_event_alone_mints_nothing_and_deletes_nothing(harness: OperatorHarness) -> None:
    stale = harness.create()
    harness.store.delete_token(stale.key)
    harness.replica.cache.keep_recent(stale)

    await harness.reconcile()

    assert harness.calls() == ["read_credential", "read_token"]


@simulated
async def test_the_secret_of_an_earlier_token_of_the_name_gives_way(harness: OperatorHarness) -> None:
    earlier = await harness.mint()
    harness.store.delete_token(earlier.key)
    harness.create()

    with pytest.raises(ConflictError):
        await harness.reconcile()
    token = await harness.reconcile()

    assert token is not None
    assert token.status.token_id not in {None, earlier.status.token_id}
    assert token.status.delivery is not None
    assert token.status.delivery.secret_uid == harness.store.secrets[SECRET].uid


@simulated
async def test_a_mint_that_a_crash_left_for_too_long_fails_and_its_secret_goes_last(harness: OperatorHarness) -> None:
    token = harness.create()
    harness.leave_secret(token_uid=token.uid, age=WINDOW)

    failed = await harness.reconcile()

    assert failed is not None
    assert (failed.status.phase, reason(failed)) == (Phase.FAILED, "DeliveryMissed")
    assert reason(failed, "Delivered") == "NotDelivered"
    assert (failed.status.hash, failed.status.token_id) == (None, None)
    assert harness.store.secrets == {}
    assert harness.writes()[1:4] == ["write_token_status", "delete_secret", "write_token_status"]
    assert harness.recorder.reasons() == ["DeliveryMissed"]


@simulated
async def test_a_fresh_leader_adopts_what_the_last_one_left_as_long_as_the_window_is_open(
    harness: OperatorHarness,
) -> None:
    token = harness.create()
    harness.leave_secret(token_uid=token.uid, age=WINDOW - timedelta(seconds=1))

    adopted = await harness.reconcile()

    assert adopted is not None
    assert adopted.status.token_id == TEXT.token_id
    assert adopted.status.issued_at == NOW - WINDOW + timedelta(seconds=1)
    assert list(harness.store.every_secret) == ["secret-1"]
