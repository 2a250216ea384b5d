"""When a WorkloadToken's next token is made, and how long it waits after a loss."""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from pharia_access.domain.backoff import Backoff
from pharia_access.domain.lifecycle.workload.decisions import Observed
from pharia_access.domain.lifetime import expiry
from pharia_access.domain.model import Token
from pharia_access.domain.times import whole_seconds
from pharia_access.domain.workload import Current, WorkloadToken

__all__ = [
    "LOSS_WAIT",
    "end_of_current",
    "may_mint_at",
    "overdue_at",
    "renews_at",
    "settled_at",
]

LOSS_WAIT: Final = Backoff(first=60.0, longest=3600.0)
"""After the second loss in a row and each later one: whoever may delete the Secret forces ever fewer mints."""

_SPREAD: Final = 10
"""A tenth of the overlap: a thousand objects of one sync do not renew in one second."""


def end_of_current(observed: Observed) -> datetime | None:
    """Return when the token in the Secret ends: as its mint fixed it, or sooner if its spec says so."""
    current = observed.workload.status.current
    if current is None:
        return None
    child = observed.current_child
    end = None if child is None else expiry(child)
    return current.expires_at if end is None else min(end, current.expires_at)


def renews_at(workload: WorkloadToken, current: Current, end: datetime) -> datetime:
    """Return when the successor of a token with this end is made: its overlap before, and a little sooner."""
    overlap = _overlap(workload, current, end)
    return whole_seconds(end - overlap - _fraction(workload.uid) * (overlap / _SPREAD))


def overdue_at(workload: WorkloadToken, current: Current, end: datetime) -> datetime:
    """Return from when on a renewal is late: a tenth of the overlap after it was due."""
    return renews_at(workload, current, end) + _overlap(workload, current, end) / _SPREAD


def may_mint_at(workload: WorkloadToken) -> datetime | None:
    """Return before when no token is made in place of a lost one; None if one may be made at once."""
    lost = workload.status.lost
    if lost.count == 0 or lost.last is None:
        return None
    return lost.last + timedelta(seconds=LOSS_WAIT.after(lost.count))


def settled_at(child: Token, settle: timedelta) -> datetime | None:
    """Return from when on every verifier that is ready knows the token. A status has whole seconds: one is added."""
    issued = child.status.issued_at
    moments = [condition.last_transition_time for condition in child.status.conditions if condition.type == "Ready"]
    return None if issued is None else max([issued, *moments]) + timedelta(seconds=1) + settle


def _overlap(workload: WorkloadToken, current: Current, end: datetime) -> timedelta:
    """Return how long before the end: what the spec says, a third of the life if nothing, at most half of it."""
    life = max(timedelta(0), end - current.issued_at)
    asked = workload.spec.renew_before
    return life / 3 if asked is None else min(asked, life / 2)


def _fraction(uid: str) -> float:
    """Return a number from 0 to 1 that is this object's alone."""
    return int.from_bytes(hashlib.sha256(uid.encode()).digest()[:4]) / 2**32
