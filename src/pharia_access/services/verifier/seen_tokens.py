"""Texts of ServiceAccounts whose signature was good, and the tokens that stand for them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar, Final

from pharia_access.domain.times import format_time
from pharia_access.domain.verdict import CredentialRecord, IssuedToken, Proof
from pharia_access.domain.verification.service_accounts import Claims
from pharia_access.domain.verification.signatures import Issuer
from pharia_access.services.verifier.token_reviews import Review

__all__ = ["Seen", "ServiceAccountToken", "reviewed_token", "seen_text", "token_for"]

_NO_REVIEW: Final = Review()


@dataclass(slots=True, eq=False)
class ServiceAccountToken(IssuedToken):
    """A ServiceAccount's token in the place of a minted one, so that every protocol answers as for that.

    `key` is the ServiceAccount, `token_id` is `jti`. No object of ours is revoked or deleted with it.

    Attributes:
        issuer: whose key signed it.
        pod: the name of the pod that it is bound to; empty without one.
    """

    proof: ClassVar[Proof] = Proof.SERVICE_ACCOUNT

    issuer: Issuer | None = field(default=None, repr=False)
    pod: str = ""

    @property
    def names(self) -> dict[str, str]:
        """What the audit log calls it."""
        names = {"tokenID": self.token_id, "serviceAccount": self.key, "credential": self.credential_key}
        return names | ({"pod": self.pod} if self.pod else {})


@dataclass(slots=True, eq=False)
class Seen:
    """A text whose signature was good.

    Attributes:
        token: for the credential of the last request; made anew for another of the same name.
        review: the last one.
        reviewed: the token, with an end no later than the review's, so that no verdict outlives the review.
    """

    claims: Claims
    issuer: Issuer
    token: ServiceAccountToken
    review: Review = _NO_REVIEW
    reviewed: ServiceAccountToken | None = None


def seen_text(claims: Claims, issuer: Issuer, credential: CredentialRecord | None) -> Seen:
    """Return a text that says so, with a key of that issuer; `credential` is the one that it names, as it is now."""
    return Seen(claims, issuer, _token(claims, issuer, _uid_of(credential)))


def token_for(seen: Seen, credential: CredentialRecord | None) -> ServiceAccountToken:
    """Return the token as one of that credential: the same object, as long as the credential has the same UID."""
    uid = _uid_of(credential)
    if seen.token.credential_uid != uid:
        seen.token = _token(seen.claims, seen.issuer, uid)
    return seen.token


def reviewed_token(seen: Seen) -> ServiceAccountToken:
    """Return the token with an end no later than its review's."""
    reviewed = seen.reviewed
    if reviewed is None or reviewed.credential_uid != seen.token.credential_uid:
        reviewed = seen.reviewed = _token(seen.claims, seen.issuer, seen.token.credential_uid)
        reviewed.ends_at = min(reviewed.ends_at, seen.review.until)
    return reviewed


def _uid_of(credential: CredentialRecord | None) -> str:
    return "" if credential is None else credential.uid


def _token(claims: Claims, issuer: Issuer, credential_uid: str) -> ServiceAccountToken:
    return ServiceAccountToken(
        key=f"{claims.namespace}/{claims.name}",
        uid=claims.uid,
        token_id=claims.token_id or "-",
        credential_key=f"{claims.namespace}/{claims.credential}",
        credential_uid=credential_uid,
        issued_at=float(claims.issued_at),
        ends_at=float(claims.expires_at),
        ends_text=_moment(claims.expires_at),
        revoked=False,
        deleting=False,
        hash="",
        issuer=issuer,
        pod=claims.pod,
    )


def _moment(seconds: int) -> str:
    """Return a moment in RFC 3339; the last one that has a form, for a later one, which no rule lets pass."""
    try:
        return format_time(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return format_time(datetime.max.replace(microsecond=0, tzinfo=UTC))
