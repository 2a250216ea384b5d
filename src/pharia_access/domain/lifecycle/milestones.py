"""What in a token's life belongs into the operator's log: an ordered list of small rules over two statuses."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pharia_access.domain.conditions import find
from pharia_access.domain.model import DeliveryState, Phase, Token, TokenStatus
from pharia_access.domain.times import format_time

__all__ = ["Milestone", "milestones"]

_ENDS: Final = {Phase.EXPIRED: "token expired", Phase.REVOKED: "token revoked", Phase.FAILED: "token failed"}

Rule = Callable[[TokenStatus, TokenStatus], str]
"""From the status before and after to what happened; empty where nothing did."""


@dataclass(frozen=True, slots=True)
class Milestone:
    """Something that happens once in a token's life. Its fields are those of the log line, and hold no secret."""

    what: str
    fields: dict[str, str]


def milestones(token: Token, new: TokenStatus) -> tuple[Milestone, ...]:
    """Return what a write of this status makes true. `token`: as it was before."""
    happened = (rule(token.status, new) for rule in _RULES)
    return tuple(Milestone(what, _fields(token, new)) for what in happened if what)


def _minted(before: TokenStatus, after: TokenStatus) -> str:
    return "token minted" if after.token_id is not None and before.token_id is None else ""


def _delivered(before: TokenStatus, after: TokenStatus) -> str:
    if before.delivery is None or after.delivery is None or before.delivery.state is after.delivery.state:
        return ""
    match after.delivery.state:
        case DeliveryState.COLLECTED:
            return "token collected"
        case DeliveryState.WITHDRAWN:
            return "token's Secret withdrawn"
        case _:
            return ""


def _ended(before: TokenStatus, after: TokenStatus) -> str:
    return "" if before.phase is after.phase or after.phase is None else _ENDS.get(after.phase, "")


_RULES: Final[tuple[Rule, ...]] = (_minted, _delivered, _ended)
"""In the order in which one write may bring several."""


def _fields(token: Token, new: TokenStatus) -> dict[str, str]:
    ready = find(new.conditions, "Ready")
    credential = token.spec.credential_name if new.credential is None else new.credential.name
    fields = {
        "tokenID": new.token_id or "",
        "token": str(token.key),
        "uid": token.uid,
        "credential": f"{token.key.namespace}/{credential}",
        "endsAt": format_time(new.ends_at) if new.ends_at else "",
        "reason": "" if ready is None else ready.reason,
    }
    return {name: value for name, value in fields.items() if value}
