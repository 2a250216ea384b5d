"""Verify the tokens of ServiceAccounts: by the issuer's keys, once for each text, and by live objects each time.

A text whose signature was verified stays in memory by its digest, with what it says, until it ends or the keys change.
No verdict is remembered: each request reads the credential as it is now.
"""

from collections.abc import Callable
from typing import Final, Protocol

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
from pharia_access.services.verifier.seen_tokens import Seen, ServiceAccountToken, reviewed_token, seen_text, token_for
from pharia_access.services.verifier.token_reviews import TokenReviews
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


class ServiceAccountVerifier:
    """The `JwtVerifier` for tokens of ServiceAccounts. Use from one event loop.

    Args:
        boottime, now: as `Verifier` has them.
        rules: from `domain.verdict`, for the credential that the audience names.
        digest: keyed, of this process.
        life: the longest life of a token, in seconds.
        reviews: asks whether what a token is bound to is still there; None: a token counts until its end.
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
        reviews: TokenReviews | None = None,
        most: int = _MOST,
    ) -> None:
        self._keys, self._index, self._freshness = keys, index, freshness
        self._boottime, self._now, self._rules = boottime, now, rules
        self._digest, self._life, self._reviews = digest, life, reviews
        self.seen: Generations[Seen] = Generations(most=most)
        """What good texts say."""

    def check(self, presented: bytes) -> AuthorizationResult | None:
        """Judge without waiting. Return None where the API server must be asked first, for keys or for a review."""
        issuer = self._keys.issuer
        seen = None if issuer is None else self._recall(presented, issuer)
        if seen is None or isinstance(seen, Refusal):
            return None if seen is None else _denied(seen)
        return self._judge(seen)

    def _judge(self, seen: Seen) -> AuthorizationResult | None:
        boottime = self._boottime()
        now = self._now(boottime)
        objection = judge_claims(seen.claims, Bounds(seen.issuer.name, self._life), now, rules=RULES)
        if objection is not None:
            return _denied(objection, seen.token)
        credential = self._index.credential(seen.token.credential_key)
        token = token_for(seen, credential)
        if not self._freshness.is_fresh(token.namespace, boottime):
            return _denied(Refusal.VIEW_TOO_OLD, token)
        refusal = judge(token, credential, now, rules=self._rules)
        if refusal is not None or credential is None:
            return _denied(refusal or Refusal.CREDENTIAL_GONE, token)
        if not _is_held(credential, seen.claims):
            return _denied(Refusal.NOT_A_HOLDER, token)
        return self._by_review(seen, credential, now)

    def _by_review(self, seen: Seen, credential: CredentialRecord, now: float) -> AuthorizationResult | None:
        """Allow what passed everything else, as its review says; None where it must be reviewed."""
        token = seen.token
        if self._reviews is not None:
            if not now < seen.review.until:
                return None
            if seen.review.refusal is not None:
                return _denied(seen.review.refusal, token)
            token = reviewed_token(seen)
        return Allowed(token, credential, self._index.effective_roles(credential), self._index.changes)

    async def verify(self, presented: bytes) -> AuthorizationResult:
        """Judge, and ask the API server if need be: an unknown key may be a new one, a pod may be gone."""
        result = self.check(presented)
        if result is not None:
            return result
        digest = self._digest(presented)
        if self._unreviewed(digest) is None:
            told = await self._keys.read_again()
            result = self.check(presented)
            if result is None and self._unreviewed(digest) is None:
                return _denied(Refusal.UNKNOWN_SIGNING_KEY if told else Refusal.KEYS_UNREAD)
        return result or await self._review(presented, digest)

    async def _review(self, presented: bytes, digest: bytes) -> AuthorizationResult:
        seen = self._unreviewed(digest)
        if self._reviews is None or seen is None:
            return _denied(Refusal.KEYS_UNREAD)
        seen.review = await self._reviews.review(presented, seen.claims, digest=digest)
        seen.reviewed = None
        # Judge anew: the wait may have been long, and changes meanwhile count.
        return self.check(presented) or _denied(seen.review.refusal or Refusal.NOT_REVIEWED, seen.token)

    def _unreviewed(self, digest: bytes) -> Seen | None:
        """Return a text whose signature is good, which the check gave back for a review alone."""
        seen, issuer = self.seen.find(digest), self._keys.issuer
        return seen if seen is not None and seen.issuer is issuer else None

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
    return seen_text(claims, issuer)
