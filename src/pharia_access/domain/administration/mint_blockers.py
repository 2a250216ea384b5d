"""Why no token can be minted under a credential, as far as it can be known before one is asked for.

A list of small rules; all that apply are told, and the operator judges again. The cluster's own maximum is a setting of
the operator, which people may not read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pharia_access.domain.administration.lifetime_input import Lifetime
from pharia_access.domain.administration.next_steps import (
    NameFutureEnd,
    NameOtherCredential,
    NameShorterLife,
    RaiseMaxTokens,
    ResumeCredential,
    Step,
)
from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.durations import humanize
from pharia_access.domain.times import format_time

__all__ = ["Asked", "MintBlocker", "mint_blocker"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for.

    Attributes:
        siblings: the tokens of the credential.
    """

    credential: CredentialSummary
    lifetime: Lifetime
    siblings: Sequence[TokenSummary]


@dataclass(frozen=True, slots=True)
class MintBlocker:
    """What stands in the way, and what to do about it."""

    why: str
    next_steps: tuple[Step, ...]


Rule = Callable[[Asked, datetime], MintBlocker | None]


def mint_blocker(asked: Asked, now: datetime) -> MintBlocker | None:
    """All that stands in the way now; None if nothing is known to."""
    found = [against for rule in _RULES if (against := rule(asked, now)) is not None]
    if not found:
        return None
    steps = (step for against in found for step in against.next_steps)
    return MintBlocker(". ".join(against.why for against in found), tuple(steps))


def _over(asked: Asked, now: datetime) -> MintBlocker | None:
    end = asked.lifetime.ends
    if end is None or end > now:
        return None
    return MintBlocker(
        f"The end {format_time(end)} is in the past: no token would be minted",
        (NameFutureEnd(),),
    )


def _leaving(asked: Asked, _: datetime) -> MintBlocker | None:
    name = asked.credential.key.name
    if not asked.credential.deleting:
        return None
    return MintBlocker(f"The credential {name} is being deleted and mints no tokens", (NameOtherCredential(),))


def _suspended(asked: Asked, _: datetime) -> MintBlocker | None:
    name = asked.credential.key.name
    if not asked.credential.suspended or asked.credential.deleting:
        return None
    return MintBlocker(
        f"The credential {name} is suspended and mints no tokens",
        (ResumeCredential(asked.credential.key),),
    )


def _full(asked: Asked, _: datetime) -> MintBlocker | None:
    name, most = asked.credential.key.name, asked.credential.policy.get("maxTokens")
    taken = len({token.keeper or token.uid for token in asked.siblings if token.active})
    if not isinstance(most, int) or taken < most:
        return None
    return MintBlocker(
        f"The credential {name} already has {taken} of {most} active tokens",
        (RaiseMaxTokens(asked.credential.key, taken + 1),),
    )


def _too_long(asked: Asked, now: datetime) -> MintBlocker | None:
    lifetime, longest = asked.lifetime, asked.credential.longest_life
    wanted = lifetime.ends - now if lifetime.ends else lifetime.ttl
    if longest is None or wanted is None or wanted <= longest:
        return None
    allowed = f"the {humanize(longest)} that the credential {asked.credential.key.name} allows"
    return MintBlocker(f"A lifetime of {humanize(wanted)} is longer than {allowed}", (NameShorterLife(),))


_RULES: tuple[Rule, ...] = (
    _over,
    _leaving,
    _suspended,
    _full,
    _too_long,
)
