"""Whatever write of a mint goes wrong, and however: in the end there is one Secret and one hash of it."""

import pytest

from pharia_access.domain.api_values import EventMessage
from pharia_access.domain.argon2id import verify_hash
from pharia_access.domain.model import Phase, Token
from pharia_access.errors import ApiError, ConflictError, NotFoundError, UnavailableError
from tests.support.builders import TOKEN
from tests.support.fakes import FakeRecorder
from tests.support.faults import Call, Crash, Fault
from tests.support.service_builders import SECRET, Bench, reason
from tests.support.virtual_time import simulated

MINT = ["create_one_time_secret", "write_token_status"]
LOST = UnavailableError("timeout")


def assert_minted_once(bench: Bench, token: Token | None) -> None:
    assert token is not None
    (secret,) = bench.store.every_secret.values()
    assert secret.text is not None
    assert token.status.hash is not None
    assert verify_hash(token.status.hash, secret.text)
    assert token.status.delivery is not None
    assert token.status.delivery.secret_uid == secret.uid
    assert token.owners == ()
    assert bench.store.secrets == {SECRET: secret}
    assert len({written.token.status.hash for written in bench.store.history}) == 1


@pytest.mark.parametrize("verb", MINT)
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(before=Crash()), id="before it took effect"),
        pytest.param(Fault(after=Crash()), id="after it took effect"),
    ],
)
@simulated
async def test_after_a_crash_the_next_leader_finishes_the_same_mint(bench: Bench, verb: str, fault: Fault) -> None:
    bench.create()
    bench.fail(verb, fault)
    with pytest.raises(Crash):
        await bench.reconcile()
    bench.clock.advance(60)
    bench.restart()

    token = await bench.persist()
    bench.forget_calls()
    again = await bench.persist()

    assert_minted_once(bench, token)
    assert again == token
    assert bench.writes() == []


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
    bench: Bench, verb: str, fault: Fault, times: int
) -> None:
    bench.create()
    bench.fail(verb, *[fault] * times)
    with pytest.raises(ApiError):
        await bench.reconcile()

    assert_minted_once(bench, await bench.persist())


@pytest.mark.parametrize("verb", MINT)
@simulated
async def test_an_edit_just_before_a_write_costs_another_try_and_is_not_lost(bench: Bench, verb: str) -> None:
    bench.create()
    edits = iter([{"team": "billing"}])

    async def edit(call: Call) -> None:
        if call.verb == verb and (labels := next(edits, None)) is not None:
            bench.store.mark_token(TOKEN, labels=labels, annotations={})

    bench.replica.cluster.turn = edit
    with pytest.raises(ConflictError):
        await bench.reconcile()
    token = await bench.persist()

    assert_minted_once(bench, token)
    assert bench.token().labels == {"team": "billing"}


@simulated
async def test_a_token_revoked_during_its_mint_ends_without_a_secret(bench: Bench) -> None:
    bench.create()

    async def revoke(call: Call) -> None:
        if call.verb == "write_token_status":
            bench.revoke()

    bench.replica.cluster.turn = revoke
    with pytest.raises(ConflictError):
        await bench.reconcile()
    assert SECRET in bench.store.secrets
    token = await bench.persist()

    assert token is not None
    assert (token.status.phase, token.minted) == (Phase.REVOKED, False)
    assert bench.store.secrets == {}


@pytest.mark.parametrize("collected", [False, True], ids=["its Secret is open", "its Secret was collected"])
@simulated
async def test_a_leader_that_was_overtaken_takes_only_its_own_secret_away(bench: Bench, *, collected: bool) -> None:
    """Just before we make its Secret another leader mints the token. If that one was read, ours is made after all."""
    bench.create()
    rival = bench.rival()

    async def overtake(call: Call) -> None:
        if call.verb == "create_one_time_secret" and not bench.token().minted:
            await rival.reconcile()
            if collected:
                bench.store.secrets.clear()

    bench.replica.cluster.turn = overtake
    with pytest.raises(ConflictError):
        await bench.reconcile()
    recorded = bench.token().status.delivery
    await bench.persist()

    assert recorded is not None
    assert [secret.uid for secret in bench.store.secrets.values()] == ([] if collected else [recorded.secret_uid])
    assert bench.token().status.delivery == recorded
    assert len({written.token.status.hash for written in bench.store.history}) == 1


@simulated
async def test_a_mint_that_was_overtaken_by_the_tokens_end_takes_its_secret_away(bench: Bench) -> None:
    bench.create()
    rival = bench.rival()

    async def overtake(call: Call) -> None:
        if call.verb == "create_one_time_secret" and not bench.token().spec.revoked:
            bench.revoke()
            await rival.reconcile()

    bench.replica.cluster.turn = overtake
    with pytest.raises(ConflictError):
        await bench.reconcile()
    assert SECRET in bench.store.secrets
    await bench.persist()

    assert bench.store.secrets == {}
    assert reason(bench.token(), "Delivered") == "NotDelivered"


@pytest.mark.parametrize("failures", [0, 1])
@simulated
async def test_a_token_that_is_deleted_during_its_mint_leaves_no_secret(bench: Bench, failures: int) -> None:
    """Nor where its deletion orphans, so that nobody collects the Secret, and nowhere is it recorded."""
    bench.create()

    async def delete(call: Call) -> None:
        if call.verb == "write_token_status":
            bench.store.delete_token(TOKEN)

    bench.replica.cluster.turn = delete
    with pytest.raises(NotFoundError):
        await bench.reconcile()
    assert SECRET in bench.store.secrets
    bench.fail("delete_secret", *[Fault(before=LOST)] * failures)
    await bench.persist()

    assert bench.store.secrets == {}
    assert TOKEN not in bench.replica.cache.tokens.keys


class Witness(FakeRecorder):
    """Notes what is stored at the moment of each Event."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench = bench
        self.seen: list[tuple[str, Phase | None]] = []

    def record(self, notice: EventMessage) -> None:
        super().record(notice)
        self.seen.append((notice.reason, self.bench.token().status.phase))


@simulated
async def test_people_are_told_only_after_it_is_written(bench: Bench) -> None:
    bench.recorder = witness = Witness(bench)
    bench.restart()
    bench.create()
    bench.fail("write_token_status", Fault(before=ConflictError("409")))
    with pytest.raises(ConflictError):
        await bench.reconcile()
    assert witness.seen == []

    await bench.reconcile()
    bench.revoke()
    await bench.reconcile()

    assert witness.seen == [
        ("Issued", Phase.ACTIVE),
        ("Delivered", Phase.ACTIVE),
        ("Revoked", Phase.REVOKED),
        ("Withdrawn", Phase.REVOKED),
    ]
