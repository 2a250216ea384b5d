"""What breaks when access is taken away: which tokens, and how lately somebody used them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.durations import humanize
from pharia_access.domain.grammar import plural

__all__ = ["affected_holders", "affected_users", "last_use", "refused_holders", "seen"]

_MOST_NAMED = 10


def affected_users(tokens: Sequence[TokenSummary], now: datetime) -> list[str]:
    """A sentence for each active token, the one used last first; the rest of many are counted."""
    active = sorted((token for token in tokens if token.active), key=_last_used, reverse=True)
    lines = [f"Users of the token {token.key.name} ({last_use(token, now)}) are affected." for token in active]
    left = len(lines) - _MOST_NAMED
    others = f"Users of {left} more active {plural(left, 'token')} are affected."
    return lines if left <= 0 else [*lines[:_MOST_NAMED], others]


def affected_holders(credential: CredentialSummary, now: datetime) -> list[str]:
    """A sentence for each ServiceAccount that holds the credential."""
    return [f"{pods} are affected." for pods in _pods(credential, now, credential.service_accounts)]


def refused_holders(credential: CredentialSummary, now: datetime, accounts: Collection[str]) -> list[str]:
    """A sentence for each of `accounts` that holds the credential, and is about to lose it."""
    return [f"{pods} will be refused immediately." for pods in _pods(credential, now, accounts)]


def last_use(token: TokenSummary, now: datetime) -> str:
    """When it was last used, as far as is known: the verifier writes it about once an hour."""
    return seen(token.last_used, now)


def seen(used: datetime | None, now: datetime) -> str:
    """When something was last used, in words."""
    return "never seen in use" if used is None else f"last used {humanize(max(now - used, now - now))} ago"


def _last_used(token: TokenSummary) -> float:
    return token.last_used.timestamp() if token.last_used else 0.0


def _pods(credential: CredentialSummary, now: datetime, accounts: Collection[str]) -> list[str]:
    return [
        f"Pods of the ServiceAccount {name} ({seen(credential.last_used.get(name), now)})"
        for name in credential.service_accounts
        if name in accounts
    ]
