"""Builds an ApiToken's status: phase and conditions as Kubernetes and kstatus read them, and the Events of a change.

`Ready=True` means that what the spec asks for holds and nobody needs to act, also for a token that ended on purpose.
`Stalled` and `ExpiringSoon` are there only while they are true (kstatus: abnormal-true): what every token
has is in etcd and in every list, with its managed fields.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from pharia_access.domain.api_values import EventMessage
from pharia_access.domain.conditions import Condition, find, with_condition, without
from pharia_access.domain.deletions import Held, foreign, named
from pharia_access.domain.lifetime import expiry
from pharia_access.domain.model import (
    CredentialIdentity,
    Delivery,
    DeliveryState,
    Mac,
    Phase,
    Reason,
    Token,
    TokenStatus,
)
from pharia_access.domain.times import format_time, whole_seconds
from pharia_access.domain.usability import Unusable

__all__ = [
    "Minted",
    "Outcome",
    "active_status",
    "is_withheld",
    "minted_status",
    "notices",
    "status_of",
    "undelivered",
    "with_delivery",
    "withheld",
    "without_expiry_warning",
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule says of a token, in one piece. `barred`: why a token in phase Active is refused all the same."""

    phase: Phase
    reason: str
    message: str
    ready: bool = False
    stalled: bool = False
    barred: str | None = None

    @property
    def active(self) -> bool:
        """Whether the token can be used."""
        return self.phase is Phase.ACTIVE and self.barred is None


@dataclass(frozen=True, slots=True)
class Minted:
    """What a mint adds to a status."""

    credential: CredentialIdentity
    token_id: str
    hash: str = field(repr=False)
    mac: Mac | None = field(repr=False)
    issued_at: datetime
    expires_at: datetime
    delivery: Delivery


def status_of(token: Token, outcome: Outcome, now: datetime) -> TokenStatus:
    """The token's status after this outcome; equal to the one it has if nothing changed."""
    waiting = outcome.phase is Phase.PENDING and outcome.reason is not Reason.RESTORED
    status = replace(
        token.status,
        observed_generation=token.generation,
        phase=outcome.phase,
        ends_at=expiry(token),
        pending_since=(token.status.pending_since or whole_seconds(now)) if waiting else None,
    )
    conditions = (
        _condition(token, "Ready", outcome.ready, outcome, now),
        _condition(token, "Active", outcome.active, replace(outcome, reason=outcome.barred or outcome.reason), now),
    )
    status = _with(status, *conditions)
    if outcome.stalled:
        return _with(status, _condition(token, "Stalled", outcome.stalled, outcome, now))
    return replace(status, conditions=without(status.conditions, "Stalled"))


def active_status(token: Token, *, soon: bool, now: datetime, barred: Unusable | None = None) -> TokenStatus:
    """The status of a minted token whose life is not over. `barred`: why it cannot be used now; None if it can."""
    end = _end(token)
    issued = Outcome(Phase.ACTIVE, Reason.ISSUED, f"The token can be used until {end}.", ready=True)
    if barred is not None:
        message = f"The token is accepted nowhere: {barred.why}. It ends at {end}."
        issued = replace(issued, message=message, barred=barred.reason)
    status = status_of(token, issued, now)
    if not soon:
        return without_expiry_warning(status)
    message = f"The token ends at {end}. Create another ApiToken under the same credential and move its users over."
    warning = Outcome(Phase.ACTIVE, Reason.EXPIRING_SOON, message)
    return _with(status, _condition(token, "ExpiringSoon", soon, warning, now))


def without_expiry_warning(status: TokenStatus) -> TokenStatus:
    """The status of a token that does not end soon, or that is over."""
    return replace(status, conditions=without(status.conditions, "ExpiringSoon"))


def with_delivery(
    token: Token, status: TokenStatus, change: tuple[DeliveryState, Reason], now: datetime
) -> TokenStatus:
    """The status after the one-time Secret came to this state; without a delivery, the status as it is."""
    if status.delivery is None:
        return status
    state, reason = change
    message = _delivery_message(status.delivery, reason)
    outcome = Outcome(Phase.ACTIVE, reason, message)
    status = replace(status, delivery=replace(status.delivery, state=state))
    return _with(status, _condition(token, "Delivered", state is DeliveryState.COLLECTED, outcome, now))


