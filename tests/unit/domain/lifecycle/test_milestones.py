"""What in a token's life is a line of the operator's log, and whose token the line names."""

from dataclasses import replace

import pytest

from pharia_access.domain.lifecycle.milestones import Milestone, milestones
from pharia_access.domain.model import Token
from pharia_access.domain.reasons import DeliveryState, Phase, Reason
from tests.support.builders.domain_objects import CREDENTIAL, TEXT, TOKEN, a_minted_token, a_token
from tests.support.builders.observations import failed

COLLECTED, WITHDRAWN = DeliveryState.COLLECTED, DeliveryState.WITHDRAWN


def told(before: Token, after: Token) -> list[str]:
    return [milestone.what for milestone in milestones(before, after.status)]


def test_a_token_that_fails_without_its_credential_names_the_one_that_it_asked_for() -> None:
    end = failed(Reason.PENDING_TOO_LONG)
    assert end.status.credential is None

    assert milestones(a_token(), end.status) == (
        Milestone(
            "token failed",
            {
                "token": str(TOKEN),
                "uid": "token-1",
                "credential": str(CREDENTIAL),
                "endsAt": "2026-11-23T12:00:00Z",
                "reason": "PendingTooLong",
            },
        ),
    )


def test_a_mint_names_the_credential_that_the_token_belongs_to() -> None:
    (mint,) = milestones(a_token(), a_minted_token().status)

    assert mint.what == "token minted"
    assert mint.fields["credential"] == str(CREDENTIAL)
    assert mint.fields["tokenID"] == TEXT.token_id


@pytest.mark.parametrize(
    ("state", "what"), [(COLLECTED, ["token collected"]), (WITHDRAWN, ["token's Secret withdrawn"])]
)
def test_what_becomes_of_a_secret_is_told_once(state: DeliveryState, what: list[str]) -> None:
    after = a_minted_token(state=state)

    assert told(a_minted_token(), after) == what
    assert told(after, after) == []


@pytest.mark.parametrize("phase", [Phase.EXPIRED, Phase.REVOKED, Phase.FAILED])
def test_an_end_is_told_once(phase: Phase) -> None:
    before = a_minted_token()
    after = replace(before, status=replace(before.status, phase=phase))

    assert told(before, after) == [f"token {phase.lower()}"]
    assert told(after, after) == []
