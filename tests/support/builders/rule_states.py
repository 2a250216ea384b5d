"""Generated states for the rules: tokens in any phase, credentials, moments; and what comes of the decisions."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import strategies as st

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

__all__ = [
    "DAY",
    "HOUR",
    "POLICY",
    "SECOND",
    "any_state",
    "carried_out",
    "credentials",
    "fresh_tokens",
    "judged_tokens",
    "moments",
    "states",
]

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
POLICY = Policy()
OURS = CredentialIdentity("invoice-bot", "credential-1")
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
    end = end_of_life(token.spec, policy=POLICY, token_policy=credential.policy, issued_at=issued_at)
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
