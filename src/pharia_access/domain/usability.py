"""Whether a token is usable now, and why not: the verifier's rules, for the operator and the command line.

There is one list of rules, `verdict.RULES`. This module turns an object into the input of the rules, and an objection
into a reason and a sentence. It leaves out what only a verifier knows: the age of its data, `REFUSE_ISSUED_BEFORE`,
and whether two objects claim one token ID.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from pharia_access.domain.lifetime import expiry
from pharia_access.domain.model import Token
from pharia_access.domain.reasons import Reason
from pharia_access.domain.times import whole_seconds
from pharia_access.domain.verdict import RULES, Refusal, Rule, judge
from pharia_access.domain.verdict_facts import CredentialFacts, TokenFacts

__all__ = ["BY_CREDENTIAL", "Facts", "Unusable", "objection", "unusable"]


BY_CREDENTIAL: Final = (
    Refusal.CREDENTIAL_GONE,
    Refusal.CREDENTIAL_REPLACED,
    Refusal.CREDENTIAL_BEING_DELETED,
    Refusal.CREDENTIAL_SUSPENDED,
)
"""The objections to a token's credential, not to the token itself."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The fields of a minted token that the rules look at; see `verdict.TokenFacts`."""

    credential_uid: str
    issued_at: float
    ends_at: float
    revoked: bool
    deleting: bool

    @classmethod
    def of(cls, token: Token) -> Self | None:
        """Return the facts of an ApiToken as the operator reads it; None if no token is minted."""
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
        """Return the facts from the times of a status. A token without an end counts as expired."""
        return cls(
            credential_uid=credential_uid,
            issued_at=issued.timestamp(),
            ends_at=float("-inf") if ends is None else whole_seconds(ends).timestamp(),
            revoked=revoked,
            deleting=deleting,
        )


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a token is refused now: the reason of its condition, and a clause for people."""

    reason: str
    why: str


def objection(
    token: TokenFacts | None, credential: CredentialFacts | None, now: datetime, *, rules: tuple[Rule, ...] = RULES
) -> Refusal | None:
    """Return why a verifier refuses the token at `now`, or None if the token is usable.

    `token` is None if no token is minted; `credential` is None if there is none of that name.
    """
    if token is None:
        return Refusal.UNKNOWN_TOKEN
    return judge(token, credential, now.timestamp(), rules=rules)


def unusable(refusal: Refusal, credential: str) -> Unusable:
    """Put an answer of `objection` into the words of a status. `credential` is the name of the token's credential."""
    reason, why = _TOLD[refusal]
    return Unusable(reason, why.format(credential=credential))


_TOLD: Final[Mapping[Refusal, tuple[Reason, str]]] = {
    Refusal.UNKNOWN_TOKEN: (Reason.NOT_DELIVERED, "no token is minted"),
    Refusal.REVOKED: (Reason.REVOKED, "it is revoked"),
    Refusal.BEING_DELETED: (Reason.DELETING, "it is being deleted"),
    Refusal.EXPIRED: (Reason.EXPIRED, "it has expired"),
    Refusal.CREDENTIAL_GONE: (Reason.CREDENTIAL_NOT_FOUND, "its ApiCredential {credential} does not exist"),
    Refusal.CREDENTIAL_REPLACED: (
        Reason.CREDENTIAL_REPLACED,
        "its ApiCredential {credential} was deleted, and a new one of the same name does not revive it",
    ),
    Refusal.CREDENTIAL_BEING_DELETED: (Reason.CREDENTIAL_DELETING, "its ApiCredential {credential} is being deleted"),
    Refusal.CREDENTIAL_SUSPENDED: (
        Reason.CREDENTIAL_SUSPENDED,
        "its ApiCredential {credential} is suspended",
    ),
}
