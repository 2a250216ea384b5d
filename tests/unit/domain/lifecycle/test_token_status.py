"""A token's status: what its conditions say, when their times move, and which Events a change gives rise to."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pharia_access.domain.conditions import Condition, find
from pharia_access.domain.lifecycle.decisions import Observed, WriteStatus
from pharia_access.domain.lifecycle.token_rules import decide
from pharia_access.domain.lifecycle.token_status import (
    Minted,
    Outcome,
    active_status,
    minted_status,
    notices,
    status_of,
    undelivered,
    with_delivery,
)
from pharia_access.domain.model import Credential, CredentialIdentity, Delivery, Mac, Policy, Token, TokenStatus
from pharia_access.domain.reasons import DeliveryState, Phase, Reason
from tests.support.builders.domain_objects import HASH, NOW, TEXT, a_credential, a_minted_token, a_token

MAC = "m" * 43
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER, GENTLE = NOW + HOUR, a_credential()
COLLECTED = a_minted_token(state=DeliveryState.COLLECTED)
GIT = {"argocd.argoproj.io/tracking-id": "app"}
WAITS = Outcome(Phase.PENDING, Reason.CREDENTIAL_NOT_FOUND, "Waits.")
FULL = Outcome(Phase.PENDING, Reason.TOKEN_LIMIT_REACHED, "Full.")
STUCK = Outcome(Phase.PENDING, Reason.SECRET_CONFLICT, "Stuck.", stalled=True)
USABLE = Outcome(Phase.ACTIVE, Reason.ISSUED, "Usable.", ready=True)
Change = tuple[Token, TokenStatus]


def change(
    token: Token, credential: Credential | None = GENTLE, *, now: datetime = NOW, gone: bool = False, free: bool = True
) -> Change:
    """A token, and the status that the rules would have written."""
    decision = decide(Observed(token, credential, Policy(), slot_free=free, secret_gone=gone), now)
    assert isinstance(decision, WriteStatus)
    return token, decision.status


def told(token: Token, status: TokenStatus) -> list[tuple[str, bool]]:
    return [(notice.reason, notice.warning) for notice in notices(token, status)]


def after(outcome: Outcome, token: Token | None = None, *, now: datetime = NOW) -> Token:
    token = token or a_token()
    return replace(token, status=status_of(token, outcome, now))


def condition(status: TokenStatus, name: str = "Ready") -> Condition:
    found = find(status.conditions, name)
    assert found is not None
    return found


def a_mint() -> Minted:
    return Minted(
        credential=CredentialIdentity("invoice-bot", "credential-1"),
        token_id=TEXT.token_id,
        hash=HASH,
        mac=Mac("k1", MAC),
        issued_at=NOW,
        expires_at=NOW + 30 * DAY,
        delivery=Delivery("ci-token", "secret-1", NOW + HOUR, DeliveryState.AVAILABLE),
    )


@pytest.mark.parametrize(
    ("changed", "events"),
    [
        pytest.param(
            change(a_token(), None),
            [("CredentialNotFound", True, "create it in this namespace.")],
            id="a token that waits for its credential",
        ),
        pytest.param(
            change(a_token(), a_credential(suspended=True)),
            [("CredentialSuspended", True, "To resume, set its spec.suspended to false.")],
            id="a token that waits for a suspended credential",
        ),
        pytest.param(
            change(a_token(ttl=9000 * HOUR), a_credential(suspended=True)),
            [("CredentialSuspended", True, "delete this ApiToken and create it again with a shorter lifetime.")],
            id="a token that waits in vain, since its life is too long besides",
        ),
        pytest.param(
            change(a_token(), a_credential(max_tokens=3), free=False),
            [("TokenLimitReached", True, "Revoke or delete one, or raise spec.tokenPolicy.maxTokens.")],
            id="a token that waits for a place",
        ),
        pytest.param(
            change(a_token(labels={"velero.io/restore-name": "x"})),
            [("Restored", True, "remove the label velero.io/restore-name. Otherwise delete this ApiToken.")],
            id="a token out of a backup",
        ),
        pytest.param(
            change(a_token(ttl=9000 * HOUR)),
            [("TTLTooLong", True, "Delete this ApiToken and create it again with a shorter lifetime.")],
            id="a life that is too long",
        ),
        pytest.param(
            change(after(WAITS), now=LATER),
            [("PendingTooLong", True, "Last status: Waits. Delete this ApiToken and create it again.")],
            id="a token that waited too long",
        ),
        pytest.param(
            change(COLLECTED, gone=True, now=NOW + 23 * DAY),
            [("ExpiringSoon", True, "Create another ApiToken for the same credential and move its users to it.")],
            id="an end that is near",
        ),
        pytest.param(
            change(a_minted_token(), now=LATER, gone=True),
            [("Collected", False, "was deleted by its reader before its window closed.")],
            id="a Secret that was collected",
        ),
        pytest.param(
            change(a_minted_token(), now=LATER),
            [("Withdrawn", True, "If nobody read it, revoke this token and create another.")],
            id="a Secret whose window closed",
        ),
        pytest.param(
            change(COLLECTED, now=NOW + 30 * DAY),
            [("Expired", False, "The token expired at 2026-12-23T12:00:00Z.")],
            id="a token that ended when it should",
        ),
        pytest.param(
            change(a_token(expires_at=NOW)),
            [("Expired", True, "Create an ApiToken with a later expiry.")],
            id="a token that ended before it was minted",
        ),
        pytest.param(
            change(a_token(revoked=True)),
            [("Revoked", False, "The ApiToken was revoked before a token was minted.")],
            id="a token that was revoked before it was minted",
        ),
        pytest.param(
            change(a_minted_token(a_token(revoked=True))),
            [("Revoked", False, "was revoked."), ("Withdrawn", False, "was deleted because the token ended.")],
            id="a token that was revoked with its Secret unread",
        ),
        pytest.param(
            change(replace(COLLECTED, annotations=GIT, owners=()), a_credential(uid="credential-2")),
            [("CredentialReplaced", True, "Delete this ApiToken and create a new one.")],
            id="a token of Git under another credential",
        ),
        pytest.param(
            (a_token(), minted_status(a_token(), a_mint(), NOW)),
            [
                ("Issued", False, "The token can be used until 2026-12-23T12:00:00Z."),
                ("Delivered", False, "Read the token, then delete the Secret: the token cannot be shown again."),
            ],
            id="a mint",
        ),
    ],
)
def test_each_transition_gives_one_event_that_says_what_to_do(
    changed: Change, events: list[tuple[str, bool, str]]
) -> None:
    token, status = changed

    assert told(token, status) == [(reason, warning) for reason, warning, _ in events]
    for notice, (_, _, advice) in zip(notices(token, status), events, strict=True):
        assert notice.message.endswith(advice)
        assert (notice.kind, notice.key, notice.uid) == ("ApiToken", token.key, token.uid)
        assert HASH not in notice.message


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param((after(WAITS), status_of(after(WAITS), WAITS, LATER)), id="the same said again"),
        pytest.param(
            (after(WAITS), status_of(replace(after(WAITS), generation=2), WAITS, LATER)), id="the same of a new spec"
        ),
        pytest.param((COLLECTED, active_status(COLLECTED, soon=False, now=LATER)), id="a token that is used on"),
        pytest.param(
            (after(WAITS), undelivered(after(WAITS), after(WAITS).status, NOW)), id="no leftover of what never was"
        ),
        pytest.param(change(replace(COLLECTED, generation=2)), id="a new spec that changes nothing"),
    ],
)
def test_without_a_transition_there_is_no_event(changed: Change) -> None:
    assert notices(*changed) == ()


def test_another_reason_to_wait_is_told_though_the_token_still_waits() -> None:
    assert told(after(WAITS), status_of(after(WAITS), FULL, LATER)) == [("TokenLimitReached", True)]


def test_a_condition_keeps_its_time_while_its_status_stays_and_takes_a_new_one_when_it_changes() -> None:
    waiting = after(WAITS)
    full = replace(waiting, status=status_of(waiting, FULL, LATER))
    active = status_of(full, USABLE, LATER + HOUR)

    assert condition(full.status).last_transition_time == NOW
    assert (condition(full.status).reason, condition(full.status).message) == (Reason.TOKEN_LIMIT_REACHED, "Full.")
    assert condition(active).last_transition_time == LATER + HOUR
    assert condition(active, "Active").last_transition_time == LATER + HOUR


def test_times_are_whole_seconds() -> None:
    token = after(WAITS, now=NOW + timedelta(microseconds=999_999))

    assert condition(token.status).last_transition_time == NOW
    assert token.status.pending_since == NOW


def test_every_condition_says_of_which_spec_it_is() -> None:
    token = replace(a_minted_token(), generation=5)
    status = active_status(token, soon=True, now=LATER)

    assert status.observed_generation == 5
    assert [condition(status, name).observed_generation for name in ("Ready", "Active", "ExpiringSoon")] == [5, 5, 5]


def test_stalled_is_there_only_while_a_person_must_act() -> None:
    stuck = after(STUCK)
    assert condition(stuck.status, "Stalled").status == "True"

    assert find(status_of(stuck, USABLE, LATER).conditions, "Stalled") is None


def test_the_wait_is_counted_from_its_beginning_and_ends_with_it() -> None:
    waiting = after(FULL, after(WAITS), now=LATER)
    restored = Outcome(Phase.PENDING, Reason.RESTORED, "Restored.", stalled=True)

    assert waiting.status.pending_since == NOW
    assert status_of(waiting, USABLE, LATER).pending_since is None
    assert status_of(waiting, restored, LATER).pending_since is None


def test_without_a_delivery_nothing_is_said_of_one() -> None:
    status = after(WAITS).status

    assert with_delivery(a_token(), status, (DeliveryState.COLLECTED, Reason.COLLECTED), NOW) == status


def test_a_mint_shows_neither_its_hash_nor_its_mac() -> None:
    shown = repr(a_mint()) + repr(minted_status(a_token(), a_mint(), NOW))

    assert HASH not in shown
    assert MAC not in shown
