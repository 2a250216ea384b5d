"""Whether a WorkloadToken needs another token, and why: an ordered tuple of rules, the first answer counts."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from pharia_access.domain.lifecycle.workload.decisions import Observed, Sight
from pharia_access.domain.lifecycle.workload.timing import end_of_current, renews_at
from pharia_access.domain.model import Phase
from pharia_access.domain.workload import Why

__all__ = ["DUE_RULES", "LOST", "due", "ended_early", "is_live"]

LOST: Final = frozenset({Sight.GONE, Sight.OLDER, Sight.FOREIGN})
"""What a look at the Secret finds where the current token is not in it."""

DueRule = Callable[[Observed, datetime], Why | None]


def due(observed: Observed, now: datetime) -> Why | None:
    """Return why a token is to be made now, or None."""
    return next((why for rule in DUE_RULES if (why := rule(observed, now)) is not None), None)


def none_yet(observed: Observed, _now: datetime) -> Why | None:
    """There was never one in the Secret."""
    return Why.FIRST if observed.workload.status.current is None else None


def ended_before_its_time(observed: Observed, now: datetime) -> Why | None:
    """Somebody revoked, deleted or cut the current one, or it failed."""
    return Why.ENDED if ended_early(observed, now) else None


def asked_for(observed: Observed, _now: datetime) -> Why | None:
    """`spec.rotate` has another text than the one that was obeyed. Taking it away asks for nothing."""
    asked = observed.workload.spec.rotate
    return Why.ASKED if asked is not None and asked != observed.workload.status.rotate else None


def time_to_renew(observed: Observed, now: datetime) -> Why | None:
    """The time has come. Of a life that somebody cut it is a loss."""
    current, end = observed.workload.status.current, end_of_current(observed)
    if current is None or end is None or renews_at(observed.workload, current, end) > now:
        return None
    return Why.RENEWAL if end == current.expires_at else Why.ENDED


def secret_lost(observed: Observed, _now: datetime) -> Why | None:
    """The Secret is gone, holds an older token, or is somebody else's now."""
    return Why.SECRET_LOST if observed.secret in LOST else None


def ended_early(observed: Observed, now: datetime) -> bool:
    """Return whether the current token is over although its time had not come."""
    current, child = observed.workload.status.current, observed.current_child
    if current is None or current.expires_at <= now:
        return False
    cutoff = observed.refuse_issued_before
    if cutoff is not None and current.issued_at < cutoff:
        return True
    return child is None or _is_over(observed, now)


def is_live(observed: Observed, now: datetime) -> bool:
    """Return whether the token in the Secret is good, its credential aside."""
    current = observed.workload.status.current
    return current is not None and now < current.expires_at and not ended_early(observed, now)


def _is_over(observed: Observed, now: datetime) -> bool:
    child, end = observed.current_child, end_of_current(observed)
    if child is None or end is None or child.deleting or child.spec.revoked or end <= now:
        return True
    return child.status.phase in {Phase.FAILED, Phase.REVOKED, Phase.EXPIRED}


DUE_RULES: Final[tuple[DueRule, ...]] = (none_yet, ended_before_its_time, asked_for, time_to_renew, secret_lost)
"""In this order: what is told as the reason of a mint."""
