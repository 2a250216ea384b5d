"""Minting a token to its end: what is written, in which order, and that nothing else is."""

from datetime import timedelta

import pytest

from pharia_access.domain.conditions import is_true
from pharia_access.domain.model import Credential, Delivery, ObjectKey, Phase, Token
from pharia_access.domain.proof import matches
from pharia_access.domain.reasons import DeliveryState
from pharia_access.errors import ApiError, ConflictError, DeniedError, InvalidError
from tests.support.builders import CREDENTIAL, NOW, TEXT, WINDOW, a_credential, a_token, owned_by
from tests.support.faults import Fault
from tests.support.service_builders import ARGO, SECRET, Bench, message, reason
from tests.support.virtual_time import FakeClock, simulated

MINT = ["create_one_time_secret", "write_token_status", "set_owners"]
VELERO = {"velero.io/restore-name": "nightly"}
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def bench(clock: FakeClock) -> Bench:
    return Bench(clock)


@simulated
async def test_a_new_token_gets_its_secret_its_status_and_its_owner_and_nothing_else(bench: Bench) -> None:
    bench.create()
    bench.clock.advance(3)

    token = await bench.reconcile()

    assert bench.calls() == ["read_token", *MINT]
    assert token is not None
    secret, hash_ = bench.store.secrets[SECRET], token.status.hash
    assert secret.text is not None
    assert hash_ is not None
    assert matches(hash_, secret.text)
    delivery = Delivery(SECRET.name, secret.uid, secret.created + WINDOW, DeliveryState.AVAILABLE)
    assert (token.status.phase, token.status.delivery) == (Phase.ACTIVE, delivery)
    assert token.owners == (owned_by(bench.credential.identity),)
    assert bench.recorder.reasons() == ["Issued", "Delivered"]
    assert bench.replica.metrics.mints == [3]


@simulated
async def test_a_second_reconcile_writes_nothing_and_knows_what_is_due(bench: Bench) -> None:
    minted = await bench.mint()

    assert await bench.reconcile() == minted

    assert bench.calls() == ["read_token"]
    assert bench.recorder.notices == []
    assert bench.replica.schedule.next_due() == (NOW + WINDOW).timestamp()


@simulated
async def test_a_token_of_git_gets_no_owner_or_git_could_not_prune_it(bench: Bench) -> None:
    bench.create(annotations=ARGO)

    token = await bench.reconcile()

    assert bench.writes() == MINT[:2]
    assert token is not None
    assert (token.minted, token.owners) == (True, ())


@simulated
async def test_a_token_that_git_takes_over_later_loses_its_owner_and_gets_it_back(bench: Bench) -> None:
    minted = await bench.mint()
    bench.store.mark_token(minted.key, labels={}, annotations=ARGO)

    marked = await bench.reconcile()
    bench.store.mark_token(minted.key, labels={}, annotations={})
    unmarked = await bench.reconcile()

    assert marked is not None
    assert unmarked is not None
    assert (marked.owners, unmarked.owners) == ((), minted.owners)
    assert bench.writes() == ["set_owners"] * 2


@pytest.mark.parametrize(
    ("token", "phase", "why"),
    [
        pytest.param(a_token(expires_at=NOW), Phase.EXPIRED, "Expired", id="its end is over"),
        pytest.param(a_token(revoked=True), Phase.REVOKED, "Revoked", id="it was revoked"),
        pytest.param(a_token(ttl=10_000 * HOUR), Phase.FAILED, "TTLTooLong", id="it asks for too long a life"),
        pytest.param(a_token(labels=VELERO), Phase.PENDING, "Restored", id="it came out of a backup"),
        pytest.param(a_token(credential_name="nobody"), Phase.PENDING, "CredentialNotFound", id="no credential"),
        pytest.param(a_token(credential_name="asleep"), Phase.PENDING, "CredentialSuspended", id="a suspended one"),
        pytest.param(a_token(credential_name="leaving"), Phase.PENDING, "CredentialDeleting", id="a leaving one"),
        pytest.param(a_token(deleting=True), None, None, id="it is being deleted"),
    ],
)
@simulated
async def test_what_must_not_be_minted_gets_no_secret_but_is_told_why_once(
    bench: Bench, token: Token, phase: Phase | None, why: str | None
) -> None:
    for name in ("asleep", "leaving"):
        key = ObjectKey(CREDENTIAL.namespace, name)
        bench.store.apply_credential(a_credential(key, suspended=name == "asleep", deleting=name == "leaving"))
    bench.store.apply_token(token)

    for _ in range(3):
        await bench.reconcile()

    assert (bench.token().status.phase, reason(bench.token())) == (phase, why)
    assert "create_one_time_secret" not in bench.calls()
    assert bench.recorder.reasons() == ([] if why is None else [why])
    assert bench.replica.metrics.mints == []


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(None, id="a credential that comes"),
        pytest.param(a_credential(suspended=True), id="one that is resumed"),
    ],
)
@simulated
async def test_what_waited_is_minted_when_its_obstacle_goes(bench: Bench, before: Credential | None) -> None:
    bench.remove_credential()
    if before is not None:
        bench.store.apply_credential(before)
    bench.create()
    bench.look_around()
    waiting = await bench.reconcile()
    bench.store.apply_credential(a_credential())
    bench.look_around()

    token = await bench.reconcile()

    assert waiting is not None
    assert token is not None
    assert (waiting.status.phase, token.status.phase) == (Phase.PENDING, Phase.ACTIVE)
    assert bench.store.credentials[CREDENTIAL].identity == token.status.credential


