"""The warning of an end: who is warned, of what, and that it goes with the token."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.conditions import find
from pharia_access.domain.lifecycle.decisions import Observed, WriteStatus
from pharia_access.domain.lifecycle.token_rules import decide
from pharia_access.domain.lifecycle.token_status import active_status, notices, without_expiry_warning
from pharia_access.domain.model import Credential, Policy, Token
from pharia_access.domain.reasons import DeliveryState
from tests.support.builders.domain_objects import NOW, a_credential, a_minted_token, a_token, kept_by

DAY = timedelta(days=1)
COLLECTED = a_minted_token(state=DeliveryState.COLLECTED)
WARNED = replace(COLLECTED, status=active_status(COLLECTED, soon=True, now=NOW))
ENDED_EARLY = replace(COLLECTED, spec=replace(COLLECTED.spec, expires_at=NOW + 24 * DAY))


def test_a_warning_of_the_end_ends_with_the_token_and_is_not_invented() -> None:
    assert find(WARNED.status.conditions, "ExpiringSoon") is not None
    assert find(without_expiry_warning(WARNED.status).conditions, "ExpiringSoon") is None
    assert without_expiry_warning(a_token().status) == a_token().status


@pytest.mark.parametrize(
    ("token", "succeeded", "warned"),
    [
        pytest.param(COLLECTED, False, True, id="an end that nobody has thought of"),
        pytest.param(COLLECTED, True, False, id="one that has a successor"),
        pytest.param(WARNED, True, False, id="one that gets a successor after the warning"),
        pytest.param(ENDED_EARLY, False, False, id="an end that somebody brought forward"),
        pytest.param(ENDED_EARLY, True, False, id="one that was rotated, with an overlap"),
        pytest.param(
            replace(COLLECTED, owners=(kept_by(),)), False, False, id="one of a WorkloadToken, which renews it"
        ),
        pytest.param(replace(WARNED, owners=(kept_by(),)), False, False, id="one of a WorkloadToken, warned before"),
    ],
)
@pytest.mark.parametrize("credential", [a_credential(), a_credential(suspended=True)], ids=["usable", "suspended"])
def test_nobody_is_warned_of_an_end_that_somebody_has_prepared(
    token: Token, credential: Credential, *, succeeded: bool, warned: bool
) -> None:
    seen = Observed(token, credential, Policy(), secret_gone=True, succeeded=succeeded)
    decision = decide(seen, NOW + 23 * DAY)
    status = decision.status if isinstance(decision, WriteStatus) else token.status

    assert (find(status.conditions, "ExpiringSoon") is not None) is warned
    assert ("ExpiringSoon" in {notice.reason for notice in notices(token, status)}) is warned
