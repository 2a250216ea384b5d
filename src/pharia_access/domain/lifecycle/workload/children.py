"""Which ApiTokens of a WorkloadToken are live, and which go: those given up, those that make room, those long over."""

from datetime import datetime, timedelta
from typing import Final

from pharia_access.domain.api_values import EventMessage
from pharia_access.domain.grammar import counted
from pharia_access.domain.lifecycle.workload.decisions import CollectSecret, DropChild, Observed
from pharia_access.domain.lifetime import expiry
from pharia_access.domain.model import DeliveryState, Phase, Reason, Token
from pharia_access.domain.workload import child_name

__all__ = [
    "MOST_LIVE",
    "ends",
    "expendable_at",
    "given_up",
    "live_children",
    "long_over",
    "long_over_at",
    "make_room",
    "revision_of",
    "spent",
]

MOST_LIVE: Final = 5
"""How many live tokens one object may have."""

UNUSED_FOR: Final = timedelta(hours=1)
"""A live token that was not used for so long may be ended to make room."""

KEEP_ENDED: Final = 2
KEEP_FOR: Final = timedelta(hours=24)
"""So many ended tokens stay, and each for so long: their reasons tell who uses them still."""

_OVER: Final = frozenset({Phase.EXPIRED, Phase.REVOKED, Phase.FAILED})


def revision_of(observed: Observed, child: Token) -> int | None:
    """Return the number in a child's name; None if the name is not of our making."""
    digits = child.key.name.removeprefix(f"{observed.workload.key.name}-")
    number = int(digits) if digits.isdecimal() and digits.isascii() else 0
    return number if number and child_name(observed.workload.key.name, number) == child.key.name else None


def live_children(observed: Observed) -> tuple[Token, ...]:
    """Return the children that are not over, oldest first; one that is not minted yet is among them."""
    return tuple(child for child in _by_age(observed) if not _is_over(child))


def expendable_at(observed: Observed, child: Token) -> datetime | None:
    """Return from when on a live child may be ended to make room: an hour after its last use. None: never."""
    status = observed.workload.status
    kept = {each.uid for each in (status.current, status.pending) if each is not None}
    since = child.last_used or child.status.issued_at
    return None if child.uid in kept or since is None else since + UNUSED_FOR


def make_room(observed: Observed, now: datetime) -> DropChild | None:
    """End the one that was unused for longest, where so many are live that no other could be made."""
    live = live_children(observed)
    if len(live) < MOST_LIVE:
        return None
    ripe = [(at, child.key.name, child) for child in live if (at := expendable_at(observed, child)) and at <= now]
    if not ripe:
        return None
    _, name, child = min(ripe, key=lambda each: each[:2])
    alive = counted(len(live), "live token")
    message = f"ApiToken {name} was ended to make room for the next one: of {alive} it was unused longest."
    return DropChild(child, (_notice(observed, Reason.ENDED_EARLY, message),))


def given_up(observed: Observed, _now: datetime) -> DropChild | None:
    """End a live child on none of the lists, once a later one is in the Secret: until then it may yet get there."""
    status = observed.workload.status
    current = status.current
    if current is None:
        return None
    listed = {each.uid for each in (current, status.pending, *status.replaced) if each is not None}
    for child in live_children(observed):
        number = revision_of(observed, child)
        if child.uid not in listed and number is not None and number < current.revision:
            message = f"ApiToken {child.key.name} was ended: it was given up, and a later one is in the Secret."
            return DropChild(child, (_notice(observed, Reason.ENDED_EARLY, message),))
    return None


def long_over(observed: Observed, now: datetime) -> DropChild | None:
    """Delete the oldest of more than two ended children, a day after its end."""
    status = observed.workload.status
    kept = {each.uid for each in (status.current, status.pending) if each is not None}
    ended = [child for child in _by_age(observed) if _is_over(child) and not child.deleting and child.uid not in kept]
    if len(ended) <= KEEP_ENDED:
        return None
    oldest, end = ended[0], ended[0].status.ends_at
    return DropChild(oldest) if end is not None and end + KEEP_FOR <= now else None


def long_over_at(observed: Observed) -> datetime | None:
    """Return when the oldest of more than two ended children goes."""
    ended = [child for child in _by_age(observed) if _is_over(child) and not child.deleting]
    if len(ended) <= KEEP_ENDED:
        return None
    end = ended[0].status.ends_at
    return None if end is None else end + KEEP_FOR


def spent(observed: Observed) -> CollectSecret | None:
    """Take away the one-time Secret of the text that is in the kept Secret."""
    child = observed.current_child
    delivery = None if child is None else child.status.delivery
    if child is None or delivery is None or delivery.state is not DeliveryState.AVAILABLE:
        return None
    return CollectSecret(child)


def _is_over(child: Token) -> bool:
    return child.deleting or child.spec.revoked or child.status.phase in _OVER


def _by_age(observed: Observed) -> list[Token]:
    return sorted(observed.children.values(), key=lambda child: (revision_of(observed, child) or 0, child.created))


def ends(observed: Observed, now: datetime) -> list[datetime]:
    """Return the ends to come of live children: a place and a line of the status are free then."""
    return [end for child in live_children(observed) if (end := expiry(child)) is not None and end > now]


def _notice(observed: Observed, reason: Reason, message: str) -> EventMessage:
    workload = observed.workload
    return EventMessage("WorkloadToken", workload.key, workload.uid, reason, message, warning=True)
