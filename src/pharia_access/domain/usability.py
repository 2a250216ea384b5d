"""Is a token usable now, and if not, why: the verifier's rules, asked by the operator and by the command line.

There is one list of rules, `verification.RULES`. Here an object becomes what they look at, and an objection becomes a
reason and a sentence. What a verifier alone knows is left out: its view's age, `REFUSE_ISSUED_BEFORE`, and whether
two objects claim one token ID.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from pharia_access.domain.lifetime import expiry
from pharia_access.domain.model import Token
from pharia_access.domain.reasons import Reason
from pharia_access.domain.times import whole_seconds
from pharia_access.domain.verdict import RULES, CredentialFacts, Refusal, Rule, TokenFacts, judge

__all__ = ["BY_CREDENTIAL", "Facts", "Unusable", "objection", "unusable"]


BY_CREDENTIAL: Final = (
    Refusal.CREDENTIAL_GONE,
    Refusal.CREDENTIAL_REPLACED,
    Refusal.CREDENTIAL_BEING_DELETED,
    Refusal.CREDENTIAL_SUSPENDED,
)
"""The objections that are not the token's own."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at of a minted token; see `verification.TokenFacts`."""

    credential_uid: str
    issued_at: float
    ends_at: float
    revoked: bool
    deleting: bool

    @classmethod
    def of(cls, token: Token) -> Self | None:
        """Of an ApiToken as the operator reads it; None where nothing is minted."""
        status = token.status
        if not token.minted or status.credential is None or status.issued_at is None:
            return None
        return cls.at(
            credential_uid=status.credential.uid,
            issued=status.issued_at,
            ends=expiry(token),
            revoked=token.spec.revoked,
            deleting=token.deleting,
        )

    @classmethod
    def at(  # one place for what a missing time means
        cls, *, credential_uid: str, issued: datetime, ends: datetime | None, revoked: bool, deleting: bool
    ) -> Self:
        """By the times of a status. Without an end a token is over, as what cannot be parsed is."""
        return cls(
            credential_uid=credential_uid,
            issued_at=issued.timestamp(),
            ends_at=float("-inf") if ends is None else whole_seconds(ends).timestamp(),
            revoked=revoked,
            deleting=deleting,
        )


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a token is refused now: a reason as a status has it, and a clause for people."""

    reason: str
    why: str


def objection(
    token: TokenFacts | None, holder: CredentialFacts | None, now: datetime, *, rules: tuple[Rule, ...] = RULES
) -> Refusal | None:
    """What a verifier would say of the token's own text; None if it is usable at `now`.

    `token` is None where nothing is minted, `holder` where there is no credential of its credential's name.
    """
    if token is None:
        return Refusal.UNKNOWN_TOKEN
    return judge(token, holder, now.timestamp(), rules=rules)


def unusable(refusal: Refusal, credential: str) -> Unusable:
    """An answer of `objection` in the words of a status. `credential` is the name of the token's."""
    reason, why = _TOLD[refusal]
    return Unusable(reason, why.format(credential=credential))


_TOLD: Final[Mapping[Refusal, tuple[Reason, str]]] = {
    Refusal.UNKNOWN_TOKEN: (Reason.NOT_DELIVERED, "nothing is minted"),
    Refusal.REVOKED: (Reason.REVOKED, "it is revoked"),
    Refusal.BEING_DELETED: (Reason.DELETING, "it is being deleted"),
    Refusal.EXPIRED: (Reason.EXPIRED, "its end has come"),
    Refusal.CREDENTIAL_GONE: (Reason.CREDENTIAL_NOT_FOUND, "ApiCredential {credential}, which it belongs to, is gone"),
    Refusal.CREDENTIAL_REPLACED: (
        Reason.CREDENTIAL_REPLACED,
        "ApiCredential {credential}, which it belongs to, was deleted; another of the same name does not revive it",
    ),
    Refusal.CREDENTIAL_BEING_DELETED: (Reason.CREDENTIAL_DELETING, "ApiCredential {credential} is being deleted"),
    Refusal.CREDENTIAL_SUSPENDED: (
        Reason.CREDENTIAL_SUSPENDED,
        "ApiCredential {credential} is suspended, until its spec.suspended is false",
    ),
}
