"""Authenticate a presented token: look its ID up, verify its text, judge its record.

`check` answers nearly every request, in a few microseconds and without waiting. Where no key of the keyring covers a
token, `verify` goes on to Argon2id, and this process then keeps the text's digest, under a key of its own, with the
record. The verifier remembers no verdict: `still_holds` judges an earlier one anew.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Protocol

from pharia_access.domain.keyring import Digester, Keyring
from pharia_access.domain.permissions import EffectiveRoles
from pharia_access.domain.token import parse
from pharia_access.domain.verdict import CredentialRecord, IssuedToken, Proof, Refusal, Rule, judge
from pharia_access.domain.verification.service_accounts import JWT_BEGINS
from pharia_access.errors import HashError, OverloadedError, TokenFormatError
from pharia_access.services.verifier.freshness import Freshness
from pharia_access.services.verifier.hash_verifier import HashVerifier
from pharia_access.services.verifier.index import Index
from pharia_access.services.verifier.known_keys import KnownKeys
from pharia_access.services.verifier.signature_queue import SignatureQueue

__all__ = ["Allowed", "AuthorizationResult", "Denied", "JwtVerifier", "Unverified", "Verifier"]

_PARTS = 3  # prefix, ID, secret
_NEVER = -1

# The three results are not frozen: each request makes one, and `frozen` costs time.


@dataclass(slots=True)
class Allowed:
    """The token is good. Its credential has these roles now.

    Attributes:
        changes: `Index.changes` when the index last confirmed these objects.
    """

    token: IssuedToken
    credential: CredentialRecord
    effective_roles: EffectiveRoles
    changes: int = field(compare=False)


@dataclass(slots=True)
class Denied:
    """The request may not pass.

    Attributes:
        token: the token that was presented, where its ID is known.
        detail: an explanation for the audit log.
        proof: what was presented; a token of ours, too, where nobody can tell.
    """

    refusal: Refusal
    token: IssuedToken | None = None
    detail: str = ""
    proof: Proof = Proof.TOKEN


@dataclass(slots=True)
class Unverified:
    """Only `verify` can tell, which waits: for Argon2id, or for what a JWT needs."""


AuthorizationResult = Allowed | Denied


class JwtVerifier(Protocol):
    """Judges JWTs, which no token of ours looks like, see `service_accounts`."""

    def check(self, presented: bytes) -> AuthorizationResult | SignatureQueue | None:
        """Judge without waiting. Return the queue in which to wait and check again; None where `verify` must wait."""
        ...

    async def verify(self, presented: bytes) -> AuthorizationResult:
        """Judge, and wait where need be."""
        ...

    def is_current(self, token: IssuedToken) -> bool:
        """Tell whether this is the token of a JWT whose signature still counts."""
        ...


class Verifier:
    """Judges texts as they came from a request. Use from one event loop.

    Args:
        boottime: seconds that only grow, also while the machine sleeps; as `Freshness` has them.
        now: POSIX seconds at that boottime, see `MaxClock`.
        rules: from `domain.verdict`, most important first.
        own_key: 32 random bytes of this process.
        jwts: judges JWTs; None: a JWT is a malformed token.
    """

    def __init__(  # noqa: PLR0913 - its collaborators, once
        self,
        *,
        index: Index,
        freshness: Freshness,
        hash_verifier: HashVerifier,
        boottime: Callable[[], float],
        now: Callable[[float], float],
        rules: tuple[Rule, ...],
        own_key: bytes,
        jwts: JwtVerifier | None = None,
    ) -> None:
        self._index = index
        self._freshness = freshness
        self._hash_verifier = hash_verifier
        self._boottime, self._now = boottime, now
        self._rules = rules
        self._own = Digester(own_key)
        self._jwts = jwts
        self.known_keys = KnownKeys()
        """The keyring's keys."""

    def use_keyring(self, keyring: Keyring | None) -> None:
        """Check by these keys from now on."""
        self.known_keys.use(keyring)

    @property
    def keys(self) -> int:
        """The number of keys that tokens are checked by."""
        return len(self.known_keys)

    def check(self, presented: bytes) -> AuthorizationResult | Unverified | SignatureQueue:
        """Judge without waiting. Return `Unverified` where only `verify` can tell, which may wait in the queue, too."""
        if self._jwts is not None and presented.startswith(JWT_BEGINS):
            return self._jwts.check(presented) or Unverified()
        result = self._check_own(presented)
        return Unverified() if isinstance(result, IssuedToken) else result

    def _check_own(self, presented: bytes) -> AuthorizationResult | IssuedToken:
        """Judge a token of ours. Return the token itself where only Argon2id can tell."""
        # latin-1 decodes any byte. A string that is not ASCII matches no ID.
        parts = presented.decode("latin-1").split("_", _PARTS)
        token_id = parts[1] if len(parts) == _PARTS else ""
        token = self._index.find(token_id)
        boottime = self._boottime()
        if token is None:
            return Denied(_unless_malformed(presented, self._why_unknown(token_id, boottime)))
        if not self._freshness.is_fresh(token.namespace, boottime):
            return Denied(_unless_malformed(presented, Refusal.VIEW_TOO_OLD), token)
        verified = self._verify_digest(token, presented)
        if verified is False:
            return Denied(Refusal.WRONG_SECRET, token)
        credential = self._index.credential(token.credential_key)
        refusal = judge(token, credential, self._now(boottime), rules=self._rules)
        if refusal is not None or credential is None:
            return Denied(refusal or Refusal.CREDENTIAL_GONE, token)
        if verified is None:
            return token
        return Allowed(token, credential, self._index.effective_roles(credential), self._index.changes)

    def still_holds(self, allowed: Allowed) -> bool:
        """Judge a verified token anew. Return False where the verdict rests on an object that has changed since.

        Of the rules only a token's end depends on the time (`domain.verdict`): no other rule needs to run again while
        the index does not change.
        """
        token, boottime = allowed.token, self._boottime()
        return (
            (allowed.changes == self._index.changes or self._confirm(allowed))
            and self._freshness.is_fresh(token.namespace, boottime)
            and self._now(boottime) < token.ends_at
        )

    def _confirm(self, allowed: Allowed) -> bool:
        token, credential, index = allowed.token, allowed.credential, self._index
        unchanged = (
            (index.find(token.token_id) is token or (self._jwts is not None and self._jwts.is_current(token)))
            and index.credential(token.credential_key) is credential
            and index.effective_roles(credential) is allowed.effective_roles
        )
        allowed.changes = index.changes if unchanged else _NEVER
        return unchanged

    async def verify(self, presented: bytes) -> AuthorizationResult:
        """Judge, by Argon2id if need be."""
        if self._jwts is not None and presented.startswith(JWT_BEGINS):
            return await self._jwts.verify(presented)
        result = self._check_own(presented)
        if not isinstance(result, IssuedToken):
            return result
        refusal = await self._verify_hash(result, presented)
        if refusal is not None:
            return Denied(refusal, result)
        # Judge anew: the wait may have been long, and changes meanwhile count.
        result = self._check_own(presented)
        return Denied(Refusal.OVERLOADED, result) if isinstance(result, IssuedToken) else result

    def _verify_digest(self, token: IssuedToken, presented: bytes) -> bool | None:
        """Tell whether the text is the token's; None if no key at hand can tell."""
        verified = self.known_keys.verify(token, presented)
        if verified is None and token.own_mac is not None:
            return compare_digest(self._own.digest(presented), token.own_mac)
        if verified and token.own_mac is None and self.known_keys.doubts(token):
            token.own_mac = self._own.digest(presented)
        return verified

    def _why_unknown(self, token_id: str, boottime: float) -> Refusal:
        if self._index.is_shared(token_id):
            return Refusal.SHARED_ID
        return Refusal.UNKNOWN_TOKEN if self._freshness.in_contact(boottime) else Refusal.OUT_OF_CONTACT

    async def _verify_hash(self, token: IssuedToken, presented: bytes) -> Refusal | None:
        """Verify by Argon2id, and remember success with the record. Return the refusal otherwise."""
        digest = self._own.digest(presented)
        try:
            text = parse(presented)
            holds = await self._hash_verifier.verify(
                token.hash, text, digest=digest, doubtful=self.known_keys.doubts(token)
            )
        except TokenFormatError:
            return Refusal.MALFORMED_TOKEN
        except OverloadedError:
            return Refusal.OVERLOADED
        except HashError:
            return Refusal.UNUSABLE_HASH
        if not holds:
            return Refusal.WRONG_SECRET
        current = self._index.find(token.token_id)
        if current is not None and current.hash == token.hash:
            current.own_mac = digest
        self.known_keys.note_hash_verified(token)
        return None


def _unless_malformed(presented: bytes, reason: Refusal) -> Refusal:
    """Return the reason for a text that some token may have."""
    try:
        parse(presented)
    except TokenFormatError:
        return Refusal.MALFORMED_TOKEN
    return reason
