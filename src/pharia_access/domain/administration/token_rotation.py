"""A token beside another that it replaces: which are due, what stands in the way, how long each lives.

What replaces a token names it in a label from its creation on. So a rotation that broke off is known as one, and the
next run makes no second token.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pharia_access.domain.administration.lifetime_input import Lifetime
from pharia_access.domain.administration.mint_blockers import Asked, MintBlocker, mint_blocker
from pharia_access.domain.administration.names import derived
from pharia_access.domain.administration.next_steps import (
    CollectIfUntaken,
    CreateToken,
    EndToken,
    RestartRotation,
    RotateWorkload,
)
from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.reasons import Phase

__all__ = [
    "USUAL_OVERLAP",
    "MintBlocker",
    "TokenRotation",
    "expiring",
    "is_later",
    "left_alone",
    "original_lifetime",
    "replacement_name",
    "replacements",
    "rotation_blocker",
]

USUAL_OVERLAP: Final = timedelta(hours=24)
"""How long an old token goes on, where nobody says."""

_ENDED: Final = frozenset({Phase.EXPIRED, Phase.REVOKED, Phase.FAILED})
_LETTERS: Final = re.compile("-[0-9a-f]{5}$")


@dataclass(frozen=True, slots=True)
class TokenRotation:
    """What is asked for.

    Attributes:
        lifetime: the new token's.
        siblings: the tokens of the credential, the old one among them.
    """

    old: TokenSummary
    lifetime: Lifetime
    credential: CredentialSummary
    siblings: Sequence[TokenSummary]


Rule = Callable[[TokenRotation, datetime], MintBlocker | None]


def rotation_blocker(rotation: TokenRotation, now: datetime) -> MintBlocker | None:
    """Why no token can be made beside it; None if one can be."""
    return next((against for rule in _RULES if (against := rule(rotation, now)) is not None), None)


def original_lifetime(token: TokenSummary) -> Lifetime:
    """The same length of life again; what was brought forward since does not shorten it."""
    if token.issued is None or token.minted_until is None:
        return Lifetime()
    return Lifetime(ttl=token.minted_until - token.issued)


def is_later(token: TokenSummary, end: datetime) -> bool:
    """Whether the token ends later than that by itself."""
    return token.ends is None or token.ends > end


def expiring(tokens: Iterable[TokenSummary], within: timedelta, now: datetime) -> list[TokenSummary]:
    """The active ones that end by themselves within that time, the first to end first.

    None before half of its life is over: what was just made would be made again. Nor one whose end was brought forward:
    somebody wants it to end.
    """
    due = [token for token in tokens if token.active and _due(token, within, now)]
    return sorted(due, key=lambda token: (token.minted_until, token.key))


def left_alone(tokens: Iterable[TokenSummary], within: timedelta, now: datetime) -> list[tuple[TokenSummary, str]]:
    """The active ones that end within that time and are not due, each with why not, the first to end first."""
    ending = [token for token in tokens if token.active and token.ends is not None and now < token.ends <= now + within]
    ending.sort(key=lambda token: (token.ends, token.key))
    return [(token, _why_not_due(token)) for token in ending if not _due(token, within, now)]


def replacements(tokens: Iterable[TokenSummary]) -> Mapping[ObjectKey, TokenSummary]:
    """By which token each was replaced; one that ended or failed does not count, nor one older than the replaced."""
    known = {token.key: token for token in tokens}
    replaced = {}
    for token in known.values():
        old = known.get(ObjectKey(token.key.namespace, token.replaces))
        if old is not None and token.phase not in _ENDED and not token.deleting and not _older(token, old):
            replaced[old.key] = token
    return replaced


def replacement_name(name: str, letters: str) -> str:
    """A name for what replaces a token: the same, with other letters at its end."""
    return derived(_LETTERS.sub("", name), letters)


def _due(token: TokenSummary, within: timedelta, now: datetime) -> bool:
    ttl, end = original_lifetime(token).ttl, token.ends
    if token.keeper or ttl is None or end is None or end != token.minted_until:
        return False
    return now < end <= now + min(within, ttl / 2)


def _why_not_due(token: TokenSummary) -> str:
    if token.keeper:
        return f"the workload token {token.keeper} replaces it by itself"
    if original_lifetime(token).ttl is None:
        return "its lifetime is not known"
    brought_forward = token.ends != token.minted_until
    return "its end was brought forward" if brought_forward else "half of its lifetime is not over"


def _older(token: TokenSummary, other: TokenSummary) -> bool:
    return token.created is not None and other.created is not None and token.created < other.created


def _not_active(rotation: TokenRotation, _: datetime) -> MintBlocker | None:
    old = rotation.old
    if old.active:
        return None
    return MintBlocker(
        f"The token {old.key.name} is {old.in_words}: only active tokens can be rotated",
        (CreateToken(ObjectKey(old.key.namespace, old.credential)),),
    )


def _replaced_already(rotation: TokenRotation, _: datetime) -> MintBlocker | None:
    new = replacements(rotation.siblings).get(rotation.old.key)
    if new is None:
        return None
    return MintBlocker(
        f"The token {rotation.old.key.name} was already replaced by {new.key.name}",
        (CollectIfUntaken(new.key), EndToken(rotation.old.key, USUAL_OVERLAP), RestartRotation(new.key)),
    )


def _unmintable(rotation: TokenRotation, now: datetime) -> MintBlocker | None:
    asked = Asked(rotation.credential, rotation.lifetime, rotation.siblings)
    return mint_blocker(asked, now)


def _kept(rotation: TokenRotation, _: datetime) -> MintBlocker | None:
    """The one who keeps it makes another by itself, and nothing would take this one to its Secret."""
    old = rotation.old
    if not old.keeper:
        return None
    keeper = ObjectKey(old.key.namespace, old.keeper)
    return MintBlocker(
        f"The token {old.key.name} belongs to the workload token {old.keeper}, which replaces it by itself",
        (RotateWorkload(keeper),),
    )


_RULES: tuple[Rule, ...] = (
    _kept,
    _not_active,
    _replaced_already,  # before what stands in the way of yet another
    _unmintable,
)
