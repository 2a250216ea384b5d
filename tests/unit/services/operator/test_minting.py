"""Minting: whoever creates the Secret decides the text, everybody else adopts it, and nobody finishes it too late."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.argon2id import verify_hash
from pharia_access.domain.keyring import Keyring
from pharia_access.domain.lifecycle.decisions import WriteStatus
from pharia_access.domain.model import Delivery, Mac, ObjectKey, Phase, Token
from pharia_access.domain.reasons import DeliveryState
from pharia_access.domain.token import TokenText
from pharia_access.domain.turns import FEW
from pharia_access.services.operator.work_queue import WorkItem
from tests.support.builders.domain_objects import CREDENTIAL, NOW, TEXT, WINDOW, a_credential, a_token
from tests.support.fakes.ports import seeded_entropy
from tests.support.fakes.virtual_time import simulated
from tests.support.harness.operator_harness import SECRET, OperatorHarness, reason

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


async def settle(harness: OperatorHarness, token: Token) -> WriteStatus:
    return await harness.replica.minting.prepare_mint(token, harness.credential)


def why(token: Token, outcome: WriteStatus) -> str | None:
    return reason(replace(token, status=outcome.status))


@simulated
async def test_a_mint_records_what_proves_the_one_text_that_is_in_the_secret(harness: OperatorHarness) -> None:
    await harness.replica.keys.refresh()
    token = harness.create()

    status = (await settle(harness, token)).status

    secret = harness.store.secrets[SECRET]
    keyring = harness.replica.keys.current()
    assert secret.text is not None
    assert secret.token_uid == token.uid
    assert harness.store.owner_of[secret.uid] == token.uid
    assert keyring is not None
    assert status.hash is not None
    assert verify_hash(status.hash, secret.text)
    assert status.mac == Mac(*keyring.mac(secret.text), keyring.current.fingerprint)
    assert status.token_id == secret.text.token_id
    assert status.credential == harness.credential.identity
    assert status.delivery == Delivery("ci-token", secret.uid, NOW + WINDOW, DeliveryState.AVAILABLE)
    assert (status.phase, status.issued_at, status.expires_at) == (Phase.ACTIVE, NOW, NOW + timedelta(hours=2160))


@simulated
async def test_the_key_of_a_check_value_is_the_current_one_of_that_moment(harness: OperatorHarness) -> None:
    keyring = Keyring.fresh(seeded_entropy(3), NOW)
    before = await settle(harness, harness.create("before"))
    harness.store.keyring = (keyring.to_data(), "1")
    await harness.replica.keys.refresh()
    after = await settle(harness, harness.create("after"))

    assert before.status.mac is None
    assert after.status.mac is not None
    assert after.status.mac.key_id == keyring.current.key_id


@simulated
async def test_no_text_and_no_proof_of_it_shows_in_what_a_mint_returns(harness: OperatorHarness) -> None:
    await harness.replica.keys.refresh()

    outcome = await settle(harness, harness.create())

    text, status = harness.store.secrets[SECRET].text, outcome.status
    assert text is not None
    assert status.mac is not None
    for secret in (text.reveal(), text.reveal()[-20:], status.hash or "", status.mac.value):
        assert secret not in repr(outcome)


@pytest.mark.parametrize(
    ("token", "deadline", "end"),
    [
        pytest.param(a_token(), WINDOW, timedelta(days=10), id="the credential's default where the token asks nothing"),
        pytest.param(a_token(ttl=2 * HOUR), WINDOW, 2 * HOUR, id="the token's own life"),
        pytest.param(
            a_token(expires_at=NOW + 3 * HOUR), WINDOW, 3 * HOUR, id="an absolute end where the token names one"
        ),
        pytest.param(a_token(ttl=HOUR / 2), HOUR / 2, HOUR / 2, id="a window is over when the token is"),
        pytest.param(a_token(window=24 * HOUR, ttl=48 * HOUR), 24 * HOUR, 48 * HOUR, id="a window of its own"),
    ],
)
@simulated
async def test_window_and_life_count_from_the_making_of_the_secret(
    harness: OperatorHarness, token: Token, deadline: timedelta, end: timedelta
) -> None:
    credential = replace(harness.credential, policy=a_credential(default_ttl=timedelta(days=10)).policy)
    token = harness.store.apply_token(token)
    harness.clock.advance(70.5)
    made = NOW + 70 * SECOND

    status = (await harness.replica.minting.prepare_mint(token, credential)).status

    absolute = token.spec.expires_at is not None
    assert status.issued_at == made
    assert status.delivery is not None
    assert status.delivery.deadline == made + deadline
    assert status.expires_at == (NOW if absolute else made) + end


# --- a Secret is there already


@simulated
async def test_a_secret_of_the_token_itself_is_adopted_as_it_is(harness: OperatorHarness) -> None:
    token = harness.create()
    harness.leave_secret(token_uid=token.uid, owner_uid="stolen", age=HOUR / 4)

    status = (await settle(harness, token)).status

    assert status.hash is not None
    assert verify_hash(status.hash, TEXT)
    assert (status.token_id, status.issued_at) == (TEXT.token_id, NOW - HOUR / 4)
    assert status.delivery == Delivery("ci-token", "secret-1", NOW + 3 * HOUR / 4, DeliveryState.AVAILABLE)
    assert list(harness.store.every_secret) == ["secret-1"]


# --- too late


@pytest.mark.parametrize(
    ("age", "text", "expected"),
    [
        pytest.param(WINDOW - SECOND, TEXT, "Issued", id="just in time"),
        pytest.param(WINDOW, TEXT, "DeliveryMissed", id="at the very end of its window"),
        pytest.param(SECOND, None, "DeliveryMissed", id="a Secret without a token's text, which nobody can have"),
    ],
)
@simulated
async def test_a_mint_that_is_finished_too_late_fails(
    harness: OperatorHarness, age: timedelta, text: TokenText | None, expected: str
) -> None:
    token = harness.create()
    harness.leave_secret(token_uid=token.uid, age=age, text=text)

    outcome = await settle(harness, token)

    failed = expected == "DeliveryMissed"
    assert why(token, outcome) == expected
    assert (outcome.status.phase is Phase.FAILED) is failed
    assert (outcome.status.hash is None) is failed
    assert SECRET in harness.store.secrets, "it goes only once the status is written"


@simulated
async def test_a_token_whose_end_came_before_its_window_was_over_is_too_late_as_well(harness: OperatorHarness) -> None:
    token = harness.create(ttl=HOUR / 6)
    harness.leave_secret(token_uid=token.uid, age=HOUR / 6)

    assert why(token, await settle(harness, token)) == "DeliveryMissed"


@simulated
async def test_the_hashes_of_a_namespace_with_much_work_are_patient_while_another_asks(
    harness: OperatorHarness,
) -> None:
    queue = harness.replica.queue
    for number in range(FEW + 1):
        queue.add(WorkItem("token", ObjectKey(CREDENTIAL.namespace, f"waits-{number}")))

    await settle(harness, harness.create("alone"))
    queue.add(WorkItem("token", ObjectKey("other", "asks")))
    await settle(harness, harness.create("beside-another"))

    assert harness.replica.hasher.patient == [CREDENTIAL.namespace]
