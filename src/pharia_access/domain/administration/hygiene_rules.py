"""What an administrator should look at: tokens and credentials that nobody needs, or that no longer do what they say.

Rules are total and small; each object is asked all of them, since it may have several faults.
"""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from pharia_access.domain.administration.judged import judged
from pharia_access.domain.administration.role_changes import role_problems
from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.administration.token_rotation import replacements
from pharia_access.domain.durations import humanize
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.permissions import Role
from pharia_access.domain.reasons import DeliveryState, Phase, Reason
from pharia_access.domain.times import format_time

__all__ = ["Finding", "FindingType", "Limits", "audit"]


class FindingType(StrEnum):
    """What is wrong, in a word."""

    EXPIRED = "Expired"
    """Its time is over, and the object is still there."""
    NOT_NOTED = "NotNoted"
    """It is refused for good, and the operator has not noted it."""
    NEVER_USED = "NeverUsed"
    """It has been good for a while, and nobody was seen using it."""
    UNUSED = "Unused"
    """Nobody was seen using it lately."""
    NEVER_COLLECTED = "NeverCollected"
    """Its one-time Secret was still there when its window ended, and nobody was seen using it."""
    FAILED = "Failed"
    """A person must act: waiting does not help."""
    TOO_LONG = "TooLong"
    """It lives longer than policies allow now."""
    ENDS_SOON = "EndsSoon"
    """It ends within days, and no other token was made to replace it."""
    NO_CREDENTIAL = "NoCredential"
    """It waits for a credential that does not exist."""
    UNKNOWN_ROLE = "UnknownRole"
    """A credential names a role that is not in the catalog, and grants nothing."""
    ROLE_NOT_ALLOWED = "RoleNotAllowed"
    """A credential names a role that is not allowed in its namespace, and grants nothing."""
    NO_TOKENS = "NoTokens"
    """A credential has no active token."""
    SUSPENDED = "Suspended"
    """A credential is suspended: none of its tokens is accepted."""
    OVERDUE = "Overdue"
    """The token in a workload token's Secret is over, or its successor is late."""
    STILL_USED = "StillUsed"
    """A token that a workload token replaced is used all the same, and ends."""
    NO_AUTHOR = "NoAuthor"
    """A workload token mints for ever, and nothing but an audit log tells for whom."""
    DELETING = "Deleting"
    """A credential is being deleted and still stands: none of its tokens is accepted."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What counts as too long.

    Attributes:
        unused: without use for longer than this.
        longest: the longest life of a token, beside the maximum of its credential; None asks nothing.
    """

    unused: timedelta = timedelta(days=30)
    longest: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault of an object, with a sentence."""

    kind: str
    key: ObjectKey
    type: FindingType
    message: str


_SOON: Final = timedelta(days=7)
TokenRule = Callable[[TokenSummary, Limits, datetime], "tuple[FindingType, str] | None"]


def audit(
    tokens: Iterable[TokenSummary],
    credentials: Iterable[CredentialSummary],
    catalog: Mapping[str, Role],
    *,
    limits: Limits,
    now: datetime,
) -> list[Finding]:
    """Every fault, by object. The tokens are all those of the credentials."""
    known, all_tokens = {credential.key: credential for credential in credentials}, list(tokens)
    replaced = replacements(all_tokens)
    found, in_use = [], set()
    for token in all_tokens:
        key = ObjectKey(token.key.namespace, token.credential)
        token = judged(token, known.get(key), now)  # noqa: PLW2901 - the same one, with a verdict
        found += _of_token(token, _limits_of(known.get(key), limits), now)
        found += _without_credential(token, known) if key not in known else []
        found += _ends_soon(token, now) if token.key not in replaced and not token.keeper else []
        in_use |= {key} if token.active else set()
    for credential in known.values():
        found += _of_credential(credential, catalog, in_use=credential.key in in_use)
    return sorted(found, key=lambda finding: (finding.key, finding.kind, finding.type))


def _limits_of(credential: CredentialSummary | None, limits: Limits) -> Limits:
    """With the credential's own maximum, where that is shorter."""
    own = None if credential is None else credential.longest_life
    longest = min((each for each in (limits.longest, own) if each is not None), default=None)
    return replace(limits, longest=longest)


def _without_credential(token: TokenSummary, known: Iterable[ObjectKey]) -> list[Finding]:
    """A token that waits; a minted one died with its credential."""
    if token.minted or token.deleting or token.revoked or token.phase not in {"", Phase.PENDING}:
        return []
    near = difflib.get_close_matches(token.credential, [key.name for key in known if _beside(key, token)], n=1)
    meant = f'; did you mean "{near[0]}"?' if near else ""
    message = f'waits for the credential "{token.credential}", which does not exist{meant}'
    return [Finding("token", token.key, FindingType.NO_CREDENTIAL, message)]


