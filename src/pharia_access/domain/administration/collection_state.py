"""Whether a token's secret can be collected now: an ordered list of small rules, the first answer counts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.reasons import DeliveryState, Phase, Reason
from pharia_access.domain.times import format_time

__all__ = ["Collectable", "CollectionState", "Pending", "Unavailable", "collection_state"]


@dataclass(frozen=True, slots=True)
class Collectable:
    """It can be."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Not yet; `why` is what the operator says."""

    why: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    """It cannot be, and waiting does not help; `why` is a sentence, `next_step` another where something can be done."""

    why: str
    next_step: str = ""


CollectionState = Collectable | Pending | Unavailable
Rule = Callable[[TokenSummary], CollectionState | None]

_AGAIN: Final = "A secret is shown once. To have a new token: kubectl access token rotate"


def collection_state(token: TokenSummary) -> CollectionState:
    """What the status says of it."""
    for rule in _RULES:
        if (answer := rule(token)) is not None:
            return answer
    return Pending(token.message or "no operator has seen the token yet")


def _over(token: TokenSummary) -> CollectionState | None:
    if token.deleting or token.phase in {Phase.EXPIRED, Phase.REVOKED}:
        return Unavailable(f"the token is {token.in_words}")
    return None


def _failed(token: TokenSummary) -> CollectionState | None:
    if not token.stalled and token.phase != Phase.FAILED:
        return None
    here = f"{token.key.name} -n {token.key.namespace}"
    steps = [f"See: kubectl access token get {here}"]
    if token.reason == Reason.TTL_TOO_LONG:
        steps.append(f"To try again with a shorter --expires, first: kubectl access token delete {here}")
    return Unavailable(token.message or "minting failed", "\n".join(steps))


def _collected(token: TokenSummary) -> CollectionState | None:
    if token.delivery == DeliveryState.COLLECTED:
        return Unavailable("it was collected already", _again(token))
    return None


def _withdrawn(token: TokenSummary) -> CollectionState | None:
    if token.delivery != DeliveryState.WITHDRAWN:
        return None
    when = f" at {format_time(token.deadline)}" if token.deadline else ""
    return Unavailable(f"it was withdrawn unread{when}", _again(token))


def _available(token: TokenSummary) -> CollectionState | None:
    return Collectable() if token.ready == "True" and token.delivery == DeliveryState.AVAILABLE else None


def _again(token: TokenSummary) -> str:
    return f"{_AGAIN} {token.key.name} -n {token.key.namespace}"


_RULES: tuple[Rule, ...] = (
    _over,  # before all: an ended token has a collected Secret too
    _failed,
    _collected,
    _withdrawn,
    _available,
)
