"""How a token ends: expired, revoked or deleted, and what never began ends too."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.conditions import is_true
from pharia_access.domain.model import ObjectKey, Phase
from pharia_access.domain.reasons import DeliveryState
from pharia_access.errors import ConflictError, NotFoundError, UnavailableError
from pharia_access.services.operator.work_queue import WorkItem
from tests.support.builders.domain_objects import CREDENTIAL, NOW, TOKEN, WINDOW
from tests.support.fakes.scripted_faults import Call, Fault
from tests.support.fakes.virtual_time import simulated
from tests.support.harness.operator_harness import SECRET, OperatorHarness, drained, reason

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WITHDRAWN = DeliveryState.WITHDRAWN


def delivery(harness: OperatorHarness) -> DeliveryState | None:
    """Where the token's Secret is, as its status says."""
    recorded = harness.token().status.delivery
    return None if recorded is None else recorded.state


@simulated
async def test_before_its_end_a_token_warns_and_at_its_end_it_expires(harness: OperatorHarness) -> None:
    await harness.mint(ttl=30 * DAY)
    seen = []
    for seconds in (HOUR.total_seconds(), (23 * DAY - HOUR).total_seconds(), (7 * DAY).total_seconds() - 1, 1):
        harness.clock.advance(seconds)
        await harness.reconcile()
        seen.append((harness.token().status.phase, is_true(harness.token().status.conditions, "ExpiringSoon")))

    assert seen == [
        (Phase.ACTIVE, False),
        (Phase.ACTIVE, True),
        (Phase.ACTIVE, True),
        (Phase.EXPIRED, False),
    ]
    assert harness.recorder.reasons() == ["Withdrawn", "ExpiringSoon", "Expired"]
    assert harness.token().minted, "what was recorded stays, and so does the object"


@pytest.mark.parametrize("how", ["revoked", "expired", "its end brought forward"])
@simulated
async def test_a_token_that_ends_takes_its_open_secret_with_it_at_once(harness: OperatorHarness, how: str) -> None:
    minted = await harness.mint(ttl=HOUR / 2)
    match how:
        case "revoked":
            harness.revoke()
        case "expired":
            harness.clock.advance(1800)
        case _:
            harness.edit(lambda spec: replace(spec, expires_at=NOW))

    token = await harness.reconcile()
    again = await harness.reconcile()

    assert token is not None
    assert again == token
    phase = Phase.REVOKED if how == "revoked" else Phase.EXPIRED
    assert (token.status.phase, delivery(harness), harness.store.secrets) == (phase, WITHDRAWN, {})
    assert token.status.hash == minted.status.hash
    assert harness.writes()[:2] == ["delete_secret", "write_token_status"]
    assert len(harness.writes()) == 2
    assert phase.value in harness.recorder.reasons()
    assert harness.replica.schedule.next_due() is None


@pytest.mark.parametrize("verb", ["delete_secret", "write_token_status"])
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(before=UnavailableError("500")), id="not done"),
        pytest.param(Fault(after=UnavailableError("timeout")), id="done, but the answer lost"),
        pytest.param(Fault(before=ConflictError("409")), id="a conflict"),
    ],
)
@simulated
async def test_a_revocation_that_fails_half_way_is_finished(harness: OperatorHarness, verb: str, fault: Fault) -> None:
    await harness.mint()
    harness.revoke()
    harness.fail(verb, fault)

    token = await harness.persist()

    assert token is not None
    assert (token.status.phase, delivery(harness), harness.store.secrets) == (Phase.REVOKED, WITHDRAWN, {})


@simulated
async def test_a_revoked_token_whose_secret_was_swapped_by_a_race_leaves_none_behind(harness: OperatorHarness) -> None:
    token = await harness.mint()
    harness.leave_secret("secret-2", token_uid=token.uid)
    harness.revoke()

    await harness.reconcile()

    assert harness.store.secrets == {}
    assert delivery(harness) is WITHDRAWN


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        pytest.param({"revoked": True}, "Revoked", id="revoked"),
        pytest.param({"expires_at": NOW}, "Expired", id="over"),
        pytest.param({"ttl": timedelta(days=4000)}, "TTLTooLong", id="refused"),
    ],
)
@simulated
async def test_what_ends_without_a_mint_is_fenced_before_a_crashed_mints_secret_goes(
    harness: OperatorHarness, end: dict[str, object], expected: str
) -> None:
    token = harness.create()
    harness.edit(lambda spec: replace(spec, **end))  # type: ignore[arg-type] # a table's columns
    harness.leave_secret(token_uid=token.uid)

    await harness.reconcile()

    steps = [verb for verb in harness.calls() if verb in {"write_token_status", "delete_secret"}]
    assert steps == ["write_token_status", "delete_secret", "write_token_status"]
    assert (reason(harness.token()), reason(harness.token(), "Delivered")) == (expected, "NotDelivered")
    assert harness.store.secrets == {}
    assert harness.recorder.reasons() == [expected]


@simulated
async def test_another_tokens_secret_does_not_go_with_what_ended_without_a_mint(harness: OperatorHarness) -> None:
    other = harness.create("other")
    secret = harness.leave_secret(token_uid=other.uid, token_name="other")
    harness.create(revoked=True)

    await harness.reconcile()

    assert reason(harness.token(), "Delivered") == "NotDelivered"
    assert harness.store.secrets == {SECRET: secret}


@simulated
async def test_a_token_that_went_is_forgotten_and_its_secret_goes(harness: OperatorHarness) -> None:
    minted = await harness.mint()
    harness.store.delete_token(minted.key)

    assert await harness.reconcile() is None

    assert minted.status.delivery is not None
    assert TOKEN not in harness.replica.cache.tokens.keys
    assert WorkItem("secret", SECRET, minted.status.delivery.secret_uid) in await drained(harness.replica.queue)
    assert harness.writes() == []


@simulated
async def test_while_other_deletes_are_under_way_an_orphan_says_so_and_no_worker_waits_to_delete_it(
    harness: OperatorHarness,
) -> None:
    """Its credential goes while the end of its window is written, so that both are one reconcile's."""
    minted = await harness.mint()
    harness.clock.advance(WINDOW.total_seconds())
    harness.replica.cache.keep_recent(minted)
    deletes = harness.replica.tokens._deletes
    while not deletes.is_busy:
        await deletes.wait("elsewhere")

    async def orphan(call: Call) -> None:
        if call.verb == "write_token_status" and CREDENTIAL in harness.store.credentials:
            harness.remove_credential()

    harness.replica.cluster.turn = orphan
    await harness.reconcile()

    assert reason(harness.token(), "Active") == "CredentialNotFound"
    assert harness.writes() == ["delete_secret", "write_token_status", "write_token_status"]
    assert harness.work() in await drained(harness.replica.queue)


@simulated
async def test_a_token_that_goes_while_it_is_written_is_not_written_again(harness: OperatorHarness) -> None:
    harness.create()

    async def vanish(call: Call) -> None:
        if call.verb == "write_token_status":
            harness.store.delete_token(TOKEN)

    harness.replica.cluster.turn = vanish
    with pytest.raises(NotFoundError):
        await harness.reconcile()

    assert await harness.reconcile() is None
    assert ObjectKey(TOKEN.namespace, TOKEN.name) not in harness.store.tokens
    assert harness.recorder.notices == []
