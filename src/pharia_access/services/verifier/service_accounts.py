"""Verify the tokens of ServiceAccounts: by the issuer's keys, once for each text, and by live objects each time.

A text that was good once stays in memory by its digest, with what it says, until it ends or the keys change. No verdict
is remembered: each request reads the credential as it is now. A text that was never good is not remembered: whoever may
sign for nothing could fill the memory with new ones.
"""

from collections.abc import Callable
from enum import Enum, auto
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
from pharia_access.services.verifier.signature_queue import SignatureQueue
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
        """Read the keys again. Return False where that fails, or where they were just read."""
        ...

    @property
    def were_just_read(self) -> bool:
        """Whether the last reading was so lately that they are not read again."""
        ...


class _Wait(Enum):
    """What a check must wait for."""

    FOR_KEYS = auto()
    FOR_A_REVIEW = auto()
    IN_THE_QUEUE = auto()


class ServiceAccountVerifier:
    """The `JwtVerifier` for tokens of ServiceAccounts. Use from one event loop.

    Args:
        boottime, now: as `Verifier` has them.
        rules: from `domain.verdict`, for the credential that the audience names.
        digest: keyed, of this process.
        queue: of those who have a signature verified.
        life: the longest life of a token, in seconds.
        reviews: asks whether what a token is bound to is still there; None: a token counts until its end.
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
        queue: SignatureQueue,
        life: float,
        reviews: TokenReviews | None = None,
    ) -> None:
        self._keys, self._index, self._freshness = keys, index, freshness
        self._boottime, self._now, self._rules = boottime, now, rules
        self._digest, self._queue, self._life, self._reviews = digest, queue, life, reviews
        self.seen: Generations[Seen] = Generations(most=_MOST)
        """What good texts say."""

    def check(self, presented: bytes) -> AuthorizationResult | SignatureQueue | None:
        """Judge without waiting. Return None where `verify` must wait, for keys or for a review."""
        result = self._check(presented)
        if result is _Wait.IN_THE_QUEUE:
            return self._queue
        if result is _Wait.FOR_KEYS and self._keys.were_just_read:
            return _denied(Refusal.KEYS_UNREAD)
        return None if isinstance(result, _Wait) else result

    def _check(self, presented: bytes, *, is_next: bool = False) -> AuthorizationResult | _Wait:
        issuer = self._keys.issuer
        if issuer is None:
            return _Wait.FOR_KEYS
        digest = self._digest(presented)
        known = self.seen.find(digest)
        if known is not None and known.issuer is issuer:
            return self._judge(known)
        found = self._verified(presented, issuer, is_next=is_next)
        if not isinstance(found, Seen):
            return found
        result = self._judge(found)
        if not isinstance(result, Denied):
            self.seen.remember(digest, found)
        return result

    def _judge(self, seen: Seen) -> AuthorizationResult | _Wait:
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

    def _by_review(self, seen: Seen, credential: CredentialRecord, now: float) -> AuthorizationResult | _Wait:
        """Allow what passed everything else, as its review says."""
        token = seen.token
        if self._reviews is not None:
            if not now < seen.review.until:
                return _Wait.FOR_A_REVIEW
            if seen.review.refusal is not None:
                return _denied(seen.review.refusal, token)
            token = reviewed_token(seen)
        return Allowed(token, credential, self._index.effective_roles(credential), self._index.changes)

    async def verify(self, presented: bytes) -> AuthorizationResult:
        """Judge, and ask the API server if need be: an unknown key may be a new one, a pod may be gone."""
        result = await self._queued(presented)
        if result is _Wait.FOR_KEYS:
            told = await self._keys.read_again()
            result = await self._queued(presented)
            if result is _Wait.FOR_KEYS:
                return _denied(Refusal.UNKNOWN_SIGNING_KEY if told else Refusal.KEYS_UNREAD)
        return await self._review(presented) if isinstance(result, _Wait) else result

    async def _queued(self, presented: bytes) -> AuthorizationResult | _Wait:
        result = self._check(presented)
        if result is not _Wait.IN_THE_QUEUE:
            return result
        await self._queue.wait()
        return self._check(presented, is_next=True)

    async def _review(self, presented: bytes) -> AuthorizationResult:
        digest = self._digest(presented)
        seen = self.seen.find(digest)
        if self._reviews is None or seen is None:
            return _denied(Refusal.KEYS_UNREAD)
        seen.review = await self._reviews.review(presented, seen.claims, digest=digest)
        seen.reviewed = None
        # Judge anew: the wait may have been long, and changes meanwhile count.
        result = self._check(presented)
        return _denied(seen.review.refusal or Refusal.NOT_REVIEWED, seen.token) if isinstance(result, _Wait) else result

    def is_current(self, token: IssuedToken) -> bool:
        """Tell whether this is the token of a JWT whose signature still counts."""
        return isinstance(token, ServiceAccountToken) and token.issuer is self._keys.issuer

    def _verified(self, presented: bytes, issuer: Issuer, *, is_next: bool) -> Seen | Denied | _Wait:
        """Verify a signature, which takes longer than all else of a check."""
        if not (is_next or self._queue.is_free):
            return _Wait.IN_THE_QUEUE
        try:
            algorithm, key_id = key_of(presented)
            if key_id not in issuer.keys:
                return _Wait.FOR_KEYS
            self._queue.take()
            if not issuer.keys.verify(presented, algorithm=algorithm, key_id=key_id):
                return _denied(Refusal.WRONG_SIGNATURE)
            claims = read_claims(presented)
            return seen_text(claims, issuer, self._index.credential(f"{claims.namespace}/{claims.credential}"))
        except TokenFormatError:
            return _denied(Refusal.MALFORMED_TOKEN)


def _denied(refusal: Refusal, token: ServiceAccountToken | None = None) -> Denied:
    return Denied(refusal, token, proof=Proof.SERVICE_ACCOUNT)


def _is_held(credential: CredentialRecord, claims: Claims) -> bool:
    uid = credential.service_accounts.get(claims.name)
    return uid is not None and uid in {"", claims.uid}
