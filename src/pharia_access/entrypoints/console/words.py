"""Moments, states and permissions in words, the same on every screen."""

from datetime import datetime
from typing import Final

from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.administration.workload_tokens import WorkloadSummary
from pharia_access.domain.durations import humanize, roughly
from pharia_access.domain.permissions import Permission
from pharia_access.domain.reasons import DeliveryState, Reason
from pharia_access.domain.times import format_time

__all__ = [
    "ago",
    "credential_state",
    "iso",
    "minute",
    "moment",
    "overlap_words",
    "permission_words",
    "roughly_ago",
    "roughly_until",
    "secret_state",
    "token_state",
    "until",
    "workload_state",
]

_MONTHS: Final = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905 - read at a glance
)


def moment(when: datetime) -> str:
    """`27 February 2027, 10:00 UTC`."""
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}, {when:%H:%M} UTC"


def minute(when: datetime) -> str:
    """The same to a minute, for long tables: `2027-02-27T10:00Z`."""
    return f"{when.replace(tzinfo=None).isoformat(timespec='minutes')}Z"


def iso(when: datetime) -> str:
    """For a machine to read: the `datetime` of a `time`."""
    return format_time(when)


def ago(when: datetime, now: datetime) -> str:
    """`2 hours ago`."""
    return f"{humanize(max(now - when, now - now))} ago"


def until(when: datetime, now: datetime) -> str:
    """`in 90 days`, or how long ago."""
    return f"in {humanize(when - now)}" if when > now else ago(when, now)


def roughly_ago(when: datetime, now: datetime) -> str:
    """`2 hours ago`, for long tables."""
    return f"{roughly(max(now - when, now - now))} ago"


def roughly_until(when: datetime, now: datetime) -> str:
    """`in 90 days`, or how long ago, for long tables."""
    return f"in {roughly(when - now)}" if when > now else roughly_ago(when, now)


def credential_state(credential: CredentialSummary) -> str:
    """Whether its roles are in force."""
    if credential.deleting:
        return "Being deleted"
    if credential.suspended:
        return "Suspended"
    if credential.ready == "True":
        return "In force"
    if not credential.ready:
        return "Not seen by the operator yet"
    return f"Not all roles are in force: {credential.message or credential.reason}"


def workload_state(workload: WorkloadSummary) -> str:
    """Whether its Secret holds a good token, and what its operator is about."""
    if workload.deleting:
        return "Being deleted"
    if not workload.ready:
        return "Not seen by the operator yet"
    if workload.ready == "True" and workload.reason == Reason.CURRENT:
        return "Current"
    word = "Good" if workload.ready == "True" else "Not good"
    return f"{word}: {workload.message or workload.reason}"


def token_state(token: TokenSummary) -> str:
    """What it is good for now."""
    if token.deleting:
        return "Being deleted"
    phase = token.phase or "Pending"
    if token.unusable is not None and token.unusable.reason == Reason.EXPIRED:
        return "Expired"
    if token.unusable is not None and phase in {"Active", "Pending"}:
        return f"{phase}, but refused: {token.unusable.why}"
    if phase in {"Pending", "Failed"} and (token.message or token.reason):
        return f"{phase}: {token.message or token.reason}"
    return phase


def overlap_words(old: TokenSummary, new: TokenSummary, now: datetime) -> str:
    """Whether anything still uses a token that was replaced."""
    name, since = old.key.name, f"since {new.key.name} was made"
    if old.last_used is None:
        return f"{name} was never seen in use."
    if new.created is not None and old.last_used > new.created:
        return f"{name} was last used {ago(old.last_used, now)}, {since}: something still uses it."
    return f"{name} was last used {ago(old.last_used, now)}: not {since}."


def secret_state(token: TokenSummary) -> str:
    """Where its secret is."""
    match token.delivery:
        case DeliveryState.AVAILABLE:
            return f"waiting until {moment(token.deadline)}" if token.deadline else "waiting"
        case DeliveryState.COLLECTED:
            return "collected"
        case DeliveryState.WITHDRAWN:
            return "withdrawn unread"
        case _:
            return "not there yet" if token.phase in {"", "Pending"} else "never made"


def permission_words(permission: Permission) -> str:
    """`AccessModel (model: *)`."""
    if not permission.fields:
        return permission.name
    return f"{permission.name} ({', '.join(f'{name}: {value}' for name, value in permission.fields)})"
