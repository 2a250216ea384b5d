"""What a token is now, in a word."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.administration.token_states import ENDED, NEEDS_YOU, STATES, TokenState, state_later, state_of
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.usability import Unusable
from tests.support.builders.domain_objects import NOW

DAY = timedelta(days=1)
TOKEN = TokenSummary(
    ObjectKey("finance", "ci"),
    "uid-ci",
    "invoice-bot",
    NOW - 60 * DAY,
    phase="Active",
    minted=True,
    issued=NOW - 60 * DAY,
    ends=NOW + DAY,
)
SUSPENDED = Unusable("CredentialSuspended", "its ApiCredential invoice-bot is suspended")
REPLACED = Unusable("CredentialReplaced", "its ApiCredential was deleted")
WAITING = replace(TOKEN, phase="", minted=False, ends=None)


@pytest.mark.parametrize(
    ("token", "state"),
    [
        pytest.param(TOKEN, TokenState.ACTIVE, id="good"),
        pytest.param(replace(TOKEN, unusable=SUSPENDED), TokenState.SUSPENDED, id="its credential is suspended"),
        pytest.param(replace(TOKEN, unusable=REPLACED), TokenState.REFUSED, id="refused for another reason"),
        pytest.param(replace(TOKEN, ends=NOW), TokenState.EXPIRED, id="its end has come, and nobody noted it"),
        pytest.param(replace(TOKEN, ends=NOW + timedelta(seconds=1)), TokenState.ACTIVE, id="a second before its end"),
        pytest.param(replace(TOKEN, phase="Expired"), TokenState.EXPIRED, id="noted as expired"),
        pytest.param(replace(TOKEN, revoked=True), TokenState.REVOKED, id="revoked, and nobody noted it"),
        pytest.param(replace(TOKEN, revoked=True, ends=NOW - DAY), TokenState.REVOKED, id="revoked before its end"),
        pytest.param(replace(TOKEN, deleting=True, revoked=True), TokenState.DELETING, id="being deleted"),
        pytest.param(replace(TOKEN, unusable=SUSPENDED, ends=NOW), TokenState.EXPIRED, id="suspended, and over"),
        pytest.param(WAITING, TokenState.PENDING, id="no operator has seen it"),
        pytest.param(replace(WAITING, ends=NOW - DAY), TokenState.PENDING, id="it waits past the end that it asks for"),
        pytest.param(replace(WAITING, phase="Pending", unusable=SUSPENDED), TokenState.PENDING, id="waits"),
        pytest.param(replace(WAITING, phase="Failed", stalled=True), TokenState.FAILED, id="failed"),
        pytest.param(replace(TOKEN, phase="Purple"), TokenState.PENDING, id="a phase that nobody knows"),
    ],
)
def test_a_token_is_in_one_state_whatever_the_operator_has_noted(token: TokenSummary, state: TokenState) -> None:
    assert state_of(token, NOW) == state
    assert [each for each in TokenState if STATES[each](state, token)] == [state]


@pytest.mark.parametrize("phase", ["", "Pending", "Active", "Expired", "Revoked", "Failed", "Purple"])
@pytest.mark.parametrize("unusable", [None, SUSPENDED, REPLACED])
@pytest.mark.parametrize("fact", [{}, {"revoked": True}, {"deleting": True}, {"minted": False}, {"ends": None}])
@pytest.mark.parametrize("later", [timedelta(), DAY - timedelta(seconds=1), DAY, 2 * DAY])
def test_only_its_end_comes_by_itself(
    phase: str, unusable: Unusable | None, fact: dict[str, Any], later: timedelta
) -> None:
    token = replace(TOKEN, phase=phase, unusable=unusable, **fact)

    assert state_later(state_of(token, NOW), token, NOW + later) == state_of(token, NOW + later)


@pytest.mark.parametrize(
    ("token", "needs"),
    [
        pytest.param(replace(WAITING, phase="Pending", stalled=True), True, id="stalled"),
        pytest.param(replace(WAITING, phase="Failed"), True, id="failed"),
        pytest.param(replace(WAITING, phase="Pending"), False, id="waits"),
        pytest.param(replace(WAITING, phase="Failed", deleting=True), False, id="failed, and being deleted"),
        pytest.param(replace(TOKEN, stalled=True, ends=NOW), False, id="stalled, and over"),
        pytest.param(replace(WAITING, stalled=True, revoked=True), False, id="stalled, and revoked"),
    ],
)
def test_a_token_needs_a_person_where_waiting_does_not_help(token: TokenSummary, *, needs: bool) -> None:
    assert STATES[NEEDS_YOU](state_of(token, NOW), token) is needs


@pytest.mark.parametrize(
    ("token", "ended"),
    [
        (TOKEN, False),
        (WAITING, False),
        (replace(TOKEN, ends=NOW), True),
        (replace(TOKEN, revoked=True), True),
        (replace(WAITING, phase="Failed"), True),
        (replace(TOKEN, deleting=True), False),
    ],
)
def test_what_ended_is_expired_revoked_or_failed(token: TokenSummary, *, ended: bool) -> None:
    assert STATES[ENDED](state_of(token, NOW), token) is ended
