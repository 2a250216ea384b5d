"""The rules over generated states: they always decide, always alike, come to rest, and bring nothing back to life."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from pharia_access.domain.conditions import without
from pharia_access.domain.lifecycle.decisions import (
    DeleteToken,
    InSync,
    Mint,
    Observed,
    RemoveOwner,
    WriteStatus,
)
from pharia_access.domain.lifecycle.token_rules import decide
from pharia_access.domain.lifetime import expiry
from pharia_access.domain.model import (
    Credential,
    Phase,
    Token,
)
from pharia_access.services.operator.token_reconciler import MOST_ROUNDS
from tests.support.builders.domain_objects import a_credential
from tests.support.builders.rule_states import (
    DAY,
    HOUR,
    POLICY,
    SECOND,
    any_state,
    carried_out,
    credentials,
    fresh_tokens,
    judged_tokens,
    moments,
    states,
)

pytestmark = pytest.mark.no_cover
"""Many examples of code that other tests cover: tracing them takes twice as long again."""


OVER = (Phase.REVOKED, Phase.EXPIRED, Phase.FAILED)


@given(any_state)
@settings(max_examples=400, deadline=None)
def test_there_is_always_a_decision_and_always_the_same(state: tuple[Observed, datetime]) -> None:
    observed, now = state

    decision = decide(observed, now)

    event(type(decision).__name__)
    assert isinstance(decision, InSync | Mint | WriteStatus | RemoveOwner | DeleteToken)
    assert decide(observed, now) == decision


@given(any_state)
@settings(max_examples=400, deadline=None)
def test_it_comes_to_rest_within_as_many_rounds_as_the_reconciler_has(state: tuple[Observed, datetime]) -> None:
    rounds = 0
    for _ in carried_out(*state):
        rounds += 1
        assert rounds < MOST_ROUNDS
    event(f"{rounds} rounds")


@given(any_state)
@settings(max_examples=400, deadline=None)
def test_at_rest_what_is_active_may_be_so_until_a_moment_to_come(state: tuple[Observed, datetime]) -> None:
    observed, now = state
    for after, _ in carried_out(observed, now):
        observed = after
    token, decision = observed.token, decide(observed, now)
    if not isinstance(decision, InSync) or token.deleting:
        return

    assert decision.recheck_at is None or decision.recheck_at > now
    if token.status.phase is Phase.ACTIVE and not leaves_with_its_credential(observed):
        assert token.minted
        assert not token.spec.revoked
        assert decision.recheck_at is not None
        assert decision.recheck_at <= (expiry(token) or now)


@given(any_state)
@settings(max_examples=400, deadline=None)
def test_at_rest_no_credential_owns_its_token_and_other_owners_are_as_they_were(
    state: tuple[Observed, datetime],
) -> None:
    observed, now = state
    before = observed.token.owners
    for after, _ in carried_out(observed, now):
        observed = after
    token = observed.token
    if not isinstance(decide(observed, now), InSync) or token.deleting:
        return

    recorded = token.status.credential
    ours = {owner for owner in before if recorded is not None and owner.is_credential and owner.uid == recorded.uid}
    event(f"{len(ours)} of {len(before)} taken off")
    assert token.owners == tuple(owner for owner in before if owner not in ours)


def leaves_with_its_credential(observed: Observed) -> bool:
    """It is about to be deleted, or stays dead."""
    recorded, credential = observed.token.status.credential, observed.credential
    return recorded is not None and (credential is None or credential.uid != recorded.uid)


@given(any_state)
@settings(max_examples=400, deadline=None)
def test_what_was_minted_stays_as_it_is_and_is_minted_once(state: tuple[Observed, datetime]) -> None:
    before = state[0].token.status
    for observed, decision in carried_out(*state):
        status = observed.token.status
        if before.hash is not None:
            assert not isinstance(decision, Mint)
            assert (status.hash, status.token_id, status.issued_at) == (before.hash, before.token_id, before.issued_at)
            assert (status.expires_at, status.credential) == (before.expires_at, before.credential)
        before = status


steps = st.tuples(st.sampled_from([timedelta(0), SECOND, HOUR, 400 * DAY]), credentials, st.none() | moments)


@given(states(judged_tokens(*OVER)), st.lists(steps, min_size=1, max_size=4))
@settings(max_examples=400, deadline=None)
def test_nothing_that_is_over_is_ever_active_again(
    state: tuple[Observed, datetime], later: list[tuple[timedelta, Credential | None, datetime | None]]
) -> None:
    """Whatever time passes, whichever credential comes, and however the spec is edited."""
    observed, now = state
    for nap, credential, end in later:
        now += nap
        observed = replace(observed, credential=credential, token=edited(observed.token, end))
        for after, decision in carried_out(observed, now):
            observed = after
            assert not isinstance(decision, Mint)
            assert observed.token.status.phase in OVER


@given(
    state=states(judged_tokens(*OVER)),
    malformed=st.booleans(),
    lost=st.sampled_from([(), ("Ready",), ("Ready", "Active")]),
)
@settings(max_examples=400, deadline=None)
def test_what_is_over_is_not_minted_whatever_else_its_object_says(
    *, state: tuple[Observed, datetime], malformed: bool, lost: tuple[str, ...]
) -> None:
    """Conditions that are lost, or that speak of something else, as after an object could not be understood."""
    observed, now = state
    conditions = observed.token.status.conditions
    for name in lost:
        conditions = without(conditions, name)
    token = replace(observed.token, status=replace(observed.token.status, conditions=conditions))
    observed = replace(observed, token=token, credential_invalid=malformed)
    assert not isinstance(decide(observed, now), Mint)
    for after, decision in carried_out(observed, now):
        assert not isinstance(decision, Mint)
        assert after.token.status.phase in OVER


@given(states(fresh_tokens | judged_tokens(Phase.PENDING)))
@settings(max_examples=400, deadline=None)
def test_nothing_waits_without_a_bound_but_what_a_label_holds(state: tuple[Observed, datetime]) -> None:
    observed, now = state
    for after, _ in carried_out(observed, now):
        observed = after
    token, decision = observed.token, decide(observed, now)
    gone = leaves_with_its_credential(observed) or isinstance(decision, DeleteToken) or token.deleting
    if token.minted or gone or token.status.phase in OVER:
        return

    since = token.status.pending_since
    event("held by a label" if since is None else "waits")
    assert token.status.phase is Phase.PENDING
    assert (since is None) == POLICY.restored(token.labels)
    if since is not None:
        assert isinstance(decision, InSync)
        assert decision.recheck_at is not None
        assert decision.recheck_at <= since + POLICY.pending_bound
        for late in (timedelta(0), DAY):
            assert not isinstance(decide(with_all_it_needs(observed), since + POLICY.pending_bound + late), Mint)


def with_all_it_needs(observed: Observed) -> Observed:
    """The same with nothing in the way."""
    return replace(observed, credential=a_credential(), credential_invalid=False, slot_free=True)


def edited(token: Token, end: datetime | None) -> Token:
    """The token with another end, and not revoked, if one is given: as if admission had let that pass."""
    if end is None:
        return token
    spec = replace(token.spec, expires_at=end, revoked=False)
    return replace(token, spec=spec, generation=token.generation + 1)
