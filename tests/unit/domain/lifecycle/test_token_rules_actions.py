"""What is done with a token but for its status, as a table: minted, deleted, or left alone until a time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.conditions import find
from pharia_access.domain.lifecycle.bar_rules import report_blocker
from pharia_access.domain.lifecycle.decisions import (
    DeleteToken,
    InSync,
    Mint,
    Observed,
    RemoveOwner,
    WriteStatus,
)
from pharia_access.domain.lifecycle.token_rules import decide
from pharia_access.domain.model import CredentialIdentity, OwnerReference
from pharia_access.domain.reasons import DeliveryState, Phase, Reason
from tests.support.builders.domain_objects import NOW, a_credential, a_minted_token, a_token, owned_by
from tests.support.builders.observations import ARGO, GENTLE, OTHER, failed, observed, waiting

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FLUX = {"kustomize.toolkit.fluxcd.io/name": "apps"}
CONTROLLER = OwnerReference("v1", "ConfigMap", "app", "app-1", controller=True)
OURS = owned_by(CredentialIdentity("invoice-bot", "credential-1"))
THEIRS = owned_by(CredentialIdentity("other", "credential-9"))
COLLECTED = DeliveryState.COLLECTED


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        pytest.param(observed(a_token()), Mint(GENTLE), id="a new token is minted"),
        pytest.param(observed(waiting(HOUR - timedelta(seconds=1))), Mint(GENTLE), id="the obstacle went away in time"),
        pytest.param(
            observed(failed(Reason.SECRET_CONFLICT, stalled=False)), Mint(GENTLE), id="a conflict is tried again"
        ),
        pytest.param(
            observed(replace(failed(Reason.TTL_TOO_LONG), generation=2)),
            WriteStatus,
            id="a spec that was corrected after it failed gets no other try",
        ),
        pytest.param(
            observed(a_token(), a_credential(max_ttl=HOUR)),
            Mint(a_credential(max_ttl=HOUR)),
            id="a default that is longer than the maximum is no reason to refuse",
        ),
        pytest.param(observed(a_minted_token(), None), DeleteToken(), id="a token goes with its credential"),
        pytest.param(
            observed(replace(a_minted_token(), owners=(OURS,)), None),
            DeleteToken(),
            id="so does one with the reference of an earlier version, whoever is first",
        ),
        pytest.param(
            observed(replace(a_minted_token(), annotations=ARGO), None),
            DeleteToken(),
            id="a token of Git goes with its credential",
        ),
        pytest.param(
            observed(replace(a_minted_token(), owners=(CONTROLLER,)), None),
            DeleteToken(),
            id="a token of a controller goes with its credential",
        ),
        pytest.param(
            observed(a_minted_token(), OTHER),
            DeleteToken(),
            id="another credential of the name does not keep a token",
        ),
        pytest.param(
            observed(replace(a_minted_token(), owners=(OURS,)), OTHER),
            DeleteToken(),
            id="nor one with the reference of an earlier version, though that says controller",
        ),
        pytest.param(
            observed(replace(a_minted_token(), owners=(replace(CONTROLLER, controller=False),)), OTHER),
            DeleteToken(),
            id="nor one that somebody owns who is no controller, and creates nothing anew",
        ),
        pytest.param(
            observed(replace(a_minted_token(), owners=(CONTROLLER,)), OTHER),
            WriteStatus,
            id="one that a controller would create again stays, dead",
        ),
        pytest.param(
            observed(replace(a_minted_token(), owners=(CONTROLLER,))),
            InSync(NOW + HOUR),
            id="a token is left to who controls it",
        ),
        pytest.param(
            observed(replace(a_minted_token(), owners=(OURS,))),
            RemoveOwner((), NOW + HOUR),
            id="the reference of an earlier version is taken off",
        ),
        pytest.param(
            observed(replace(a_minted_token(), owners=(CONTROLLER, replace(OURS, controller=False), THEIRS))),
            RemoveOwner((CONTROLLER, THEIRS), NOW + HOUR),
            id="and those of others stay, of whichever kind",
        ),
        pytest.param(
            observed(replace(a_minted_token(), owners=(THEIRS,))),
            InSync(NOW + HOUR),
            id="a reference to another credential was never ours",
        ),
        pytest.param(observed(a_minted_token()), InSync(NOW + HOUR), id="the window's end comes next"),
        pytest.param(
            observed(a_minted_token(state=COLLECTED)), InSync(NOW + 23 * DAY), id="then the warning of the end"
        ),
        pytest.param(
            observed(a_minted_token(state=COLLECTED, life=14 * DAY)),
            InSync(NOW + 14 * DAY),
            id="a short life is not warned of",
        ),
        pytest.param(
            observed(a_minted_token(state=COLLECTED), a_credential(suspended=True)),
            InSync(NOW + 23 * DAY),
            id="of a suspended credential too",
        ),
        pytest.param(
            observed(waiting(timedelta(0)), None), InSync(NOW + HOUR), id="what waits is looked at when its time is up"
        ),
        pytest.param(
            observed(failed(Reason.TTL_TOO_LONG)),
            WriteStatus,
            id="the credential is recorded when it is first seen",
        ),
    ],
)
def test_something_else_is_done(case: Observed, expected: object) -> None:
    barred = report_blocker(case, NOW)  # is told first: see test_bar_rules
    if barred is not None:
        case = replace(case, token=replace(case.token, status=barred.status))
    decision = decide(case, NOW)

    assert decision == expected or (isinstance(expected, type) and isinstance(decision, expected))


@pytest.mark.parametrize("lost", [("Ready",), ("Ready", "Active")])
def test_a_failed_token_stays_so_after_it_could_not_be_understood_for_a_while(lost: tuple[str, ...]) -> None:
    """Then Ready spoke of that: Active still says why it failed."""
    before = failed(Reason.PENDING_TOO_LONG, a_token(generation=2))
    conditions = tuple(
        replace(item, reason=Reason.INVALID_SPEC, message="spec: no") if item.type in lost else item
        for item in before.status.conditions
    )
    token = replace(before, status=replace(before.status, conditions=conditions), generation=3)

    decision = decide(observed(token), NOW)

    assert isinstance(decision, WriteStatus)
    assert decision.status.phase is Phase.FAILED
    told = find(decision.status.conditions, "Ready")
    assert told is not None
    assert told.reason == (Reason.PENDING_TOO_LONG if lost == ("Ready",) else Reason.INVALID_SPEC)
    assert told.message != "spec: no"