def withheld(token: Token, status: TokenStatus, held: Held, now: datetime) -> TokenStatus:
    """The status where the one-time Secret was deleted and still stands: as available as it was, and why that is so."""
    name = token.spec.secret_name if status.delivery is None else status.delivery.secret_name
    danger = (
        "whoever may read Secrets here can read the token. If that is more than whom it is for, revoke the token."
        if status.phase is Phase.ACTIVE
        else "what is in it is accepted nowhere."
    )
    message = (
        f"Secret {name} was deleted and still stands, held by {named(held.finalizers)}: {danger} "
        "Who set it takes it off, or whoever may update Secrets does; until then this is looked at again and again."
    )
    outcome = Outcome(Phase.ACTIVE, Reason.WITHDRAWAL_HELD, message)
    return _with(status, _condition(token, "Delivered", False, outcome, now))  # noqa: FBT003 - a condition's column


def is_withheld(status: TokenStatus) -> bool:
    """Whether the operator deleted the one-time Secret before, and it stood."""
    return _reason(status, "Delivered") == Reason.WITHDRAWAL_HELD


def undelivered(token: Token, status: TokenStatus, now: datetime) -> TokenStatus:
    """The status of a token that is over without a mint, once no Secret of it can be left."""
    message = "Nothing was minted, so there is nothing to read."
    outcome = Outcome(Phase.FAILED, Reason.NOT_DELIVERED, message)
    return _with(status, _condition(token, "Delivered", outcome.ready, outcome, now))


def minted_status(token: Token, minted: Minted, now: datetime) -> TokenStatus:
    """The status that ends a mint: from here on the token has its one secret, and is usable."""
    recorded = replace(
        token.status,
        credential=minted.credential,
        token_id=minted.token_id,
        hash=minted.hash,
        mac=minted.mac,
        issued_at=minted.issued_at,
        expires_at=minted.expires_at,
        delivery=minted.delivery,
    )
    token = replace(token, status=recorded)
    status = active_status(token, soon=False, now=now)
    return with_delivery(token, status, (DeliveryState.AVAILABLE, Reason.AVAILABLE), now)


def notices(token: Token, new: TokenStatus) -> tuple[EventMessage, ...]:
    """The Events of a change: one where the reason of Ready or Delivered changed, or the end came near."""
    changed = [
        condition
        for name in ("Ready", "Delivered", "ExpiringSoon")
        if (condition := find(new.conditions, name)) is not None
        and condition.reason not in {_reason(token.status, name), Reason.NOT_DELIVERED}
        and (condition.reason != Reason.DELETING or foreign(token.finalizers))
    ]
    return tuple(
        EventMessage(
            kind="ApiToken",
            key=token.key,
            uid=token.uid,
            reason=_EVENT_NAMES.get(condition.reason, condition.reason),
            message=condition.message,
            warning=_warns(condition, token),
        )
        for condition in changed
    )


_EVENT_NAMES: dict[str, str] = {Reason.AVAILABLE: "Delivered", Reason.WINDOW_CLOSED: "Withdrawn"}


def _warns(condition: Condition, token: Token) -> bool:
    if condition.type == "Ready":
        unminted_end = condition.reason == Reason.EXPIRED and not token.minted
        return condition.status != "True" or unminted_end
    return condition.reason in {Reason.EXPIRING_SOON, Reason.WINDOW_CLOSED, Reason.WITHDRAWAL_HELD}


def _reason(status: TokenStatus, name: str) -> str | None:
    condition = find(status.conditions, name)
    return None if condition is None else condition.reason


def _with(status: TokenStatus, *conditions: Condition) -> TokenStatus:
    merged = status.conditions
    for condition in conditions:
        merged = with_condition(merged, condition)
    return replace(status, conditions=merged)


def _condition(token: Token, name: str, holds: bool, outcome: Outcome, now: datetime) -> Condition:  # noqa: FBT001 - the five columns of a condition, private to this module
    return Condition(
        type=name,
        status="True" if holds else "False",
        reason=outcome.reason,
        message=outcome.message,
        observed_generation=token.generation,
        last_transition_time=whole_seconds(now),
    )


def _delivery_message(delivery: Delivery, reason: Reason) -> str:
    name = delivery.secret_name
    match reason:
        case Reason.AVAILABLE:
            return (
                f"Secret {name} holds the token until {format_time(delivery.deadline)}. "
                "Read it and delete it: it cannot be shown again."
            )
        case Reason.COLLECTED:
            return f"Secret {name} was deleted by its reader before its window closed."
        case Reason.WINDOW_CLOSED:
            return (
                f"Secret {name} was deleted at the end of its window. "
                "If nobody read it, revoke this token and create another."
            )
        case _:
            return f"Secret {name} was deleted because the token ended."


def _end(token: Token) -> str:
    end = expiry(token)
    return "further notice" if end is None else format_time(end)
