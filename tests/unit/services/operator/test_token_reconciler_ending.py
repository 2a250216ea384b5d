"""How a token ends: expired, revoked or deleted, and what never began ends too."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.conditions import is_true
from pharia_access.domain.model import ObjectKey, Phase
from pharia_access.domain.reasons import DeliveryState
from pharia_access.errors import ConflictError, NotFoundError, UnavailableError
from pharia_access.services.operator.work_queue import WorkItem
from tests.support.builders import NOW, TOKEN
from tests.support.faults import Call, Fault
from tests.support.service_builders import SECRET, Bench, drained, reason
from tests.support.virtual_time import simulated

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WITHDRAWN = DeliveryState.WITHDRAWN


def delivery(bench: Bench) -> DeliveryState | None:
    """Where the token's Secret is, as its status says."""
    recorded = bench.token().status.delivery
    return None if recorded is None else recorded.state


@simulated
async def test_before_its_end_a_token_warns_and_at_its_end_it_expires(bench: Bench) -> None:
    await bench.mint(ttl=30 * DAY)
    seen = []
    for seconds in (HOUR.total_seconds(), (23 * DAY - HOUR).total_seconds(), (7 * DAY).total_seconds() - 1, 1):
        bench.clock.advance(seconds)
        await bench.reconcile()
        seen.append((bench.token().status.phase, is_true(bench.token().status.conditions, "ExpiringSoon")))

    assert seen == [
        (Phase.ACTIVE, False),
        (Phase.ACTIVE, True),
        (Phase.ACTIVE, True),
        (Phase.EXPIRED, False),
    ]
    assert bench.recorder.reasons() == ["Withdrawn", "ExpiringSoon", "Expired"]
    assert bench.token().minted, "what was recorded stays, and so does the object"


@pytest.mark.parametrize("how", ["revoked", "expired", "its end brought forward"])
@simulated
async def test_a_token_that_ends_takes_its_open_secret_with_it_at_once(bench: Bench, how: str) -> None:
    minted = await bench.mint(ttl=HOUR / 2)
    match how:
        case "revoked":
            bench.revoke()
        case "expired":
            bench.clock.advance(1800)
        case _:
            bench.edit(lambda spec: replace(spec, expires_at=NOW))

    token = await bench.reconcile()
    again = await bench.reconcile()

    assert token is not None
    assert again == token
    phase = Phase.REVOKED if how == "revoked" else Phase.EXPIRED
    assert (token.status.phase, delivery(bench), bench.store.secrets) == (phase, WITHDRAWN, {})
    assert token.status.hash == minted.status.hash
    assert bench.writes()[:2] == ["delete_secret", "write_token_status"]
    assert len(bench.writes()) == 2
    assert phase.value in bench.recorder.reasons()
    assert bench.replica.schedule.next_due() is None


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
async def test_a_revocation_that_fails_half_way_is_finished(bench: Bench, verb: str, fault: Fault) -> None:
    await bench.mint()
    bench.revoke()
    bench.fail(verb, fault)

    token = await bench.persist()

    assert token is not None
    assert (token.status.phase, delivery(bench), bench.store.secrets) == (Phase.REVOKED, WITHDRAWN, {})


@simulated
async def test_a_revoked_token_whose_secret_was_swapped_by_a_race_leaves_none_behind(bench: Bench) -> None:
    token = await bench.mint()
    bench.leave_secret("secret-2", token_uid=token.uid)
    bench.revoke()

    await bench.reconcile()

    assert bench.store.secrets == {}
    assert delivery(bench) is WITHDRAWN


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
    bench: Bench, end: dict[str, object], expected: str
) -> None:
    token = bench.create()
    bench.edit(lambda spec: replace(spec, **end))  # type: ignore[arg-type] # a table's columns
    bench.leave_secret(token_uid=token.uid)

    await bench.reconcile()

    steps = [verb for verb in bench.calls() if verb in {"write_token_status", "delete_secret"}]
    assert steps == ["write_token_status", "delete_secret", "write_token_status"]
    assert (reason(bench.token()), reason(bench.token(), "Delivered")) == (expected, "NotDelivered")
    assert bench.store.secrets == {}
    assert bench.recorder.reasons() == [expected]


@simulated
async def test_another_tokens_secret_does_not_go_with_what_ended_without_a_mint(bench: Bench) -> None:
    other = bench.create("other")
    secret = bench.leave_secret(token_uid=other.uid, token_name="other")
    bench.create(revoked=True)

    await bench.reconcile()

    assert reason(bench.token(), "Delivered") == "NotDelivered"
    assert bench.store.secrets == {SECRET: secret}


@simulated
async def test_a_token_that_went_is_forgotten_and_its_secret_goes(bench: Bench) -> None:
    minted = await bench.mint()
    bench.store.delete_token(minted.key)

    assert await bench.reconcile() is None

    assert minted.status.delivery is not None
    assert TOKEN not in bench.replica.cache.tokens.keys
    assert WorkItem("secret", SECRET, minted.status.delivery.secret_uid) in await drained(bench.replica.queue)
    assert bench.writes() == []


@simulated
async def test_a_token_that_goes_while_it_is_written_is_not_written_again(bench: Bench) -> None:
    bench.create()

    async def vanish(call: Call) -> None:
        if call.verb == "write_token_status":
            bench.store.delete_token(TOKEN)

    bench.replica.cluster.turn = vanish
    with pytest.raises(NotFoundError):
        await bench.reconcile()

    assert await bench.reconcile() is None
    assert ObjectKey(TOKEN.namespace, TOKEN.name) not in bench.store.tokens
    assert bench.recorder.notices == []
