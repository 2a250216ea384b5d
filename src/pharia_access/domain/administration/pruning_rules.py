"""Which tokens may be deleted because they ended long ago: an ordered list of small rules, the first answer counts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pharia_access.domain.administration.gitops import recreated_by
from pharia_access.domain.administration.stored import Stored
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.reasons import Phase

__all__ = ["ENDED_PHASES", "Prunable", "Verdict", "why_kept", "why_kept_if_named"]

ENDED_PHASES: Final = (Phase.EXPIRED, Phase.REVOKED, Phase.FAILED)


@dataclass(frozen=True, slots=True)
class Prunable:
    """A token that ended: as it is stored, and `token` with whether a verifier accepts it now."""

    stored: Stored[TokenSummary]
    token: TokenSummary


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a token is kept; `told`: whether a person should hear of it."""

    why: str
    told: bool = True


Rule = Callable[[Prunable, datetime], Verdict | None]


def why_kept(prunable: Prunable, before: datetime) -> Verdict | None:
    """Why the token is kept; None if it ended before that moment, and nothing else speaks for it."""
    return next((verdict for rule in _RULES if (verdict := rule(prunable, before)) is not None), None)


def why_kept_if_named(prunable: Prunable, now: datetime) -> Verdict | None:
    """Why a token is kept that a person named; None if it ended, however lately, and nothing else speaks for it."""
    return next((verdict for rule in _RULES_OF_NAMED if (verdict := rule(prunable, now)) is not None), None)


def _not_over(prunable: Prunable, _: datetime) -> Verdict | None:
    token = prunable.token
    over = token.phase in ENDED_PHASES and (token.unusable is not None or not token.minted)
    return None if over else Verdict("it may be used still")


def _lately(prunable: Prunable, before: datetime) -> Verdict | None:
    ended = prunable.token.end
    return Verdict("it ended later, or nobody knows when", told=False) if ended is None or ended >= before else None


def _deleting(prunable: Prunable, _: datetime) -> Verdict | None:
    return Verdict("it is being deleted") if prunable.token.deleting else None


def _comes_back(prunable: Prunable, _: datetime) -> Verdict | None:
    by = recreated_by(prunable.stored.body)
    return Verdict(f"it would be created, and minted, again (by {by})") if by else None


_RULES: Final[tuple[Rule, ...]] = (
    _lately,  # first: of all the others there may be many
    _not_over,
    _deleting,
    _comes_back,
)
_RULES_OF_NAMED: Final = tuple(rule for rule in _RULES if rule is not _lately)
