"""Decides what to do with a WorkloadToken: an ordered tuple of small rules, read from top to bottom.

Each step of a rotation is one decision, and each follows from the objects alone: whoever comes after a crash, or a
second leader, finds the next step again. Rules are total, so their order is priority, not a precondition.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from pharia_access.domain.api_values import EventMessage
from pharia_access.domain.lifecycle.workload.children import (
    ends,
    given_up,
    long_over,
    long_over_at,
    make_room,
    spent,
)
from pharia_access.domain.lifecycle.workload.conditions import notices, told
from pharia_access.domain.lifecycle.workload.decisions import (
    AskServer,
    CollectSecret,
    Create,
    Decision,
    Deliver,
    DropChild,
    InSync,
    Observed,
    WriteStatus,
)
from pharia_access.domain.lifecycle.workload.due import due, is_live
from pharia_access.domain.lifecycle.workload.refusals import Refusal, is_loss, refusal
from pharia_access.domain.lifecycle.workload.timing import end_of_current, overdue_at, renews_at, settled_at
from pharia_access.domain.model import Phase, Reason, Token
from pharia_access.domain.times import whole_seconds
from pharia_access.domain.workload import Current, Losses, Pending, Why, WorkloadStatus, child_name

__all__ = ["RULES", "abandoned", "decide", "delivered", "next_number", "renumbered", "taken_on"]

Rule = Callable[[Observed, datetime], Decision | None]

_OVER: Final = frozenset({Phase.EXPIRED, Phase.REVOKED, Phase.FAILED})


def decide(observed: Observed, now: datetime) -> Decision:
    """Return what to do next. Carry it out and ask again: InSync ends the round."""
    return next((answer for rule in RULES if (answer := rule(observed, now)) is not None), InSync())


def leave_what_is_going(observed: Observed, _now: datetime) -> Decision | None:
    """It is being deleted: its tokens go with it, by garbage collection."""
    return InSync() if observed.workload.deleting else None


def collect_what_is_delivered(observed: Observed, _now: datetime) -> CollectSecret | None:
    """The text is in the kept Secret: its one-time Secret has done its work."""
    return spent(observed)


def drop_what_was_given_up(observed: Observed, now: datetime) -> DropChild | None:
    """A live token that nobody shall use ends once a later one is in the Secret."""
    return given_up(observed, now)


def drop_what_is_long_over(observed: Observed, now: datetime) -> DropChild | None:
    """Of ended tokens two stay."""
    return long_over(observed, now)


def go_on(observed: Observed, now: datetime) -> Decision | None:
    """Take the number that was given to its end: create, wait, deliver; or give it up."""
    pending, child = observed.workload.status.pending, observed.pending_child
    if pending is None:
        return None
    if pending.uid is None:
        return Create(pending)
    if child is None or _is_over(child):
        return abandoned(observed, "its ApiToken was revoked, deleted or failed")
    if not child.minted:
        return _tell(observed, None, now)
    at = settled_at(child, observed.settle)
    if at is not None and at > now and is_live(observed, now):
        return _tell(observed, None, now, at)
    return Deliver(pending, child)


def give_the_next_number(observed: Observed, now: datetime) -> Decision | None:
    """Begin another token, where one is due and nothing stands in the way."""
    why = due(observed, now)
    if why is None:
        return None
    refused = refusal(observed, now)
    if refused is not None:
        return _tell(observed, refused, now, refused.recheck_at)
    if observed.answers is None:
        number = observed.workload.status.revision + 1
        return AskServer(child_name(observed.workload.key.name, number), number)
    return make_room(observed, now) or WriteStatus(next_number(observed, why, now))


def say_that_all_is_well(observed: Observed, now: datetime) -> Decision:
    """Nothing is due: say so, and when it will be."""
    return _tell(observed, refusal(observed, now) if observed.workload.spec.suspended else None, now)


def next_number(observed: Observed, why: Why, now: datetime) -> WorkloadStatus:
    """Return the status that reserves the next number: by it all names follow, and it is given once."""
    workload, status = observed.workload, observed.workload.status
    revision, moment = status.revision + 1, whole_seconds(now)
    lost = status.lost
    if is_loss(observed, why):
        lost = Losses(lost.count + 1, moment)
    elif why is Why.RENEWAL:
        lost = Losses()
    return replace(
        status,
        observed_generation=workload.generation,
        revision=revision,
        rotate=status.rotate if workload.spec.rotate is None else workload.spec.rotate,
        pending=Pending(revision, child_name(workload.key.name, revision), why, moment),
        lost=lost,
    )


def taken_on(observed: Observed, child: Token) -> WorkloadStatus:
    """Return the status that says which ApiToken has the number: its UID tells it from a later one of the name."""
    status, pending = observed.workload.status, observed.workload.status.pending
    return status if pending is None else replace(status, pending=replace(pending, uid=child.uid))


def renumbered(observed: Observed) -> WorkloadStatus:
    """Return the status with the next number for the same token: an ApiToken of another has the name."""
    workload, status = observed.workload, observed.workload.status
    if status.pending is None:
        return status
    revision = status.revision + 1
    pending = replace(status.pending, revision=revision, name=child_name(workload.key.name, revision), uid=None)
    return replace(status, revision=revision, pending=pending)


def abandoned(observed: Observed, why: str) -> WriteStatus:
    """Give a number up: what was made under it ends once a later one is in the Secret. Who asked for it asks still."""
    workload, pending = observed.workload, observed.workload.status.pending
    asked = pending is not None and pending.why is Why.ASKED
    rotate = None if asked else workload.status.rotate
    name = "" if pending is None else pending.name
    message = f"ApiToken {name} was given up: {why}. Another one is made."
    notice = EventMessage("WorkloadToken", workload.key, workload.uid, Reason.GIVEN_UP, message, warning=True)
    return WriteStatus(replace(workload.status, pending=None, rotate=rotate), (notice,))


def delivered(observed: Observed, child: Token, now: datetime) -> WriteStatus:
    """Return the status that says: the child's text is in the Secret; the one before it is good until its end."""
    workload, status = observed.workload, observed.workload.status
    pending, minted = status.pending, child.status
    if pending is None or minted.token_id is None or minted.issued_at is None or minted.expires_at is None:
        return WriteStatus(status)
    current = Current(
        revision=pending.revision,
        name=child.key.name,
        uid=child.uid,
        token_id=minted.token_id,
        delivered_at=whole_seconds(now),
        issued_at=minted.issued_at,
        expires_at=minted.expires_at,
    )
    before = () if status.current is None else (status.current.as_replaced,)
    new = replace(
        status, current=current, pending=None, replaced=(*before, *status.replaced), bound=workload.spec.secret.name
    )
    message = f"Secret {workload.spec.secret.name} holds the token {current.token_id} ({current.name}): {pending.why}."
    notice = EventMessage("WorkloadToken", workload.key, workload.uid, Reason.ROTATED, message)
    after = replace(observed, workload=replace(workload, status=new), secret=None, answers=None)
    return WriteStatus(told(after, None, now), (notice,))


