"""Minting a token to its end: what is written, in which order, and that nothing else is."""

from datetime import timedelta

import pytest

from pharia_access.domain.argon2id import verify_hash
from pharia_access.domain.model import Delivery, Phase
from pharia_access.domain.reasons import DeliveryState
from pharia_access.errors import ConflictError
from tests.support.builders import NOW, TEXT, WINDOW
from tests.support.service_builders import SECRET, Bench, reason
from tests.support.virtual_time import simulated

LOOK = ["read_token", "read_credential"]
MINT = ["create_one_time_secret", "write_token_status"]


@simulated
async def test_a_new_token_gets_its_secret_and_its_status_and_nothing_else(bench: Bench) -> None:
    bench.create()
    bench.clock.advance(3)

    token = await bench.reconcile()

    assert bench.calls() == [*LOOK, *MINT]
    assert token is not None
    secret, hash_ = bench.store.secrets[SECRET], token.status.hash
    assert secret.text is not None
    assert hash_ is not None
    assert verify_hash(hash_, secret.text)
    delivery = Delivery(SECRET.name, secret.uid, secret.created + WINDOW, DeliveryState.AVAILABLE)
    assert (token.status.phase, token.status.delivery) == (Phase.ACTIVE, delivery)
    assert token.owners == ()
    assert bench.recorder.reasons() == ["Issued", "Delivered"]
    assert bench.replica.metrics.mints == [3]


@simulated
async def test_a_second_reconcile_writes_nothing_and_knows_what_is_due(bench: Bench) -> None:
    minted = await bench.mint()

    assert await bench.reconcile() == minted

    assert bench.calls() == ["read_token"]
    assert bench.recorder.notices == []
    assert bench.replica.schedule.next_due() == (NOW + WINDOW).timestamp()


# --- what only an event showed


@simulated
async def test_an_event_alone_mints_nothing_and_deletes_nothing(bench: Bench) -> None:
    stale = bench.create()
    bench.store.delete_token(stale.key)
    bench.replica.cache.keep_recent(stale)

    await bench.reconcile()

    assert bench.calls() == ["read_credential", "read_token"]


@simulated
async def test_the_secret_of_an_earlier_token_of_the_name_gives_way(bench: Bench) -> None:
    earlier = await bench.mint()
    bench.store.delete_token(earlier.key)
    bench.create()

    with pytest.raises(ConflictError):
        await bench.reconcile()
    token = await bench.reconcile()

    assert token is not None
    assert token.status.token_id not in {None, earlier.status.token_id}
    assert token.status.delivery is not None
    assert token.status.delivery.secret_uid == bench.store.secrets[SECRET].uid


@simulated
async def test_a_mint_that_a_crash_left_for_too_long_fails_and_its_secret_goes_last(bench: Bench) -> None:
    token = bench.create()
    bench.leave_secret(token_uid=token.uid, age=WINDOW)

    failed = await bench.reconcile()

    assert failed is not None
    assert (failed.status.phase, reason(failed)) == (Phase.FAILED, "DeliveryMissed")
    assert reason(failed, "Delivered") == "NotDelivered"
    assert (failed.status.hash, failed.status.token_id) == (None, None)
    assert bench.store.secrets == {}
    assert bench.writes()[1:4] == ["write_token_status", "delete_secret", "write_token_status"]
    assert bench.recorder.reasons() == ["DeliveryMissed"]


@simulated
async def test_a_fresh_leader_adopts_what_the_last_one_left_as_long_as_the_window_is_open(bench: Bench) -> None:
    token = bench.create()
    bench.leave_secret(token_uid=token.uid, age=WINDOW - timedelta(seconds=1))

    adopted = await bench.reconcile()

    assert adopted is not None
    assert adopted.status.token_id == TEXT.token_id
    assert adopted.status.issued_at == NOW - WINDOW + timedelta(seconds=1)
    assert list(bench.store.every_secret) == ["secret-1"]
