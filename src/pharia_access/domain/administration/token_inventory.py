"""Tokens, of one namespace or of all: which of them a person looks for, and in what order. Pure; `now` is a parameter.

Rules are total and small. Filters are independent of each other: a token that is shown fits each that is set.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Any, Final

from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.administration.token_states import STATES, TokenState, state_later
from pharia_access.domain.reasons import DeliveryState

__all__ = [
    "SORTS",
    "SecretState",
    "TokenFilter",
    "TokenRow",
    "in_order",
    "matching",
]


class SecretState(StrEnum):
    """Where a token's secret may be looked for."""

    WAITING = "waiting"
    """Its one-time Secret waits for its reader."""
    COLLECTED = "collected"
    WITHDRAWN = "withdrawn"
    """Nobody read it in time."""
    UNCOLLECTED = "uncollected"
    """It waits, or it waited in vain."""


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token in the inventory.

    Attributes:
        token: judged.
        state: when it was judged; `state_now` is what has become of it.
        roles: of its credential; None where that may not be seen, or is not there.
    """

    token: TokenSummary
    state: TokenState
    roles: tuple[str, ...] | None = None

    def state_now(self, now: datetime) -> TokenState:
        """In which state it is now."""
        return state_later(self.state, self.token, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFilter:
    """What is looked for; what is not set asks nothing.

    Attributes:
        text: a part of the name, namespace, credential, ID, description, or of a role's name.
        state: one of STATES.
        ends_within: it has not ended, and will within this time.
        unused_for: nobody was seen using it for this long, or since it was issued.
        never_used: nobody ever was.
        in_git: whether Git declares it.
    """

    text: str = ""
    state: str = ""
    namespace: str = ""
    credential: str = ""
    role: str = ""
    ends_within: timedelta | None = None
    unused_for: timedelta | None = None
    never_used: bool = False
    secret: SecretState | None = None
    in_git: bool | None = None


_UNCOLLECTED: Final = {DeliveryState.AVAILABLE, DeliveryState.WITHDRAWN}
_DELIVERIES: Final[Mapping[SecretState, set[DeliveryState]]] = {
    SecretState.WAITING: {DeliveryState.AVAILABLE},
    SecretState.COLLECTED: {DeliveryState.COLLECTED},
    SecretState.WITHDRAWN: {DeliveryState.WITHDRAWN},
    SecretState.UNCOLLECTED: _UNCOLLECTED,
}


def matching(rows: Iterable[TokenRow], wanted: TokenFilter, now: datetime) -> list[TokenRow]:
    """Those that fit, in their order."""
    rules = [rule for rule in (make(wanted, now) for make in _RULES) if rule is not None]
    return [row for row in rows if all(rule(row) for rule in rules)] if rules else list(rows)


Rule = Callable[[TokenRow], bool]


def _text(wanted: TokenFilter, _: datetime) -> Rule | None:
    words = wanted.text.casefold()
    return (lambda row: words in _texts(row).casefold()) if words else None


def _texts(row: TokenRow) -> str:
    """All that is searched, a line each."""
    token = row.token
    own = f"{token.key.name}\n{token.key.namespace}\n{token.credential}\n{token.token_id}\n{token.description}"
    return "\n".join((own, *(row.roles or ())))


def _state(wanted: TokenFilter, now: datetime) -> Rule | None:
    fits = STATES.get(wanted.state)
    return None if fits is None else lambda row: fits(row.state_now(now), row.token)


def _namespace(wanted: TokenFilter, _: datetime) -> Rule | None:
    return (lambda row: row.token.key.namespace == wanted.namespace) if wanted.namespace else None


def _credential(wanted: TokenFilter, _: datetime) -> Rule | None:
    return (lambda row: row.token.credential == wanted.credential) if wanted.credential else None


def _role(wanted: TokenFilter, _: datetime) -> Rule | None:
    return (lambda row: wanted.role in (row.roles or ())) if wanted.role else None


def _ends_within(wanted: TokenFilter, now: datetime) -> Rule | None:
    if wanted.ends_within is None:
        return None
    last = now + wanted.ends_within
    return lambda row: row.token.end is not None and now < row.token.end <= last


def _unused_for(wanted: TokenFilter, now: datetime) -> Rule | None:
    if wanted.unused_for is None:
        return None
    since = now - wanted.unused_for
    return lambda row: (used := row.token.last_used or row.token.issued) is not None and used <= since


def _never_used(wanted: TokenFilter, _: datetime) -> Rule | None:
    return (lambda row: row.token.minted and row.token.last_used is None) if wanted.never_used else None


def _secret(wanted: TokenFilter, _: datetime) -> Rule | None:
    if wanted.secret is None:
        return None
    states = _DELIVERIES[wanted.secret]
    return lambda row: row.token.delivery in states


def _in_git(wanted: TokenFilter, _: datetime) -> Rule | None:
    return None if wanted.in_git is None else lambda row: bool(row.token.git) == wanted.in_git


_RULES: Final = (
    _namespace,
    _credential,
    _role,
    _secret,
    _in_git,
    _never_used,
    _ends_within,
    _unused_for,
    _state,
    _text,  # last: it costs most
)

SORTS: Final[Mapping[str, Callable[[TokenRow], Any]]] = {
    "name": attrgetter("token.key.name"),
    "namespace": attrgetter("token.key.namespace"),
    "credential": attrgetter("token.credential"),
    "state": attrgetter("token.state"),
    "created": attrgetter("token.created"),
    "expires": attrgetter("token.end"),
    "used": attrgetter("token.last_used"),
}
"""By what rows can be sorted."""


def in_order(rows: Sequence[TokenRow], sort: str, *, descending: bool = False) -> list[TokenRow]:
    """The rows, sorted by one of SORTS; equal ones stay in their order, and those without a value come last."""
    key = SORTS[sort]
    # No pair for each row: making ten thousand objects wakes the garbage collector, which costs more than the sort.
    known = sorted((row for row in rows if key(row) is not None), key=key, reverse=descending)
    return known if len(known) == len(rows) else known + [row for row in rows if key(row) is None]
