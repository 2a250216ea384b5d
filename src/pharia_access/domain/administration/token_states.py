"""What a token is now, in a word: an ordered list of small rules, the first answer counts. `now` is a parameter."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.reasons import Phase, Reason

__all__ = ["ENDED", "NEEDS_YOU", "STATES", "TokenState", "state_later", "state_of"]


class TokenState(StrEnum):
    """What a token is now; each is in one of these."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    """It was minted, and is refused as long as its credential is suspended."""
    REFUSED = "refused"
    """It was minted, and is refused for another reason than its own end."""
    PENDING = "pending"
    EXPIRED = "expired"
    REVOKED = "revoked"
    FAILED = "failed"
    DELETING = "deleting"


ENDED: Final = "ended"
"""Expired, revoked or failed: nothing brings it back."""

NEEDS_YOU: Final = "needs-you"
"""A person must act: waiting does not help."""

_OVER: Final = frozenset({TokenState.EXPIRED, TokenState.REVOKED, TokenState.FAILED})


def state_of(token: TokenSummary, now: datetime) -> TokenState:
    """What it is now, whatever the operator has noted: the first answer counts."""
    return next((state for state, holds in _ANSWERS if holds(token, now)), TokenState.REFUSED)


def _expired(token: TokenSummary, now: datetime) -> bool:
    return token.phase == Phase.EXPIRED or (token.minted and token.ends is not None and token.ends <= now)


def _suspended(token: TokenSummary, _: datetime) -> bool:
    return token.unusable is not None and token.unusable.reason == Reason.CREDENTIAL_SUSPENDED


Judge = Callable[[TokenSummary, datetime], bool]

_ANSWERS: Final[tuple[tuple[TokenState, Judge], ...]] = (
    (TokenState.DELETING, lambda token, _: token.deleting),
    (TokenState.FAILED, lambda token, _: token.phase == Phase.FAILED),
    (TokenState.REVOKED, lambda token, _: token.revoked or token.phase == Phase.REVOKED),
    (TokenState.EXPIRED, _expired),
    (TokenState.PENDING, lambda token, _: token.phase != Phase.ACTIVE),
    (TokenState.ACTIVE, lambda token, _: token.unusable is None),
    (TokenState.SUSPENDED, _suspended),
)


_NO_LONGER_ENDS: Final = frozenset({TokenState.DELETING, *_OVER})


def state_later(state: TokenState, token: TokenSummary, now: datetime) -> TokenState:
    """What a token that was in that state is now, if nobody did anything since: only its end comes by itself."""
    if token.ends is None or token.ends > now or not token.minted or state in _NO_LONGER_ENDS:
        return state
    return TokenState.EXPIRED


Fits = Callable[[TokenState, TokenSummary], bool]


def _needs_you(state: TokenState, token: TokenSummary) -> bool:
    return state is TokenState.FAILED or (token.stalled and state not in _NO_LONGER_ENDS)


def _is(wanted: TokenState) -> Fits:
    return lambda state, _: state is wanted


STATES: Final[Mapping[str, Fits]] = {
    NEEDS_YOU: _needs_you,
    ENDED: lambda state, _: state in _OVER,
    **{state: _is(state) for state in TokenState},
}
"""What `TokenFilter.state` may be: each state, and two that are wider. Whether a token in a state fits."""
