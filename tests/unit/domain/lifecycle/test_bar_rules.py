"""What bars a token whose life is not over: its condition Active says it, its phase and its Secret stay as they are."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.conditions import find
from pharia_access.domain.lifecycle.bar_rules import report_blocker
from pharia_access.domain.lifecycle.decisions import DeleteToken, InSync, Observed, WriteStatus
from pharia_access.domain.lifecycle.token_rules import decide
from pharia_access.domain.lifecycle.token_status import notices
from pharia_access.domain.model import Credential, Phase, Token
from pharia_access.domain.reasons import DeliveryState, Reason
from tests.support.builders.domain_objects import NOW, a_credential, a_minted_token, a_token
from tests.support.builders.observations import ARGO, OTHER, observed, waiting

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SUSPENDED, LEAVING = a_credential(suspended=True), a_credential(deleting=True)
OWNED = a_minted_token(state=DeliveryState.COLLECTED)


def settled(case: Observed) -> Token:
    """The token with the status that the rules would have written; of one to be deleted: while deletes queue up."""
    decision = decide(case, NOW)
    if isinstance(decision, DeleteToken):
        decision = report_blocker(case, NOW) or decision
    assert isinstance(decision, WriteStatus)
    return replace(case.token, status=decision.status)


@pytest.mark.parametrize(
    ("credential", "reason", "says"),
    [
        pytest.param(SUSPENDED, Reason.CREDENTIAL_SUSPENDED, "invoice-bot is suspended", id="suspended"),
        pytest.param(LEAVING, Reason.CREDENTIAL_DELETING, "invoice-bot is being deleted", id="being deleted"),
        pytest.param(
            a_credential(suspended=True, deleting=True),
            Reason.CREDENTIAL_DELETING,
            "being deleted",
            id="what does not end is said first",
        ),
        pytest.param(None, Reason.CREDENTIAL_NOT_FOUND, "does not exist", id="gone"),
        pytest.param(OTHER, Reason.CREDENTIAL_REPLACED, "does not revive it", id="replaced"),
    ],
)
def test_a_credential_bars_its_tokens(credential: Credential | None, reason: Reason, says: str) -> None:
    token = settled(observed(OWNED, credential))

    ready, active = find(token.status.conditions, "Ready"), find(token.status.conditions, "Active")
    assert ready is not None
    assert active is not None
    assert (active.status, active.reason) == ("False", reason)
    assert says in active.message
    assert active.message.startswith("The token is refused: ")
    assert active.message.endswith(" It expires at 2026-12-23T12:00:00Z.")
    assert (ready.status, ready.reason, ready.message) == ("True", Reason.ISSUED, active.message)
    assert token.status.phase is Phase.ACTIVE
    assert token.status.delivery == OWNED.status.delivery
    assert notices(OWNED, token.status) == ()


def test_a_resumed_credential_leaves_the_status_as_it_was_but_for_the_times() -> None:
    barred = settled(observed(OWNED, SUSPENDED))

    resumed = settled(observed(barred, a_credential()))

    assert resumed.status == OWNED.status


def test_what_is_told_is_told_once() -> None:
    barred = settled(observed(OWNED, SUSPENDED))

    assert decide(observed(barred, SUSPENDED), NOW + DAY) == InSync(NOW + 23 * DAY)


def test_a_window_ends_under_a_suspended_credential_too() -> None:
    token = settled(observed(a_minted_token(issued_at=NOW - HOUR), SUSPENDED))

    assert token.status.delivery is not None
    assert token.status.delivery.state is DeliveryState.WITHDRAWN
    active = find(token.status.conditions, "Active")
    assert active is not None
    assert active.reason == Reason.CREDENTIAL_SUSPENDED


def test_what_is_to_be_deleted_can_say_so_before() -> None:
    orphan = observed(replace(OWNED, owners=(), annotations=ARGO), None)

    telling = report_blocker(orphan, NOW)

    assert isinstance(decide(orphan, NOW), DeleteToken)
    assert telling is not None
    active = find(telling.status.conditions, "Active")
    assert active is not None
    assert active.reason == Reason.CREDENTIAL_NOT_FOUND
    assert report_blocker(replace(orphan, token=replace(orphan.token, status=telling.status)), NOW) is None


def test_a_status_that_an_older_crd_keeps_without_its_end_is_told_once_all_the_same() -> None:
    """While deletes queue up, tokens are looked at in turns: each would be written each time."""
    orphan = observed(replace(OWNED, owners=()), None)
    told = settled(orphan)
    kept = replace(told, status=replace(told.status, ends_at=None))

    assert report_blocker(replace(orphan, token=kept), NOW) is None


@pytest.mark.parametrize("before", [SUSPENDED, LEAVING], ids=["suspended", "being deleted"])
def test_what_a_credential_barred_stays_so_when_it_cannot_be_understood_any_more(before: Credential) -> None:
    """After a restart nobody has seen it whole."""
    barred = settled(observed(OWNED, before))

    decision = decide(replace(observed(barred, None), credential_invalid=True), NOW)

    assert decision == InSync(NOW + 23 * DAY)


def test_of_a_credential_that_cannot_be_understood_nothing_is_said() -> None:
    case = replace(observed(OWNED, None), credential_invalid=True)

    assert decide(case, NOW) == InSync(NOW + 23 * DAY)


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(waiting(timedelta(0)), id="what waits"),
        pytest.param(a_token(revoked=True), id="what was revoked before a mint"),
    ],
)
def test_what_is_not_active_is_not_barred(token: Token) -> None:
    decision = decide(observed(token, SUSPENDED), NOW)

    if isinstance(decision, WriteStatus):
        active = find(decision.status.conditions, "Active")
        assert active is not None
        assert active.message == getattr(find(decision.status.conditions, "Ready"), "message", None)


@pytest.mark.parametrize(
    ("before", "after", "phases"),
    [
        pytest.param(None, a_credential(), tuple(Phase), id="it is new"),
        pytest.param(a_credential(), OTHER, tuple(Phase), id="it is another"),
        pytest.param(a_credential(), SUSPENDED, (Phase.PENDING, Phase.ACTIVE), id="suspended"),
        pytest.param(SUSPENDED, a_credential(), (Phase.PENDING, Phase.ACTIVE), id="resumed"),
        pytest.param(a_credential(), LEAVING, (Phase.PENDING, Phase.ACTIVE), id="being deleted"),
        pytest.param(a_credential(), a_credential(max_ttl=DAY), (Phase.PENDING,), id="another maximum"),
        pytest.param(a_credential(), a_credential(default_ttl=DAY), (Phase.PENDING,), id="another default"),
        pytest.param(a_credential(), a_credential(max_tokens=1), (), id="another number of places"),
        pytest.param(a_credential(), a_credential(roles=("other",)), (), id="other roles"),
    ],
)
def test_a_change_of_a_credential_concerns_some_of_its_tokens(
    before: Credential | None, after: Credential, phases: tuple[Phase, ...]
) -> None:
    assert after.concerns(before) == phases