@simulated
async def test_what_waited_too_long_is_not_minted_any_more(bench: Bench) -> None:
    bench.remove_credential()
    bench.create()
    await bench.reconcile()
    due = bench.replica.schedule.next_due()
    bench.clock.advance(3600)
    bench.store.apply_credential(a_credential())
    bench.look_around()

    token = await bench.reconcile()

    assert due == (NOW + HOUR).timestamp()
    assert token is not None
    assert (token.status.phase, reason(token)) == (Phase.FAILED, "PendingTooLong")
    assert bench.store.every_secret == {}


# --- somebody else's Secret


@simulated
async def test_somebody_elses_secret_is_told_once_and_tried_again_every_half_minute(bench: Bench) -> None:
    bench.create()
    bench.store.foreign_secrets.add(SECRET)

    waits = [await bench.turned_away() for _ in range(3)]

    assert waits == [30, 30, 30]
    assert bench.writes().count("write_token_status") == 1
    assert bench.recorder.reasons() == ["SecretConflict"]
    assert is_true(bench.token().status.conditions, "Stalled")
    assert bench.token().status.phase is Phase.PENDING


@simulated
async def test_once_somebody_elses_secret_is_gone_the_token_is_minted(bench: Bench) -> None:
    bench.create()
    bench.store.foreign_secrets.add(SECRET)
    await bench.turned_away()
    bench.store.foreign_secrets.clear()

    token = await bench.reconcile()

    assert token is not None
    assert token.minted
    assert not is_true(token.status.conditions, "Stalled")
    assert bench.recorder.reasons() == ["SecretConflict", "Issued", "Delivered"]


# --- a Secret that the API server refuses


@pytest.mark.parametrize("error", [DeniedError("exceeded quota: few"), InvalidError("too large")], ids=str)
@simulated
async def test_a_refused_secret_is_told_once_and_tried_again_every_half_minute(bench: Bench, error: ApiError) -> None:
    bench.create()
    bench.fail("create_one_time_secret", *[Fault(before=error)] * 3)

    waits = [await bench.turned_away() for _ in range(3)]
    waiting = bench.token()
    minted = await bench.reconcile()

    assert waits == [30, 30, 30]
    assert (waiting.status.phase, reason(waiting)) == (Phase.PENDING, "SecretRefused")
    assert str(error) in message(waiting)
    assert is_true(waiting.status.conditions, "Stalled")
    assert bench.writes().count("write_token_status") == 2
    assert minted is not None
    assert minted.minted
    assert bench.recorder.reasons() == ["SecretRefused", "Issued", "Delivered"]


@simulated
async def test_what_was_refused_for_too_long_fails(bench: Bench) -> None:
    bench.create()
    bench.fail("create_one_time_secret", Fault(before=DeniedError("exceeded quota: few")))
    await bench.turned_away()
    bench.clock.advance(3600)

    token = await bench.reconcile()

    assert token is not None
    assert (token.status.phase, reason(token)) == (Phase.FAILED, "PendingTooLong")
    assert "exceeded quota: few" in message(token)


# --- what only an event showed


@simulated
async def test_an_event_alone_mints_nothing_and_deletes_nothing(bench: Bench) -> None:
    stale = bench.create()
    bench.store.delete_token(stale.key)
    bench.replica.intake._fresh[stale.key] = stale

    await bench.reconcile()

    assert bench.calls() == ["read_token"]


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
