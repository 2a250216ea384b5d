"""What is deleted and still stands: a one-time Secret, or the token itself. Nothing says that it is gone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.conditions import is_true
from pharia_access.domain.model import ObjectKey, Phase, Token
from pharia_access.domain.reasons import DeliveryState
from pharia_access.errors import UnavailableError
from pharia_access.services.operator.token_reconciler import HELD_RETRY_SECONDS
from pharia_access.services.operator.work_queue import WorkItem
from tests.support.builders import NOW, TOKEN, WINDOW
from tests.support.faults import Fault
from tests.support.service_builders import SECRET, Bench, drained, message, reason
from tests.support.virtual_time import simulated

HOLD = "x.example/hold"
AVAILABLE, WITHDRAWN = DeliveryState.AVAILABLE, DeliveryState.WITHDRAWN
UNAVAILABLE = UnavailableError("503")


def delivered(token: Token | None) -> tuple[DeliveryState | None, str | None]:
    """Where the Secret is, and the reason that Delivered gives."""
    assert token is not None
    delivery = token.status.delivery
    return None if delivery is None else delivery.state, reason(token, "Delivered")


async def held_after_its_window(bench: Bench) -> Token:
    """An active token whose Secret stands although its window is over, as its status says."""
    await bench.mint()
    bench.store.hold_secret(SECRET, HOLD)
    bench.clock.advance(WINDOW.total_seconds())
    token = await bench.reconcile()
    assert delivered(token) == (AVAILABLE, "WithdrawalHeld")
    assert token is not None
    return token


@simulated
async def test_a_held_secret_is_told_once_and_looked_at_by_the_probes(bench: Bench) -> None:
    token = await held_after_its_window(bench)
    calls = bench.writes()
    bench.forget_calls()

    again = await bench.reconcile()

    assert again == token
    assert calls == ["delete_secret", "write_token_status"]
    assert bench.writes() == ["delete_secret"]
    assert bench.recorder.notices == []
    assert (bench.replica.tokens._withdrawals._held, bench.replica.tokens._withdrawals._taken_away) == ({}, {})
    assert bench.replica.probes._open[TOKEN].uid == bench.store.secrets[SECRET].uid
    assert bench.replica.schedule.next_due() == (NOW + timedelta(hours=2160) - timedelta(days=7)).timestamp()


@simulated
async def test_the_event_of_a_held_secret_warns_and_names_the_finalizer(bench: Bench) -> None:
    await held_after_its_window(bench)

    [notice] = bench.recorder.notices

    assert (notice.reason, notice.warning) == ("WithdrawalHeld", True)
    assert all(part in notice.message for part in (SECRET.name, HOLD, "revoke the token"))


@pytest.mark.parametrize("process", ["the same leader", "another leader"])
@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(None, id="no trouble"),
        pytest.param(("delete_secret", Fault(before=UNAVAILABLE)), id="the delete fails"),
        pytest.param(("delete_secret", Fault(after=UNAVAILABLE)), id="its answer is lost"),
        pytest.param(("write_token_status", Fault(before=UNAVAILABLE)), id="the write fails"),
    ],
)
@simulated
async def test_once_the_finalizer_is_off_the_secret_is_withdrawn_and_not_collected(
    bench: Bench, process: str, trouble: tuple[str, Fault] | None
) -> None:
    await held_after_its_window(bench)
    bench.store.hold_secret(SECRET)
    if process == "another leader":
        bench.restart()
    if trouble is not None:
        bench.fail(*trouble)

    token = await bench.persist()

    assert delivered(token) == (WITHDRAWN, "WindowClosed")
    assert bench.store.secrets == {}
    assert bench.recorder.reasons() == ["WithdrawalHeld", "Withdrawn"]


@simulated
async def test_a_held_secret_does_not_hold_up_the_end_of_its_token(bench: Bench) -> None:
    await held_after_its_window(bench)
    bench.revoke()

    token = await bench.reconcile()

    assert token is not None
    assert token.status.phase is Phase.REVOKED
    assert delivered(token) == (AVAILABLE, "WithdrawalHeld")
    assert "is refused" in message(token, "Delivered")
    bench.store.hold_secret(SECRET)
    assert delivered(await bench.reconcile()) == (WITHDRAWN, "Withdrawn")


@simulated
async def test_the_message_names_the_finalizers_that_are_left(bench: Bench) -> None:
    await bench.mint()
    bench.store.hold_secret(SECRET, HOLD, "x.example/more")
    bench.revoke()
    first = message(await _there(bench), "Delivered")
    bench.store.hold_secret(SECRET, HOLD)
    then = message(await _there(bench), "Delivered")

    assert ("x.example/more" in first, "x.example/more" in then, HOLD in then) == (True, False, True)


async def _there(bench: Bench) -> Token:
    token = await bench.reconcile()
    assert token is not None
    return token


@simulated
async def test_a_crashed_mints_secret_that_stands_is_tried_again_in_a_while(bench: Bench) -> None:
    token = bench.create()
    bench.leave_secret(token_uid=token.uid)
    bench.store.hold_secret(SECRET, HOLD)
    bench.revoke()

    assert await bench.turned_away() == HELD_RETRY_SECONDS
    assert (bench.token().status.phase, reason(bench.token(), "Delivered")) == (Phase.REVOKED, "WithdrawalHeld")
    bench.forget_calls()
    assert await bench.turned_away() == HELD_RETRY_SECONDS
    assert bench.writes() == ["delete_secret"]

    bench.store.hold_secret(SECRET)
    await bench.reconcile()
    assert reason(bench.token(), "Delivered") == "NotDelivered"


@simulated
async def test_the_held_secret_of_an_earlier_token_is_waited_for_with_a_reason(bench: Bench) -> None:
    bench.create()
    bench.leave_secret(token_uid="uid-0", token_name="gone")
    bench.store.hold_secret(SECRET, HOLD)

    await bench.turned_away()

    token = bench.token()
    assert (token.status.phase, reason(token), is_true(token.status.conditions, "Stalled")) == (
        Phase.PENDING,
        "SecretConflict",
        True,
    )
    assert all(part in message(token) for part in (SECRET.name, "earlier token", HOLD, "secretName"))
    bench.store.hold_secret(SECRET)
    minted = await bench.reconcile()
    assert minted is not None
    assert minted.minted


# --- tokens


@pytest.mark.parametrize(
    ("before", "phase"),
    [("pending", Phase.REVOKED), ("active", Phase.REVOKED), ("expired", Phase.EXPIRED), ("revoked", Phase.REVOKED)],
)
@simulated
async def test_a_token_that_is_being_deleted_is_over_and_its_secret_goes_at_once(
    bench: Bench, before: str, phase: Phase
) -> None:
    if before == "pending":
        bench.create()
    else:
        await bench.mint(ttl=timedelta(minutes=30))
    if before == "expired":
        bench.clock.advance(1800)
    if before == "revoked":
        bench.revoke()
    await bench.reconcile() if before != "pending" else None
    bench.store.hold_token(TOKEN, HOLD)
    bench.store.delete_token(TOKEN)

    token = await bench.reconcile()
    again = await bench.reconcile()

    assert again == token
    assert token is not None
    assert (token.status.phase, reason(token), reason(token, "Active")) == (phase, "Deleting", "Deleting")
    assert not is_true(token.status.conditions, "Active")
    assert HOLD in message(token)
    assert bench.store.secrets == {}
    assert ("Deleting", True) in [(notice.reason, notice.warning) for notice in bench.recorder.notices]
    bench.store.hold_token(TOKEN)
    assert await bench.reconcile() is None


@simulated
async def test_a_deletion_in_the_foreground_makes_no_event(bench: Bench) -> None:
    await bench.mint()
    bench.store.begin_token_deletion(TOKEN)

    await bench.reconcile()

    assert reason(bench.token()) == "Deleting"
    assert "Deleting" not in bench.recorder.reasons()
    assert bench.store.collect_garbage()
    assert TOKEN not in bench.store.tokens


@simulated
async def test_a_token_that_the_operator_deletes_and_that_stands_is_not_forgotten(bench: Bench) -> None:
    minted = await bench.mint()
    bench.store.hold_token(TOKEN, HOLD)
    bench.remove_credential()

    await bench.reconcile()

    assert bench.token().deleting
    assert bench.replica.view.token(TOKEN) is not None
    token = await bench.reconcile()
    assert token is not None
    assert (reason(token), token.status.hash) == ("Deleting", minted.status.hash)
    assert bench.store.secrets == {}


@simulated
async def test_a_secret_whose_token_is_gone_is_deleted_once_though_it_stands(bench: Bench) -> None:
    minted = await bench.mint()
    bench.store.hold_secret(SECRET, HOLD)
    bench.store.delete_token(minted.key)
    await bench.reconcile()
    [work] = [work for work in await drained(bench.replica.queue) if work.kind == "secret"]

    await bench.replica.operator.handle(work)

    assert work == WorkItem("secret", SECRET, bench.store.secrets[SECRET].uid)
    assert len(bench.replica.queue) == 0
    assert ObjectKey(TOKEN.namespace, SECRET.name) in bench.store.secrets


@simulated
async def test_a_held_token_frees_its_place_at_once(bench: Bench) -> None:
    minted = await bench.mint()
    bench.store.hold_token(TOKEN, HOLD)
    bench.store.delete_token(TOKEN)
    bench.replica.intake.token_seen(bench.token())

    record = bench.replica.view.token(TOKEN)

    assert record is not None
    assert (replace(record, resource_version="").uid, record.holds_place) == (minted.uid, False)
