"""Builds an ApiToken's status and its Events: phase and conditions as Kubernetes and kstatus read them.

`Ready=True` means that the spec is fulfilled and nobody needs to act; a token that ended on purpose is Ready, too.
`Stalled` and `ExpiringSoon` are present only while they are true (kstatus: abnormal-true), to save space: a condition
that every token has takes room in etcd and in every list, with its managed fields.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from pharia_access.domain.api_values import EventMessage
from pharia_access.domain.conditions import Condition, find, with_condition, without
from pharia_access.domain.deletions import REMOVE_FINALIZERS, Held, foreign, named
from pharia_access.domain.lifetime import expiry, noted_end
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
    """A rule's answer for a token. `barred`: why a token in phase Active is refused."""

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
    """The fields that a mint adds to a status."""

    credential: CredentialIdentity
    token_id: str
    hash: str = field(repr=False)
    mac: Mac | None = field(repr=False)
    issued_at: datetime
    expires_at: datetime
    delivery: Delivery


def status_of(token: Token, outcome: Outcome, now: datetime) -> TokenStatus:
    """Return the token's status after this outcome; equal to the current status if nothing changed."""
    waiting = outcome.phase is Phase.PENDING and outcome.reason is not Reason.RESTORED
    status = replace(
        token.status,
        observed_generation=token.generation,
        phase=outcome.phase,
        ends_at=noted_end(token, outcome.phase, now),
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
    """Return the status of a minted token that has not ended. `barred`: why the token is refused now, or None."""
    end = _end(token)
    issued = Outcome(Phase.ACTIVE, Reason.ISSUED, f"The token can be used until {end}.", ready=True)
    if barred is not None:
        message = f"The token is refused: {barred.why}. It expires at {end}."
        issued = replace(issued, message=message, barred=barred.reason)
    status = status_of(token, issued, now)
    if not soon:
        return without_expiry_warning(status)
    message = f"The token expires at {end}. Create another ApiToken for the same credential and move its users to it."
    warning = Outcome(Phase.ACTIVE, Reason.EXPIRING_SOON, message)
    return _with(status, _condition(token, "ExpiringSoon", soon, warning, now))


def without_expiry_warning(status: TokenStatus) -> TokenStatus:
    """Return the status without the warning: the token does not expire soon, or has ended."""
    return replace(status, conditions=without(status.conditions, "ExpiringSoon"))


def with_delivery(
    token: Token, status: TokenStatus, change: tuple[DeliveryState, Reason], now: datetime
) -> TokenStatus:
    """Return the status with the one-time Secret in this state; unchanged if there is no delivery."""
    if status.delivery is None:
        return status
    state, reason = change
    message = _delivery_message(status.delivery, reason)
    outcome = Outcome(Phase.ACTIVE, reason, message)
    status = replace(status, delivery=replace(status.delivery, state=state))
    return _with(status, _condition(token, "Delivered", state is DeliveryState.COLLECTED, outcome, now))


def withheld(token: Token, status: TokenStatus, held: Held, now: datetime) -> TokenStatus:
    """Return the status of a token whose deleted Secret is held by finalizers: still available, with the reason."""
    name = token.spec.secret_name if status.delivery is None else status.delivery.secret_name
    danger = (
        "anybody who may read Secrets in this namespace can read the token. If in doubt, revoke the token."
        if status.phase is Phase.ACTIVE
        else "the token in it is refused."
    )
    message = (
        f"Secret {name} was deleted but still exists, held by {named(held.finalizers)}: {danger} "
        f"{REMOVE_FINALIZERS} The operator checks again until the Secret is gone."
    )
    outcome = Outcome(Phase.ACTIVE, Reason.WITHDRAWAL_HELD, message)
    return _with(status, _condition(token, "Delivered", False, outcome, now))  # noqa: FBT003 - a condition's column


def is_withheld(status: TokenStatus) -> bool:
    """Tell whether finalizers held the one-time Secret when the operator deleted it."""
    return _reason(status, "Delivered") == Reason.WITHDRAWAL_HELD


def undelivered(token: Token, status: TokenStatus, now: datetime) -> TokenStatus:
    """Return the status of a token that ended without a mint, once no Secret of the token can be left."""
    message = "No token was minted: there is no Secret to read."
    outcome = Outcome(Phase.FAILED, Reason.NOT_DELIVERED, message)
    return _with(status, _condition(token, "Delivered", outcome.ready, outcome, now))


def minted_status(token: Token, minted: Minted, now: datetime) -> TokenStatus:
    """Return the status that ends a mint: the token now has its one secret and is usable."""
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
    """Return an Event for each changed reason of Ready or Delivered, and one when the expiry comes near."""
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
                "Read the token, then delete the Secret: the token cannot be shown again."
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
