"""What lies under the name of a token's Secret: what is not provably its own is never adopted."""

from dataclasses import dataclass, replace

import pytest

from pharia_access.domain.api_values import InvalidObject, OneTimeSecret
from pharia_access.domain.lifecycle.decisions import WriteStatus
from pharia_access.domain.model import ObjectKey, Phase, Token
from pharia_access.errors import ConflictError, InvalidError
from tests.support.builders.domain_objects import TEXT, TOKEN, a_minted_token
from tests.support.fakes.scripted_faults import Call, Fault
from tests.support.fakes.virtual_time import simulated
from tests.support.harness.operator_harness import SECRET, OperatorHarness, reason

OURS, OTHERS = "uid-2", "uid-3"
BROKEN = InvalidObject("ApiToken", ObjectKey(TOKEN.namespace, "broken"), "uid-9", "9", 1, "spec: no")


async def settle(harness: OperatorHarness, token: Token) -> WriteStatus:
    return await harness.replica.minting.prepare_mint(token, harness.credential)


def why(token: Token, outcome: WriteStatus) -> str | None:
    return reason(replace(token, status=outcome.status))


@dataclass(frozen=True)
class Left:
    """A Secret of our type that lies under the token's name."""

    token_uid: str
    token_name: str
    immutable: bool = True


async def after_finding(harness: OperatorHarness, left: Left) -> tuple[Token, OneTimeSecret]:
    """Have the token, another one, one that nobody understands, and the Secret."""
    token, other = harness.create(), harness.create("other")
    harness.store.malformed[BROKEN.key] = BROKEN
    assert (token.uid, other.uid) == (OURS, OTHERS)
    return token, harness.leave_secret(
        token_uid=left.token_uid, token_name=left.token_name, immutable=left.immutable, owner_uid=OURS
    )


@pytest.mark.parametrize(
    "left",
    [
        pytest.param(Left(OURS, "ci", immutable=False), id="one that can be changed, though it names the token"),
        pytest.param(Left(OTHERS, "other"), id="one of another token, re-pointed at this one by its owner reference"),
        pytest.param(Left("uid-9", "broken"), id="one of a token that nobody understands"),
    ],
)
@simulated
async def test_a_secret_that_is_not_provably_the_tokens_is_left_alone(harness: OperatorHarness, left: Left) -> None:
    token, secret = await after_finding(harness, left)

    outcome = await settle(harness, token)

    assert (outcome.status.phase, why(token, outcome)) == (Phase.PENDING, "SecretConflict")
    assert outcome.status.credential == harness.credential.identity
    assert not replace(token, status=outcome.status).minted
    assert harness.store.secrets == {SECRET: secret}


@simulated
async def test_a_secret_that_names_no_token_at_all_is_left_alone(harness: OperatorHarness) -> None:
    token, secret = await after_finding(harness, Left("", ""))
    harness.fail("read_token", Fault(before=InvalidError("'' cannot be the name of an object")))

    outcome = await settle(harness, token)

    assert why(token, outcome) == "SecretConflict"
    assert harness.store.secrets == {SECRET: secret}


@simulated
async def test_a_secret_that_is_not_of_our_type_is_left_alone_and_nobody_looks_into_it(
    harness: OperatorHarness,
) -> None:
    token = harness.create()
    harness.store.foreign_secrets.add(SECRET)

    outcome = await settle(harness, token)

    assert why(token, outcome) == "SecretConflict"
    assert harness.store.foreign_secrets == {SECRET}
    assert harness.calls() == ["create_one_time_secret", "inspect_secret"]


@pytest.mark.parametrize(
    "left",
    [
        pytest.param(Left("uid-0", "ci"), id="of an earlier token of the name"),
        pytest.param(Left("", "ci"), id="that names no UID"),
        pytest.param(Left("uid-0", "other"), id="of an earlier token of another name"),
        pytest.param(Left("uid-0", "gone"), id="of a token that is gone"),
        pytest.param(Left("uid-0", "gone", immutable=False), id="that can be changed, of a token that is gone"),
    ],
)
@simulated
async def test_a_secret_that_no_living_token_has_gives_way_and_is_not_adopted(
    harness: OperatorHarness, left: Left
) -> None:
    token, _ = await after_finding(harness, left)

    with pytest.raises(ConflictError, match="gave way"):
        await settle(harness, token)
    assert harness.store.secrets == {}
    status = (await settle(harness, token)).status

    assert status.delivery is not None
    assert status.delivery.secret_uid != "secret-1"
    assert status.token_id != TEXT.token_id


@simulated
async def test_a_secret_that_is_replaced_just_before_it_would_give_way_stays(harness: OperatorHarness) -> None:
    token, _ = await after_finding(harness, Left("uid-0", "gone"))

    async def replaced(call: Call) -> None:
        if call.verb == "delete_secret":
            harness.leave_secret("secret-2", token_uid=token.uid)

    harness.replica.cluster.turn = replaced
    with pytest.raises(ConflictError):
        await settle(harness, token)

    assert harness.store.secrets[SECRET].uid == "secret-2"


@simulated
async def test_a_secret_that_vanishes_while_it_is_looked_at_means_another_try(harness: OperatorHarness) -> None:
    token = harness.create()
    harness.leave_secret(token_uid=token.uid)

    async def vanish(call: Call) -> None:
        if call.verb == "inspect_secret":
            harness.store.secrets.clear()

    harness.replica.cluster.turn = vanish

    with pytest.raises(ConflictError, match="vanished"):
        await settle(harness, token)


# --- what a lost race left


@pytest.mark.parametrize(
    ("left", "deleted"),
    [
        pytest.param(Left(OURS, "ci"), True, id="one of this token that nobody recorded goes"),
        pytest.param(Left(OURS, "ci", immutable=False), False, id="one that can be changed stays"),
        pytest.param(Left(OTHERS, "other"), False, id="another token's stays"),
        pytest.param(Left("uid-0", "gone"), False, id="that of a token long gone is not our business here"),
    ],
)
@simulated
async def test_of_what_was_left_behind_only_the_tokens_own_goes(
    harness: OperatorHarness, left: Left, *, deleted: bool
) -> None:
    token, _ = await after_finding(harness, left)

    await harness.replica.minting.delete_leftover(token)

    assert (SECRET not in harness.store.secrets) is deleted


@pytest.mark.parametrize(("uid", "left"), [("secret-1", 1), ("secret-2", 0)], ids=["the recorded one", "another"])
@simulated
async def test_the_secret_that_the_status_records_is_not_a_leftover(
    harness: OperatorHarness, uid: str, left: int
) -> None:
    token = a_minted_token(harness.create(), credential=harness.credential.identity)
    harness.leave_secret(uid, token_uid=token.uid)

    await harness.replica.minting.delete_leftover(token)

    assert len(harness.store.secrets) == left


@simulated
async def test_where_nothing_or_a_foreign_secret_has_the_name_nothing_is_deleted(harness: OperatorHarness) -> None:
    token = harness.create()

    await harness.replica.minting.delete_leftover(token)
    harness.store.foreign_secrets.add(SECRET)
    await harness.replica.minting.delete_leftover(token)

    assert harness.writes() == []
    assert harness.store.foreign_secrets == {SECRET}
