"""Verify the tokens of ServiceAccounts: by the issuer's keys, once for each text, and by live objects each time.

A text whose signature was verified stays in memory by its digest, with what it says, until it ends or the keys change.
No verdict is remembered: each request reads the credential as it is now.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar, Final, Protocol

from pharia_access.domain.times import format_time
from pharia_access.domain.verdict import CredentialRecord, IssuedToken, Proof, Refusal, Rule, judge
from pharia_access.domain.verification.service_accounts import (
    RULES,
    Bounds,
    Claims,
    judge_claims,
    key_of,
    read_claims,
)
from pharia_access.domain.verification.signatures import Issuer
from pharia_access.errors import TokenFormatError
from pharia_access.services.verifier.freshness import Freshness
from pharia_access.services.verifier.generations import Generations
from pharia_access.services.verifier.index import Index
from pharia_access.services.verifier.verifier import Allowed, AuthorizationResult, Denied

__all__ = ["IssuerKeys", "ServiceAccountToken", "ServiceAccountVerifier"]

_MOST: Final = 16_384
"""The most texts in each generation, as many as accepted texts of our own."""


class IssuerKeys(Protocol):
    """The issuer as the API server told last, see `issuer_keys`."""

    @property
    def issuer(self) -> Issuer | None:
        """None until the API server told."""
        ...

    async def read_again(self) -> bool:
        """Read the keys again. Return False where that fails, or where the last reading was just now."""
        ...


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
    """

    claims: Claims
    issuer: Issuer
    token: ServiceAccountToken


class ServiceAccountVerifier:
    """The `JwtVerifier` for tokens of ServiceAccounts. Use from one event loop.

    Args:
        boottime, now: as `Verifier` has them.
        rules: from `domain.verdict`, for the credential that the audience names.
        digest: keyed, of this process.
        life: the longest life of a token, in seconds.
        most: texts in each generation of the memory.
    """

    def __init__(  # noqa: PLR0913 - its collaborators, once
        self,
        keys: IssuerKeys,
        *,
        index: Index,
        freshness: Freshness,
        boottime: Callable[[], float],
        now: Callable[[float], float],
        rules: tuple[Rule, ...],
        digest: Callable[[bytes], bytes],
        life: float,
        most: int = _MOST,
    ) -> None:
        self._keys, self._index, self._freshness = keys, index, freshness
        self._boottime, self._now, self._rules = boottime, now, rules
        self._digest, self._life = digest, life
        self.seen: Generations[Seen] = Generations(most=most)
        """What good texts say."""

    def check(self, presented: bytes) -> AuthorizationResult | None:
        """Judge without waiting. Return None where the issuer's keys must be read first."""
        issuer = self._keys.issuer
        seen = None if issuer is None else self._recall(presented, issuer)
        if seen is None or isinstance(seen, Refusal):
            return None if seen is None else _denied(seen)
        boottime = self._boottime()
        now = self._now(boottime)
        objection = judge_claims(seen.claims, Bounds(seen.issuer.name, self._life), now, rules=RULES)
        if objection is not None:
            return _denied(objection, seen.token)
        credential = self._index.credential(seen.token.credential_key)
        token = _token_for(seen, credential)
        if not self._freshness.is_fresh(token.namespace, boottime):
            return _denied(Refusal.VIEW_TOO_OLD, token)
        refusal = judge(token, credential, now, rules=self._rules)
        if refusal is not None or credential is None:
            return _denied(refusal or Refusal.CREDENTIAL_GONE, token)
        if not _is_held(credential, seen.claims):
            return _denied(Refusal.NOT_A_HOLDER, token)
        return Allowed(token, credential, self._index.effective_roles(credential), self._index.changes)

    async def verify(self, presented: bytes) -> AuthorizationResult:
        """Judge, and read the keys if need be: an unknown key may be a new one."""
        result = self.check(presented)
        if result is not None:
            return result
        told = await self._keys.read_again()
        return self.check(presented) or _denied(Refusal.UNKNOWN_SIGNING_KEY if told else Refusal.KEYS_UNREAD)

    def is_current(self, token: IssuedToken) -> bool:
        """Tell whether this is the token of a JWT whose signature still counts."""
        return isinstance(token, ServiceAccountToken) and token.issuer is self._keys.issuer

    def _recall(self, presented: bytes, issuer: Issuer) -> Seen | Refusal | None:
        digest = self._digest(presented)
        known = self.seen.find(digest)
        if known is not None and known.issuer is issuer:
            return known
        found = _verified(presented, issuer)
        if isinstance(found, Seen):
            self.seen.remember(digest, found)
        return found


def _denied(refusal: Refusal, token: ServiceAccountToken | None = None) -> Denied:
    return Denied(refusal, token, proof=Proof.SERVICE_ACCOUNT)


def _token_for(seen: Seen, credential: CredentialRecord | None) -> ServiceAccountToken:
    """Return the token as one of that credential: the same object, as long as the credential has the same UID."""
    uid = "" if credential is None else credential.uid
    if seen.token.credential_uid != uid:
        seen.token = _token(seen.claims, seen.issuer, uid)
    return seen.token


def _is_held(credential: CredentialRecord, claims: Claims) -> bool:
    uid = credential.service_accounts.get(claims.name)
    return uid is not None and uid in {"", claims.uid}


def _verified(presented: bytes, issuer: Issuer) -> Seen | Refusal | None:
    try:
        algorithm, key_id = key_of(presented)
        if key_id not in issuer.keys:
            return None
        if not issuer.keys.verify(presented, algorithm=algorithm, key_id=key_id):
            return Refusal.WRONG_SIGNATURE
        claims = read_claims(presented)
    except TokenFormatError:
        return Refusal.MALFORMED_TOKEN
    return Seen(claims, issuer, _token(claims, issuer, ""))


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
