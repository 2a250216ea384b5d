"""Whatever write of a mint goes wrong, and however: in the end there is one Secret and one hash of it."""

import pytest

from pharia_access.domain.api_values import EventMessage
from pharia_access.domain.argon2id import verify_hash
from pharia_access.domain.model import Phase, Token
from pharia_access.errors import ApiError, ConflictError, NotFoundError, UnavailableError
from tests.support.builders.domain_objects import TOKEN
from tests.support.fakes.ports import FakeRecorder
from tests.support.fakes.scripted_faults import Call, Crash, Fault
from tests.support.fakes.virtual_time import simulated
from tests.support.harness.operator_harness import SECRET, OperatorHarness, reason

MINT = ["create_one_time_secret", "write_token_status"]
LOST = UnavailableError("timeout")


def assert_minted_once(harness: OperatorHarness, token: Token | None) -> None:
    assert token is not None
    (secret,) = harness.store.every_secret.values()
    assert secret.text is not None
    assert token.status.hash is not None
    assert verify_hash(token.status.hash, secret.text)
    assert token.status.delivery is not None
    assert token.status.delivery.secret_uid == secret.uid
    assert token.owners == ()
    assert harness.store.secrets == {SECRET: secret}
    assert len({written.token.status.hash for written in harness.store.history}) == 1


@pytest.mark.parametrize("verb", MINT)
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(before=Crash()), id="before it took effect"),
        pytest.param(Fault(after=Crash()), id="after it took effect"),
    ],
)
@simulated
async def test_after_a_crash_the_next_leader_finishes_the_same_mint(
    harness: OperatorHarness, verb: str, fault: Fault
) -> None:
    harness.create()
    harness.fail(verb, fault)
    with pytest.raises(Crash):
        await harness.reconcile()
    harness.clock.advance(60)
    harness.restart()

    token = await harness.persist()
    harness.forget_calls()
    again = await harness.persist()

    assert_minted_once(harness, token)
    assert again == token
    assert harness.writes() == []


@pytest.mark.parametrize("verb", MINT)
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(before=LOST), id="no answer, not done"),
        pytest.param(Fault(after=LOST), id="no answer, but done"),
        pytest.param(Fault(before=ConflictError("409")), id="a conflict"),
    ],
)
@pytest.mark.parametrize("times", [1, 3])
@simulated
async def test_after_a_failed_write_another_try_comes_to_the_same_end(
    harness: OperatorHarness, verb: str, fault: Fault, times: int
) -> None:
    harness.create()
    harness.fail(verb, *[fault] * times)
    with pytest.raises(ApiError):
        await harness.reconcile()

    assert_minted_once(harness, await harness.persist())


@pytest.mark.parametrize("verb", MINT)
@simulated
async def test_an_edit_just_before_a_write_costs_another_try_and_is_not_lost(
    harness: OperatorHarness, verb: str
) -> None:
    harness.create()
    edits = iter([{"team": "billing"}])

    async def edit(call: Call) -> None:
        if call.verb == verb and (labels := next(edits, None)) is not None:
            harness.store.mark_token(TOKEN, labels=labels, annotations={})

    harness.replica.cluster.turn = edit
    with pytest.raises(ConflictError):
        await harness.reconcile()
    token = await harness.persist()

    assert_minted_once(harness, token)
    assert harness.token().labels == {"team": "billing"}


@simulated
async def test_a_token_revoked_during_its_mint_ends_without_a_secret(harness: OperatorHarness) -> None:
    harness.create()

    async def revoke(call: Call) -> None:
        if call.verb == "write_token_status":
            harness.revoke()

    harness.replica.cluster.turn = revoke
    with pytest.raises(ConflictError):
        await harness.reconcile()
    assert SECRET in harness.store.secrets
    token = await harness.persist()

    assert token is not None
    assert (token.status.phase, token.minted) == (Phase.REVOKED, False)
    assert harness.store.secrets == {}


@pytest.mark.parametrize("collected", [False, True], ids=["its Secret is open", "its Secret was collected"])
@simulated
async def test_a_leader_that_was_overtaken_takes_only_its_own_secret_away(
    harness: OperatorHarness, *, collected: bool
) -> None:
    """Just before we make its Secret another leader mints the token. If that one was read, ours is made after all."""
    harness.create()
    rival = harness.rival()

    async def overtake(call: Call) -> None:
        if call.verb == "create_one_time_secret" and not harness.token().minted:
            await rival.reconcile()
            if collected:
                harness.store.secrets.clear()

    harness.replica.cluster.turn = overtake
    with pytest.raises(ConflictError):
        await harness.reconcile()
    recorded = harness.token().status.delivery
    await harness.persist()

    assert recorded is not None
    assert [secret.uid for secret in harness.store.secrets.values()] == ([] if collected else [recorded.secret_uid])
    assert harness.token().status.delivery == recorded
    assert len({written.token.status.hash for written in harness.store.history}) == 1


@simulated
async def test_a_mint_that_was_overtaken_by_the_tokens_end_takes_its_secret_away(harness: OperatorHarness) -> None:
    harness.create()
    rival = harness.rival()

    async def overtake(call: Call) -> None:
        if call.verb == "create_one_time_secret" and not harness.token().spec.revoked:
            harness.revoke()
            await rival.reconcile()

    harness.replica.cluster.turn = overtake
    with pytest.raises(ConflictError):
        await harness.reconcile()
    assert SECRET in harness.store.secrets
    await harness.persist()

    assert harness.store.secrets == {}
    assert reason(harness.token(), "Delivered") == "NotDelivered"


@pytest.mark.parametrize("failures", [0, 1])
@simulated
async def test_a_token_that_is_deleted_during_its_mint_leaves_no_secret(
    harness: OperatorHarness, failures: int
) -> None:
    """Nor where its deletion orphans, so that nobody collects the Secret, and nowhere is it recorded."""
    harness.create()

    async def delete(call: Call) -> None:
        if call.verb == "write_token_status":
            harness.store.delete_token(TOKEN)

    harness.replica.cluster.turn = delete
    with pytest.raises(NotFoundError):
        await harness.reconcile()
    assert SECRET in harness.store.secrets
    harness.fail("delete_secret", *[Fault(before=LOST)] * failures)
    await harness.persist()

    assert harness.store.secrets == {}
    assert TOKEN not in harness.replica.cache.tokens.keys


class Witness(FakeRecorder):
    """Notes what is stored at the moment of each Event."""

    def __init__(self, harness: OperatorHarness) -> None:
        super().__init__()
        self.harness = harness
        self.seen: list[tuple[str, Phase | None]] = []

    def record(self, notice: EventMessage) -> None:
        super().record(notice)
        self.seen.append((notice.reason, self.harness.token().status.phase))


@simulated
async def test_people_are_told_only_after_it_is_written(harness: OperatorHarness) -> None:
    harness.recorder = witness = Witness(harness)
    harness.restart()
    harness.create()
    harness.fail("write_token_status", Fault(before=ConflictError("409")))
    with pytest.raises(ConflictError):
        await harness.reconcile()
    assert witness.seen == []

    await harness.reconcile()
    harness.revoke()
    await harness.reconcile()

    assert witness.seen == [
        ("Issued", Phase.ACTIVE),
        ("Delivered", Phase.ACTIVE),
        ("Revoked", Phase.REVOKED),
        ("Withdrawn", Phase.REVOKED),
    ]
