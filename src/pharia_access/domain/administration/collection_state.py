"""Whether a token's secret can be collected now: an ordered list of small rules, the first answer counts."""

from collections.abc import Callable
from dataclasses import dataclass

from pharia_access.domain.administration.next_steps import RetryShorter, RotateToken, ShowToken, Step
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.reasons import DeliveryState, Phase, Reason
from pharia_access.domain.times import format_time

__all__ = ["UNSEEN", "Collectable", "CollectionState", "Pending", "Unavailable", "collection_state"]


@dataclass(frozen=True, slots=True)
class Collectable:
    """It can be."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Not yet; `why` is what the operator says."""

    why: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    """It cannot be, and waiting does not help; `why` is a sentence, `next_steps` what can be done, if anything."""

    why: str
    next_steps: tuple[Step, ...] = ()


CollectionState = Collectable | Pending | Unavailable
Rule = Callable[[TokenSummary], CollectionState | None]


UNSEEN = (
    "no operator has seen the token yet (does one run? Its pods have the label app.kubernetes.io/component=operator)"
)
"""Nobody has written a status: what to look at."""


def collection_state(token: TokenSummary) -> CollectionState:
    """What the status says of it."""
    for rule in _RULES:
        if (answer := rule(token)) is not None:
            return answer
    return Pending(token.message or UNSEEN)


def _over(token: TokenSummary) -> CollectionState | None:
    if token.deleting or token.phase in {Phase.EXPIRED, Phase.REVOKED}:
        return Unavailable(f"the token is {token.in_words}")
    return None


def _failed(token: TokenSummary) -> CollectionState | None:
    if not token.stalled and token.phase != Phase.FAILED:
        return None
    again = (RetryShorter(token.key),) if token.reason == Reason.TTL_TOO_LONG else ()
    return Unavailable(token.message or "minting failed", (ShowToken(token.key), *again))


def _collected(token: TokenSummary) -> CollectionState | None:
    if token.delivery == DeliveryState.COLLECTED:
        return Unavailable("it was already collected", (RotateToken(token.key),))
    return None


def _withdrawn(token: TokenSummary) -> CollectionState | None:
    if token.delivery != DeliveryState.WITHDRAWN:
        return None
    when = f" at {format_time(token.deadline)}" if token.deadline else ""
    return Unavailable(f"it was withdrawn unread{when}", (RotateToken(token.key),))


def _available(token: TokenSummary) -> CollectionState | None:
    return Collectable() if token.ready == "True" and token.delivery == DeliveryState.AVAILABLE else None


_RULES: tuple[Rule, ...] = (
    _over,  # before all: an ended token has a collected Secret too
    _failed,
    _collected,
    _withdrawn,
    _available,
)
