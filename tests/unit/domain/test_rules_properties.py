"""The rules over generated states: they always decide, always alike, come to rest, and bring nothing back to life."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

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
from pharia_access.domain.lifecycle.token_status import Minted, Outcome, minted_status, status_of
from pharia_access.domain.lifetime import end_of_life, expiring_soon_at, expiry
from pharia_access.domain.model import (
    Credential,
    CredentialIdentity,
    Delivery,
    DeliveryState,
    OwnerReference,
    Phase,
    Policy,
    Reason,
    Token,
    TokenStatus,
)
from pharia_access.domain.times import whole_seconds
from pharia_access.services.operator.token_reconciler import MOST_ROUNDS
from tests.support.builders.domain_objects import HASH, NOW, TEXT, a_credential, a_minted_token, a_token, owned_by

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
POLICY = Policy()
OURS = CredentialIdentity("invoice-bot", "credential-1")
OVER = (Phase.REVOKED, Phase.EXPIRED, Phase.FAILED)
REASONS = {
    Phase.PENDING: (Reason.CREDENTIAL_NOT_FOUND, Reason.TOKEN_LIMIT_REACHED, Reason.RESTORED, Reason.SECRET_CONFLICT),
    Phase.ACTIVE: (Reason.ISSUED,),
    Phase.EXPIRED: (Reason.EXPIRED,),
    Phase.REVOKED: (Reason.REVOKED,),
    Phase.FAILED: (
        Reason.TTL_TOO_LONG,
        Reason.PENDING_TOO_LONG,
        Reason.DELIVERY_MISSED,
        Reason.CREDENTIAL_REPLACED,
    ),
}

OUTCOMES = [
    Outcome(phase, reason, "Words.", ready=phase is Phase.ACTIVE, stalled=phase is Phase.FAILED)
    for phase, reasons in REASONS.items()
    for reason in reasons
]

durations = st.sampled_from([SECOND, HOUR, DAY, 14 * DAY, 30 * DAY, 400 * DAY])
moments = st.builds(lambda sign, far: NOW + sign * far, st.sampled_from([-1, 1]), durations)
owners = st.lists(
    st.sampled_from(
        [owned_by(OURS), replace(owned_by(OURS), uid="credential-2"), OwnerReference("v1", "ConfigMap", "app", "app-1")]
    ),
    unique=True,
    max_size=3,
).map(tuple)
seldom = st.sampled_from([False] * 7 + [True])
credentials = st.just(a_credential()) | st.builds(
    lambda there, credential: credential if there else None,
    st.sampled_from([True, True, False]),
    st.builds(
        a_credential,
        uid=st.sampled_from([OURS.uid, OURS.uid, OURS.uid, "credential-2"]),
        suspended=seldom,
        deleting=seldom,
        default_ttl=st.none() | durations,
        max_ttl=st.none() | durations,
        max_tokens=st.none() | st.just(1),
    ),
)
fresh_tokens = st.builds(
    a_token,
    generation=st.integers(1, 3),
    created=moments,
    window=st.sampled_from([SECOND, HOUR, DAY]),
    ttl=st.sampled_from([None, None, HOUR, 30 * DAY, 400 * DAY]),
    expires_at=st.none() | st.none() | moments,
    revoked=seldom,
    deleting=seldom,
    labels=st.sampled_from([{}, {}, {}, {"velero.io/restore-name": "x"}, {"kustomize.toolkit.fluxcd.io/name": "x"}]),
    annotations=st.sampled_from([{}, {}, {}, {"argocd.argoproj.io/tracking-id": "x"}]),
    owners=owners,
)


@st.composite
def judged_tokens(draw: st.DrawFn, *phases: Phase) -> Token:
    """A token that somebody judged: in any phase, minted or not, of this generation of its spec or an earlier one."""
    token = draw(fresh_tokens)
    outcome = draw(st.sampled_from([outcome for outcome in OUTCOMES if not phases or outcome.phase in phases]))
    if outcome.phase is Phase.ACTIVE or draw(st.booleans()):
        issued_at, life = draw(moments), draw(durations)
        state = draw(st.sampled_from(DeliveryState))
        token = replace(a_minted_token(token, issued_at=issued_at, life=life, state=state), owners=token.owners)
    elif draw(st.booleans()):
        token = replace(token, status=replace(token.status, credential=OURS))
    status = status_of(replace(token, generation=draw(st.integers(1, token.generation))), outcome, draw(moments))
    return replace(token, status=status)


@st.composite
def states(draw: st.DrawFn, tokens: st.SearchStrategy[Token]) -> tuple[Observed, datetime]:
    """A token in its surroundings, and a moment: often one at which something about it changes."""
    token = draw(tokens)
    observed = Observed(
        token, draw(credentials), POLICY, slot_free=draw(st.booleans()), secret_gone=draw(st.booleans())
    )
    at = draw(st.sampled_from(sorted({NOW, *bounds(observed)})))
    return observed, at + draw(st.sampled_from([-SECOND, timedelta(0), timedelta(microseconds=1), SECOND]))


def bounds(observed: Observed) -> Iterator[datetime]:
    """The moments at which the rules change their minds."""
    token, status = observed.token, observed.token.status
    since, delivery = status.pending_since, status.delivery
    for moment in (
        expiry(token),
        expiring_soon_at(token, POLICY),
        None if since is None else since + POLICY.pending_bound,
        None if delivery is None else delivery.deadline,
    ):
        if moment is not None:
            yield moment


def minted(observed: Observed, credential: Credential, now: datetime) -> TokenStatus:
    """What a mint writes that goes well."""
    token, issued_at = observed.token, whole_seconds(now)
    end = end_of_life(token.spec, policy=POLICY, wish=credential.policy, issued_at=issued_at)
    deadline = min(issued_at + token.spec.window, end)
    delivery = Delivery(token.spec.secret_name, "secret-9", deadline, DeliveryState.AVAILABLE)
    mint = Minted(credential.identity, TEXT.token_id, HASH, None, issued_at, end, delivery)
    return minted_status(token, mint, now)


def carried_out(observed: Observed, now: datetime) -> Iterator[tuple[Observed, WriteStatus | Mint | RemoveOwner]]:
    """State after state, each with the decision that led to it, until nothing is left to do, or clearly without end."""
    for _ in range(2 * MOST_ROUNDS):
        token, decision = observed.token, decide(observed, now)
        match decision:
            case InSync() | DeleteToken():
                return
            case WriteStatus(status):
                token = replace(token, status=status)
            case RemoveOwner(remaining):
                token = replace(token, owners=remaining)
            case Mint(credential):
                token = replace(token, status=minted(observed, credential, now))
        observed = replace(observed, token=token)
        yield observed, decision


any_state = states(fresh_tokens | judged_tokens(Phase.PENDING) | judged_tokens(Phase.ACTIVE) | judged_tokens())


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
    observed = replace(observed, token=token, credential_malformed=malformed)
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
    assert (since is None) == POLICY.restored(token)
    if since is not None:
        assert isinstance(decision, InSync)
        assert decision.recheck_at is not None
        assert decision.recheck_at <= since + POLICY.pending_bound
        for late in (timedelta(0), DAY):
            assert not isinstance(decide(with_all_it_needs(observed), since + POLICY.pending_bound + late), Mint)


def with_all_it_needs(observed: Observed) -> Observed:
    """The same with nothing in the way."""
    return replace(observed, credential=a_credential(), credential_malformed=False, slot_free=True)


def edited(token: Token, end: datetime | None) -> Token:
    """The token with another end, and not revoked, if one is given: as if admission had let that pass."""
    if end is None:
        return token
    spec = replace(token.spec, expires_at=end, revoked=False)
    return replace(token, spec=spec, generation=token.generation + 1)
