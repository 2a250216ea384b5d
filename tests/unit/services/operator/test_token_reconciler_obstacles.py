"""What keeps a token from being minted: it is told once, and when it goes in time the token is minted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.conditions import is_true
from pharia_access.domain.model import Credential, ObjectKey, Phase, Token
from pharia_access.errors import ApiError, ForbiddenError, InvalidError
from tests.support.builders.domain_objects import CREDENTIAL, NOW, a_credential, a_token
from tests.support.fakes.scripted_faults import Fault
from tests.support.fakes.virtual_time import simulated
from tests.support.harness.operator_harness import SECRET, OperatorHarness, message, reason

VELERO = {"velero.io/restore-name": "nightly"}
HOUR = timedelta(hours=1)


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
        pytest.param(
            replace(a_token(deleting=True), finalizers=("x.example/hold",)),
            Phase.REVOKED,
            "Deleting",
            id="it is being deleted",
        ),
    ],
)
@simulated
async def test_what_must_not_be_minted_gets_no_secret_but_is_told_why_once(
    harness: OperatorHarness, token: Token, phase: Phase | None, why: str | None
) -> None:
    for name in ("asleep", "leaving"):
        key = ObjectKey(CREDENTIAL.namespace, name)
        harness.store.apply_credential(a_credential(key, suspended=name == "asleep", deleting=name == "leaving"))
    harness.store.apply_token(token)

    for _ in range(3):
        await harness.reconcile()

    assert (harness.token().status.phase, reason(harness.token())) == (phase, why)
    assert "create_one_time_secret" not in harness.calls()
    assert harness.recorder.reasons() == ([] if why is None else [why])
    assert harness.replica.metrics.mints == []


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(None, id="a credential that comes"),
        pytest.param(a_credential(suspended=True), id="one that is resumed"),
    ],
)
@simulated
async def test_what_waited_is_minted_when_its_obstacle_goes(
    harness: OperatorHarness, before: Credential | None
) -> None:
    harness.remove_credential()
    if before is not None:
        harness.store.apply_credential(before)
    harness.create()
    harness.look_around()
    waiting = await harness.reconcile()
    harness.store.apply_credential(a_credential())
    harness.look_around()

    token = await harness.reconcile()

    assert waiting is not None
    assert token is not None
    assert (waiting.status.phase, token.status.phase) == (Phase.PENDING, Phase.ACTIVE)
    assert harness.store.credentials[CREDENTIAL].identity == token.status.credential


@simulated
async def test_what_waited_too_long_is_not_minted_any_more(harness: OperatorHarness) -> None:
    harness.remove_credential()
    harness.create()
    await harness.reconcile()
    due = harness.replica.schedule.next_due()
    harness.clock.advance(3600)
    harness.store.apply_credential(a_credential())
    harness.look_around()

    token = await harness.reconcile()

    assert due == (NOW + HOUR).timestamp()
    assert token is not None
    assert (token.status.phase, reason(token)) == (Phase.FAILED, "PendingTooLong")
    assert harness.store.every_secret == {}


# --- somebody else's Secret


@simulated
async def test_somebody_elses_secret_is_told_once_and_tried_again_every_half_minute(harness: OperatorHarness) -> None:
    harness.create()
    harness.store.foreign_secrets.add(SECRET)

    waits = [await harness.turned_away() for _ in range(3)]

    assert waits == [30, 30, 30]
    assert harness.writes().count("write_token_status") == 1
    assert harness.recorder.reasons() == ["SecretConflict"]
    assert is_true(harness.token().status.conditions, "Stalled")
    assert harness.token().status.phase is Phase.PENDING


@simulated
async def test_once_somebody_elses_secret_is_gone_the_token_is_minted(harness: OperatorHarness) -> None:
    harness.create()
    harness.store.foreign_secrets.add(SECRET)
    await harness.turned_away()
    harness.store.foreign_secrets.clear()

    token = await harness.reconcile()

    assert token is not None
    assert token.minted
    assert not is_true(token.status.conditions, "Stalled")
    assert harness.recorder.reasons() == ["SecretConflict", "Issued", "Delivered"]


# --- a Secret that the API server refuses


@pytest.mark.parametrize("error", [ForbiddenError("exceeded quota: few"), InvalidError("too large")], ids=str)
@simulated
async def test_a_refused_secret_is_told_once_and_tried_again_every_half_minute(
    harness: OperatorHarness, error: ApiError
) -> None:
    harness.create()
    harness.fail("create_one_time_secret", *[Fault(before=error)] * 3)

    waits = [await harness.turned_away() for _ in range(3)]
    waiting = harness.token()
    minted = await harness.reconcile()

    assert waits == [30, 30, 30]
    assert (waiting.status.phase, reason(waiting)) == (Phase.PENDING, "SecretRefused")
    assert str(error) in message(waiting)
    assert is_true(waiting.status.conditions, "Stalled")
    assert harness.writes().count("write_token_status") == 2
    assert minted is not None
    assert minted.minted
    assert harness.recorder.reasons() == ["SecretRefused", "Issued", "Delivered"]


@simulated
async def test_what_was_refused_for_too_long_fails(harness: OperatorHarness) -> None:
    harness.create()
    harness.fail("create_one_time_secret", Fault(before=ForbiddenError("exceeded quota: few")))
    await harness.turned_away()
    harness.clock.advance(3600)

    token = await harness.reconcile()

    assert token is not None
    assert (token.status.phase, reason(token)) == (Phase.FAILED, "PendingTooLong")
    assert "exceeded quota: few" in message(token)
