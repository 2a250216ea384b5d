"""What is deleted and still stands: a one-time Secret, or the token itself. Nothing says that it is gone."""

from datetime import timedelta

import pytest

from pharia_access.domain.conditions import is_true
from pharia_access.domain.model import ObjectKey, Phase, Token
from pharia_access.domain.reasons import DeliveryState
from pharia_access.errors import UnavailableError
from pharia_access.services.operator.token_reconciler import HELD_RETRY_SECONDS
from pharia_access.services.operator.work_queue import WorkItem
from tests.support.builders.domain_objects import NOW, TOKEN, WINDOW
from tests.support.fakes.scripted_faults import Fault
from tests.support.fakes.virtual_time import simulated
from tests.support.harness.held_objects import HOLD
from tests.support.harness.operator_harness import SECRET, OperatorHarness, drained, message, reason

AVAILABLE, WITHDRAWN = DeliveryState.AVAILABLE, DeliveryState.WITHDRAWN
UNAVAILABLE = UnavailableError("503")


def delivered(token: Token | None) -> tuple[DeliveryState | None, str | None]:
    """Where the Secret is, and the reason that Delivered gives."""
    assert token is not None
    delivery = token.status.delivery
    return None if delivery is None else delivery.state, reason(token, "Delivered")


async def held_after_its_window(harness: OperatorHarness) -> Token:
    """An active token whose Secret stands although its window is over, as its status says."""
    await harness.mint()
    harness.store.hold_secret(SECRET, HOLD)
    harness.clock.advance(WINDOW.total_seconds())
    token = await harness.reconcile()
    assert delivered(token) == (AVAILABLE, "WithdrawalHeld")
    assert token is not None
    return token


@simulated
async def test_a_held_secret_is_told_once_and_looked_at_by_the_probes(harness: OperatorHarness) -> None:
    token = await held_after_its_window(harness)
    calls = harness.writes()
    harness.forget_calls()

    again = await harness.reconcile()

    assert again == token
    assert calls == ["delete_secret", "write_token_status"]
    assert harness.writes() == ["delete_secret"]
    assert harness.recorder.notices == []
    assert (harness.replica.tokens._withdrawals._held, harness.replica.tokens._withdrawals._own_deletions) == ({}, {})
    assert harness.replica.probes._open[TOKEN].uid == harness.store.secrets[SECRET].uid
    assert harness.replica.schedule.next_due() == (NOW + timedelta(hours=2160) - timedelta(days=7)).timestamp()


@simulated
async def test_the_event_of_a_held_secret_warns_and_names_the_finalizer(harness: OperatorHarness) -> None:
    await held_after_its_window(harness)

    [notice] = harness.recorder.notices

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
    harness: OperatorHarness, process: str, trouble: tuple[str, Fault] | None
) -> None:
    await held_after_its_window(harness)
    harness.store.hold_secret(SECRET)
    if process == "another leader":
        harness.restart()
    if trouble is not None:
        harness.fail(*trouble)

    token = await harness.persist()

    assert delivered(token) == (WITHDRAWN, "WindowClosed")
    assert harness.store.secrets == {}
    assert harness.recorder.reasons() == ["WithdrawalHeld", "Withdrawn"]


@simulated
async def test_a_held_secret_does_not_hold_up_the_end_of_its_token(harness: OperatorHarness) -> None:
    await held_after_its_window(harness)
    harness.revoke()

    token = await harness.reconcile()

    assert token is not None
    assert token.status.phase is Phase.REVOKED
    assert delivered(token) == (AVAILABLE, "WithdrawalHeld")
    assert "is refused" in message(token, "Delivered")
    harness.store.hold_secret(SECRET)
    assert delivered(await harness.reconcile()) == (WITHDRAWN, "Withdrawn")


@simulated
async def test_the_message_names_the_finalizers_that_are_left(harness: OperatorHarness) -> None:
    await harness.mint()
    harness.store.hold_secret(SECRET, HOLD, "x.example/more")
    harness.revoke()
    first = message(await _there(harness), "Delivered")
    harness.store.hold_secret(SECRET, HOLD)
    then = message(await _there(harness), "Delivered")

    assert ("x.example/more" in first, "x.example/more" in then, HOLD in then) == (True, False, True)


async def _there(harness: OperatorHarness) -> Token:
    token = await harness.reconcile()
    assert token is not None
    return token


@simulated
async def test_a_crashed_mints_secret_that_stands_is_tried_again_in_a_while(harness: OperatorHarness) -> None:
    token = harness.create()
    harness.leave_secret(token_uid=token.uid)
    harness.store.hold_secret(SECRET, HOLD)
    harness.revoke()

    assert await harness.turned_away() == HELD_RETRY_SECONDS
    assert (harness.token().status.phase, reason(harness.token(), "Delivered")) == (Phase.REVOKED, "WithdrawalHeld")
    harness.forget_calls()
    assert await harness.turned_away() == HELD_RETRY_SECONDS
    assert harness.writes() == ["delete_secret"]

    harness.store.hold_secret(SECRET)
    await harness.reconcile()
    assert reason(harness.token(), "Delivered") == "NotDelivered"


@simulated
async def test_the_held_secret_of_an_earlier_token_is_waited_for_with_a_reason(harness: OperatorHarness) -> None:
    harness.create()
    harness.leave_secret(token_uid="uid-0", token_name="gone")
    harness.store.hold_secret(SECRET, HOLD)

    await harness.turned_away()

    token = harness.token()
    assert (token.status.phase, reason(token), is_true(token.status.conditions, "Stalled")) == (
        Phase.PENDING,
        "SecretConflict",
        True,
    )
    assert all(part in message(token) for part in (SECRET.name, "earlier token", HOLD, "secretName"))
    harness.store.hold_secret(SECRET)
    minted = await harness.reconcile()
    assert minted is not None
    assert minted.minted


@simulated
async def test_a_secret_whose_token_is_gone_is_deleted_once_though_it_stands(harness: OperatorHarness) -> None:
    minted = await harness.mint()
    harness.store.hold_secret(SECRET, HOLD)
    harness.store.delete_token(minted.key)
    await harness.reconcile()
    [work] = [work for work in await drained(harness.replica.queue) if work.kind == "secret"]

    await harness.replica.operator.handle(work)

    assert work == WorkItem("secret", SECRET, harness.store.secrets[SECRET].uid)
    assert len(harness.replica.queue) == 0
    assert ObjectKey(TOKEN.namespace, SECRET.name) in harness.store.secrets