def _beside(key: ObjectKey, token: TokenSummary) -> bool:
    return key.namespace == token.key.namespace


def _ends_soon(token: TokenSummary, now: datetime) -> list[Finding]:
    """As the operator warns: not of a short life, nor of an end that somebody brought forward."""
    end, issued = token.ends, token.issued
    if not token.active or end is None or issued is None or end != token.minted_until:
        return []
    if not now < end <= now + _SOON or end - issued <= 2 * _SOON:
        return []
    message = f"ends in {humanize(end - now)}, and no other token replaces it: rotate it if it is needed"
    return [Finding("token", token.key, FindingType.ENDS_SOON, message)]


def _expired(token: TokenSummary, _: Limits, now: datetime) -> tuple[FindingType, str] | None:
    over = token.phase == Phase.EXPIRED or (token.active and token.ends is not None and token.ends <= now)
    if not over or token.keeper:  # its keeper has it deleted
        return None
    ended = f" since {format_time(token.ends)}" if token.ends else ""
    return FindingType.EXPIRED, f"expired{ended}: delete it, in Git first if Git declares it"


def _not_noted(token: TokenSummary, _: Limits, __: datetime) -> tuple[FindingType, str] | None:
    """What its credential bars is told of the credential; what has expired, of the token."""
    barred = token.unusable
    if token.noted != "True" or barred is None or barred.reason in _TOLD_ELSEWHERE:
        return None
    reason = f" ({token.revocation.reason})" if token.revocation and token.revocation.reason else ""
    return FindingType.NOT_NOTED, f"{barred.why}{reason}, and the operator has not recorded it yet: is it running?"


def _never_used(token: TokenSummary, limits: Limits, now: datetime) -> tuple[FindingType, str] | None:
    if not token.active or token.last_used is not None or token.issued is None:
        return None
    idle = now - token.issued
    if idle <= limits.unused:
        return None
    return FindingType.NEVER_USED, f"never seen in use since it was issued {humanize(idle)} ago"


def _unused(token: TokenSummary, limits: Limits, now: datetime) -> tuple[FindingType, str] | None:
    if not token.active or token.last_used is None or now - token.last_used <= limits.unused:
        return None
    return FindingType.UNUSED, f"last used {humanize(now - token.last_used)} ago"


def _never_collected(token: TokenSummary, _: Limits, __: datetime) -> tuple[FindingType, str] | None:
    if not token.active or token.delivery != DeliveryState.WITHDRAWN or token.last_used is not None:
        return None
    return (
        FindingType.NEVER_COLLECTED,
        "nobody collected its secret in time, or used it since: rotate it if it is needed, otherwise delete it",
    )


def _failed(token: TokenSummary, _: Limits, __: datetime) -> tuple[FindingType, str] | None:
    stuck = token.stalled or token.phase == Phase.FAILED
    return (FindingType.FAILED, token.message or token.reason) if stuck else None


def _too_long(token: TokenSummary, limits: Limits, _: datetime) -> tuple[FindingType, str] | None:
    if limits.longest is None or not token.active or token.issued is None or token.ends is None:
        return None
    life = token.ends - token.issued
    if life <= limits.longest:
        return None
    return FindingType.TOO_LONG, f"lives {humanize(life)}, but only {humanize(limits.longest)} are allowed: rotate it"


_TOLD_ELSEWHERE: Final = {Reason.EXPIRED, Reason.CREDENTIAL_SUSPENDED, Reason.CREDENTIAL_DELETING}
_TOKEN_RULES: Final[tuple[TokenRule, ...]] = (
    _expired,
    _not_noted,
    _never_used,
    _unused,
    _never_collected,
    _failed,
    _too_long,
)


def _of_token(token: TokenSummary, limits: Limits, now: datetime) -> list[Finding]:
    answers = (rule(token, limits, now) for rule in _TOKEN_RULES)
    return [Finding("token", token.key, *answer) for answer in answers if answer is not None]


def _of_credential(credential: CredentialSummary, catalog: Mapping[str, Role], *, in_use: bool) -> list[Finding]:
    found = []
    for role in credential.roles:
        fault = FindingType.ROLE_NOT_ALLOWED if role in catalog else FindingType.UNKNOWN_ROLE
        against = role_problems([role], catalog, namespace=credential.key.namespace)
        found += [Finding("credential", credential.key, fault, why) for why in against]
    if not in_use:
        found.append(Finding("credential", credential.key, FindingType.NO_TOKENS, "has no active token"))
    if credential.deleting:
        message = "is being deleted and still exists; its tokens are refused"
        found.append(Finding("credential", credential.key, FindingType.DELETING, message))
    elif credential.suspended:
        message = "is suspended; its tokens are refused until it is resumed"
        found.append(Finding("credential", credential.key, FindingType.SUSPENDED, message))
    return found
