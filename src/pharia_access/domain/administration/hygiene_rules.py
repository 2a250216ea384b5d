"""What an administrator should look at: tokens and credentials that nobody needs, or that no longer do what they say.

Rules are total and small; each object is asked all of them, since it may have several faults.
"""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pharia_access.domain.administration.findings import Finding, FindingType, Limits
from pharia_access.domain.administration.impact import seen
from pharia_access.domain.administration.judged import judged
from pharia_access.domain.administration.role_changes import role_problems
from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.administration.token_rotation import replacements
from pharia_access.domain.durations import humanize
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.permissions import Role
from pharia_access.domain.reasons import DeliveryState, Phase, Reason
from pharia_access.domain.times import format_time

__all__ = ["audit"]


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
        found += _of_holders(credential, limits, now)
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
    if not in_use and not credential.service_accounts:
        found.append(Finding("credential", credential.key, FindingType.NO_TOKENS, "has no active token"))
    if credential.deleting:
        message = "is being deleted and still exists; its tokens are refused"
        found.append(Finding("credential", credential.key, FindingType.DELETING, message))
    elif credential.suspended:
        message = "is suspended; its tokens are refused until it is resumed"
        found.append(Finding("credential", credential.key, FindingType.SUSPENDED, message))
    return found


def _of_holders(credential: CredentialSummary, limits: Limits, now: datetime) -> list[Finding]:
    """ServiceAccounts without use, for as long as the credential is there or since the last time."""
    found = []
    for name in credential.service_accounts:
        used = credential.last_used.get(name)
        since = used or credential.created
        if since is not None and now - since > limits.unused:
            message = f"is held by the ServiceAccount {name}, {seen(used, now)}: take it away if nobody needs it"
            found.append(Finding("credential", credential.key, FindingType.UNUSED_HOLDER, message))
    return found
