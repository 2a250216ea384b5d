"""Builds the conditions of a WorkloadToken's status, and its Events.

`Ready` says whether the token in the Secret is good and its renewal is not overdue, whatever stands in the way of the
next one: an alert on it comes long before an outage, and not before there is one to come.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pharia_access.domain.api_values import EventMessage
from pharia_access.domain.conditions import Condition, find, is_true, with_condition, without
from pharia_access.domain.lifecycle.workload.decisions import Observed
from pharia_access.domain.lifecycle.workload.due import LOST, due, is_live
from pharia_access.domain.lifecycle.workload.refusals import Refusal
from pharia_access.domain.lifecycle.workload.timing import end_of_current, overdue_at, renews_at
from pharia_access.domain.model import Reason
from pharia_access.domain.times import format_time, whole_seconds
from pharia_access.domain.usability import BY_CREDENTIAL, Facts, objection, unusable
from pharia_access.domain.workload import Current, WorkloadStatus, WorkloadToken

__all__ = ["USED_LATE", "in_use", "notices", "state_of", "told"]

USED_LATE: Final = timedelta(hours=1)
"""So long after the delivery of its successor a replaced token is no longer expected to be used."""

_QUIET: Final = frozenset({Reason.CURRENT, Reason.ROTATING, Reason.SUSPENDED, Reason.NONE_IN_USE})


def told(observed: Observed, refused: Refusal | None, now: datetime) -> WorkloadStatus:
    """Return the status with its conditions, and what follows from the clock; equal to the one there if all is said."""
    workload, status = observed.workload, observed.workload.status
    end = end_of_current(observed)
    renewal = None if status.current is None or end is None else renews_at(workload, status.current, end)
    status = replace(
        status,
        observed_generation=workload.generation,
        renews_at=renewal,
        replaced=tuple(
            each for each in status.replaced if _is_out(observed, each.name, each.uid, each.expires_at, now)
        ),
    )
    ready, reason, message = _ready(observed, refused, now)
    status = _with(observed, status, ("Ready", ready, reason, message), now)
    stalled = ("Stalled", True, refused.reason, refused.message) if refused is not None and refused.stalled else None
    status = _with(observed, status, stalled, now) if stalled else _less(status, "Stalled")
    return _with_use(observed, status, now)


def notices(observed: Observed, new: WorkloadStatus) -> tuple[EventMessage, ...]:
    """Return an Event where a condition has a reason that people must know, and had it not before."""
    before = {each.type: each.reason for each in observed.workload.status.conditions}
    return tuple(
        EventMessage(
            "WorkloadToken",
            observed.workload.key,
            observed.workload.uid,
            each.reason,
            each.message,
            warning=True,
        )
        for each in new.conditions
        if each.type != "Stalled" and each.reason != before.get(each.type) and each.reason not in _QUIET
    )


def state_of(workload: WorkloadToken) -> str:
    """Return how it stands in a word, for a gauge: current, overdue, ended or stalled, by its conditions.

    What is worse comes first: one whose token ended is stalled as well, mostly. Without a token until now, or with a
    credential that somebody suspended, it is stalled: no program lost what it had by itself.
    """
    conditions = workload.status.conditions
    ready = find(conditions, "Ready")
    if ready is not None and ready.status != "True" and workload.status.current is not None:
        if ready.reason == Reason.RENEWAL_OVERDUE:
            return "overdue"
        if ready.reason != Reason.CREDENTIAL_SUSPENDED:
            return "ended"
    return "current" if is_true(conditions, "Ready") and not is_true(conditions, "Stalled") else "stalled"


def in_use(observed: Observed) -> tuple[str, str, datetime] | None:
    """Return the name, the ID and the end of a replaced token that was used late; None if none was."""
    status = observed.workload.status
    if status.current is None:
        return None
    late = status.current.delivered_at + USED_LATE
    for each in status.replaced:
        child = observed.children.get(each.name)
        if child is not None and child.uid == each.uid and child.last_used is not None and child.last_used > late:
            return each.name, each.token_id, each.expires_at
    return None


def _ready(observed: Observed, refused: Refusal | None, now: datetime) -> tuple[bool, Reason, str]:
    status = observed.workload.status
    current, why_not = status.current, _clause(observed, refused, now)
    if current is None:
        return False, refused.reason if refused else Reason.ROTATING, why_not or "The first token is being made."
    barred = _barred(observed, now)
    if barred is not None:
        reason, why = barred
        if refused is not None and reason is Reason.TOKEN_ENDED:
            reason = refused.reason  # what a person must change says more than what came of it
        return False, reason, f"The token in Secret {_secret(observed)} is refused: {why}. {why_not}".rstrip()
    if observed.secret in LOST:
        reason = Reason.ROTATING if refused is None else refused.reason
        return (
            False,
            reason,
            f"Secret {_secret(observed)} does not hold the token {current.token_id}. {why_not}".rstrip(),
        )
    end = end_of_current(observed)
    if end is not None and refused is not None and overdue_at(observed.workload, current, end) <= now:
        return False, Reason.RENEWAL_OVERDUE, f"{_good(observed, current, end)} Its renewal is overdue. {why_not}"
    if why_not:
        reason = Reason.ROTATING if refused is None else refused.reason
        return True, reason, f"{_good(observed, current, end)} {why_not}"
    renewal = "" if status.renews_at is None and end is None else _renewal(observed, current, end)
    return True, Reason.CURRENT, f"{_good(observed, current, end)}{renewal}"


def _clause(observed: Observed, refused: Refusal | None, now: datetime) -> str:
    pending = observed.workload.status.pending
    if refused is not None:
        return refused.message
    if pending is not None:
        return f"ApiToken {pending.name} is being made."
    return "The next one is being made." if due(observed, now) is not None else ""


def _barred(observed: Observed, now: datetime) -> tuple[Reason, str] | None:
    """Why verifiers refuse the token in the Secret: it is over, or its credential stands in the way."""
    child = observed.current_child
    if not is_live(observed, now) or child is None:
        return Reason.TOKEN_ENDED, "it has ended"
    if observed.credential_invalid:
        return None
    refused = objection(Facts.of(child), observed.credential, now)
    if refused is None or refused not in BY_CREDENTIAL:
        return None
    told_as = unusable(refused, observed.workload.spec.credential_name)
    return Reason(told_as.reason), told_as.why


def _good(observed: Observed, current: Current, end: datetime | None) -> str:
    until = format_time(current.expires_at if end is None else end)
    return f"Secret {_secret(observed)} holds the token {current.token_id}, which is good until {until}."


def _renewal(observed: Observed, current: Current, end: datetime | None) -> str:
    at = renews_at(observed.workload, current, current.expires_at if end is None else end)
    return f" The next one is made at {format_time(at)}."


def _secret(observed: Observed) -> str:
    return observed.workload.spec.secret.name


def _with_use(observed: Observed, status: WorkloadStatus, now: datetime) -> WorkloadStatus:
    if not status.replaced:
        return _less(status, "PreviousInUse")
    found = in_use(observed)
    if found is None:
        message = "No replaced token was used an hour after its successor was delivered."
        return _with(observed, status, ("PreviousInUse", False, Reason.NONE_IN_USE, message), now)
    name, token_id, end = found
    message = (
        f"ApiToken {name} ({token_id}) was replaced and is still used. It ends at {format_time(end)}: have its user "
        f"read Secret {_secret(observed)} anew."
    )
    return _with(observed, status, ("PreviousInUse", True, Reason.PREVIOUS_IN_USE, message), now)


def _is_out(observed: Observed, name: str, uid: str, expires_at: datetime, now: datetime) -> bool:
    """Return whether a replaced token is still good: people list those."""
    child = observed.children.get(name)
    return expires_at > now and child is not None and child.uid == uid and not (child.deleting or child.spec.revoked)


def _with(
    observed: Observed, status: WorkloadStatus, said: tuple[str, bool, Reason, str], now: datetime
) -> WorkloadStatus:
    name, holds, reason, message = said
    condition = Condition(
        type=name,
        status="True" if holds else "False",
        reason=reason,
        message=message,
        observed_generation=observed.workload.generation,
        last_transition_time=whole_seconds(now),
    )
    return replace(status, conditions=with_condition(status.conditions, condition))


def _less(status: WorkloadStatus, name: str) -> WorkloadStatus:
    return replace(status, conditions=without(status.conditions, name))
