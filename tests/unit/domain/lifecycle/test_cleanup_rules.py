"""Ended tokens: kept for ever unless a setting says otherwise, and then only those that nobody would create again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.lifecycle.decisions import Decision, DeleteToken, InSync, Observed, WriteStatus
from pharia_access.domain.lifecycle.token_rules import decide
from pharia_access.domain.model import OwnerReference, Policy, Token
from pharia_access.domain.reasons import DeliveryState, Phase
from tests.support.builders.domain_objects import NOW, a_minted_token, a_token
from tests.support.builders.observations import ARGO, GENTLE

DAY = timedelta(days=1)
KEEP = Policy(delete_ended_after=30 * DAY)


def ended(token: Token, *, ago: timedelta = timedelta()) -> Token:
    """The token as it is once nothing is left to write, judged that long before now."""
    when = NOW - ago
    for _ in range(4):
        decision = decide(Observed(token, GENTLE, Policy()), when)
        if not isinstance(decision, WriteStatus):
            return token
        token = replace(token, status=decision.status)
    raise AssertionError(token)


def a_living_token(token: Token | None = None) -> Token:
    """Minted 40 days ago, for 90 days."""
    return a_minted_token(token, issued_at=NOW - 40 * DAY, life=90 * DAY, state=DeliveryState.COLLECTED)


def a_dead_token(token: Token | None = None) -> Token:
    """Revoked 40 days ago; else it would live for 50 days more."""
    return ended(a_living_token(token or a_token(revoked=True)), ago=40 * DAY)


def judged(token: Token, policy: Policy = KEEP) -> Decision:
    return decide(Observed(token, GENTLE, policy), NOW)


@pytest.mark.parametrize(
    ("token", "phase"),
    [
        pytest.param(a_dead_token(), Phase.REVOKED, id="revoked"),
        pytest.param(
            ended(a_minted_token(issued_at=NOW - 200 * DAY, state=DeliveryState.COLLECTED)), Phase.EXPIRED, id="expired"
        ),
        pytest.param(ended(a_token(revoked=True), ago=31 * DAY), Phase.REVOKED, id="never minted"),
    ],
)
def test_what_ended_long_ago_is_deleted_as_it_was_read(token: Token, phase: Phase) -> None:
    assert token.status.phase is phase
    assert judged(token) == DeleteToken(ended=True)
    assert judged(token, Policy()) == InSync(), "off unless somebody sets it"


@pytest.mark.parametrize("days", [0, 1, 29])
def test_what_ended_lately_is_looked_at_again_when_it_is_due(days: int) -> None:
    token = ended(a_living_token(a_token(revoked=True)), ago=days * DAY)

    assert judged(token) == InSync(NOW + (30 - days) * DAY)


def test_a_token_that_is_not_over_is_never_deleted() -> None:
    token = ended(a_living_token())

    assert token.status.phase is Phase.ACTIVE
    assert not isinstance(judged(token, Policy(delete_ended_after=DAY)), DeleteToken)


def test_the_time_before_it_was_barred_does_not_count() -> None:
    """Its condition Active was false for long, by a suspended credential; it ended today."""
    suspended = Observed(a_living_token(), replace(GENTLE, suspended=True), KEEP)
    barred = decide(suspended, NOW - 39 * DAY)
    assert isinstance(barred, WriteStatus)
    token = replace(a_token(revoked=True), status=barred.status)

    assert judged(ended(token)) == InSync(NOW + 30 * DAY)


OTHER_CONTROLLER = OwnerReference("example.com/v1", "Claim", "claim", "uid", controller=True)


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(replace(a_dead_token(), annotations=ARGO), id="Argo CD's annotation"),
        pytest.param(replace(a_dead_token(), labels={"kustomize.toolkit.fluxcd.io/name": "apps"}), id="Flux's label"),
        pytest.param(replace(a_dead_token(), managers=frozenset({"argocd-controller"})), id="a field manager"),
        pytest.param(replace(a_dead_token(), annotations={"meta.helm.sh/release-name": "x"}), id="a Helm release"),
        pytest.param(replace(a_dead_token(), owners=(OTHER_CONTROLLER,)), id="another controller"),
        pytest.param(replace(a_dead_token(), labels={"velero.io/restore-name": "nightly"}), id="a restore"),
        pytest.param(ended(replace(a_dead_token(), deleting=True)), id="being deleted"),
    ],
)
def test_what_would_come_back_is_kept(token: Token) -> None:
    assert judged(token) == InSync()


def test_a_token_whose_secret_still_stands_is_kept() -> None:
    token = a_dead_token()
    assert token.status.delivery is not None
    delivery = replace(token.status.delivery, state=DeliveryState.AVAILABLE)

    decision = judged(replace(token, status=replace(token.status, delivery=delivery)))

    assert isinstance(decision, WriteStatus), "its Secret is taken away first"


@pytest.mark.parametrize(("days", "noted"), [(10, NOW - 30 * DAY), (0, NOW - 40 * DAY)])
def test_the_end_of_a_revoked_token_is_noted_once(days: int, noted: object) -> None:
    token = a_living_token(a_token(revoked=True))
    first = ended(token, ago=(40 - days) * DAY)

    assert first.status.ends_at == noted
    assert ended(first).status == first.status