def _tell(observed: Observed, refused: Refusal | None, now: datetime, recheck_at: datetime | None = None) -> Decision:
    """Write what is so, unless the status says it; then wait until something changes by itself."""
    status = told(observed, refused, now)
    if status != observed.workload.status:
        return WriteStatus(status, notices(observed, status))
    return InSync(min((at for at in (recheck_at, *_moments(observed, refused, now)) if at is not None), default=None))


def _moments(observed: Observed, refused: Refusal | None, now: datetime) -> list[datetime]:
    """Return all that falls due by the clock, and has not yet."""
    workload, current, end = observed.workload, observed.workload.status.current, end_of_current(observed)
    moments = [*ends(observed, now), long_over_at(observed)]
    if current is not None and end is not None:
        moments += [renews_at(workload, current, end), end]
        moments += [overdue_at(workload, current, end)] if refused is not None else []
    return [at for at in moments if at is not None and at > now]


def _is_over(child: Token) -> bool:
    return child.deleting or child.spec.revoked or child.status.phase in _OVER


RULES: Final[tuple[Rule, ...]] = (
    leave_what_is_going,
    collect_what_is_delivered,
    drop_what_was_given_up,
    drop_what_is_long_over,
    go_on,
    give_the_next_number,
    say_that_all_is_well,
)
"""First what a crash may have left, then the token that is being made, then the next one."""
