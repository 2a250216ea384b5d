"""The verdict on a presented text: look its ID up, prove the text, judge the record. Nothing is remembered of verdicts.

The way for nearly everybody is `check`: a few microseconds, no waiting. Where no key of the keyring can tell, `verify`
goes on to Argon2id, and then this process remembers the text's digest under a key of its own with the record.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from hmac import compare_digest

from pharia_access.domain.keyring import Digester, Keyring
from pharia_access.domain.permissions import EffectiveRoles
from pharia_access.domain.token import parse
from pharia_access.domain.verdict import CredentialRecord, IssuedToken, Refusal, Rule, judge
from pharia_access.errors import HashError, OverloadedError, TokenFormatError
from pharia_access.services.verifier.freshness import Freshness
from pharia_access.services.verifier.hash_verifier import HashVerifier
from pharia_access.services.verifier.index import Index
from pharia_access.services.verifier.known_keys import KnownKeys

__all__ = ["Accepted", "Refused", "Unverified", "Verdict", "Verifier", "VerifierClock"]

_PARTS = 3  # prefix, ID, secret
_NEVER = -1


@dataclass(slots=True)
class Accepted:
    """A good token, of this credential, which holds these roles now.

    Attributes:
        changes: how often the index had changed when that was last looked up.
    """

    token: IssuedToken
    holder: CredentialRecord
    held: EffectiveRoles
    changes: int = field(compare=False)


@dataclass(slots=True)
class Refused:
    """No; the token where its ID is known, for the log."""

    reason: Refusal
    token: IssuedToken | None = None


@dataclass(slots=True)
class Unverified:
    """Only Argon2id can tell."""

    token: IssuedToken


Verdict = Accepted | Refused


@dataclass(frozen=True, slots=True)
class VerifierClock:
    """The two times a verdict needs.

    Attributes:
        now: POSIX seconds, see `MaxClock`.
        ticks: seconds that only grow, as `Freshness` has them.
    """

    now: Callable[[], float]
    ticks: Callable[[], float]


class Verifier:
    """Judges texts as they came from a request. Use from one event loop.

    Args:
        own_key: 32 random bytes of this process.
        rules: from `domain.verdict`, most important first.
    """

    def __init__(  # noqa: PLR0913 - its collaborators, once
        self,
        *,
        index: Index,
        freshness: Freshness,
        hash_verifier: HashVerifier,
        clock: VerifierClock,
        rules: tuple[Rule, ...],
        own_key: bytes,
    ) -> None:
        self._index = index
        self._freshness = freshness
        self._hash_verifier = hash_verifier
        self._now, self._ticks = clock.now, clock.ticks
        self._rules = rules
        self._own = Digester(own_key)
        self.known_keys = KnownKeys()
        """Those of the keyring."""

    def use_keyring(self, keyring: Keyring | None) -> None:
        """Check by these keys from now on."""
        self.known_keys.use(keyring)

    @property
    def keys(self) -> int:
        """How many keys there are to check by."""
        return len(self.known_keys)

    def check(self, presented: bytes) -> Accepted | Refused | Unverified:
        """Judge by what is at hand; `Unverified` if that does not settle it."""
        # Latin-1 is total; what is not ASCII is no ID that anybody has.
        parts = presented.decode("latin-1").split("_", _PARTS)
        token_id = parts[1] if len(parts) == _PARTS else ""
        token = self._index.find(token_id)
        if token is None:
            return Refused(_unless_malformed(presented, self._why_unknown(token_id)))
        if not self._freshness.is_fresh(token.namespace, self._ticks()):
            return Refused(_unless_malformed(presented, Refusal.VIEW_TOO_OLD), token)
        proved = self._proved(token, presented)
        if proved is False:
            return Refused(Refusal.WRONG_SECRET, token)
        holder = self._index.holder(token.credential)
        refusal = judge(token, holder, self._now(), rules=self._rules)
        if refusal is not None or holder is None:
            return Refused(refusal or Refusal.CREDENTIAL_GONE, token)
        if proved is None:
            return Unverified(token)
        return Accepted(token, holder, self._index.held(token.credential, holder), self._index.changes)

    def still_holds(self, accepted: Accepted) -> bool:
        """Judge a token anew whose text was proved before. No if anything that it rested on is another object now.

        Of the rules only a token's end depends on the time (`domain.verdict`), so that nothing else is asked again
        while the index has not changed.
        """
        token = accepted.token
        return (
            (accepted.changes == self._index.changes or self._rests_on_what_is(accepted))
            and self._freshness.is_fresh(token.namespace, self._ticks())
            and self._now() < token.ends_at
        )

    def _rests_on_what_is(self, accepted: Accepted) -> bool:
        token, holder, index = accepted.token, accepted.holder, self._index
        accepted.changes = index.changes
        same = (
            index.find(token.token_id) is token
            and index.holder(token.credential) is holder
            and index.held(token.credential, holder) is accepted.held
        )
        if not same:
            accepted.changes = _NEVER
        return same

    async def verify(self, presented: bytes) -> Verdict:
        """Judge, by Argon2id if need be."""
        verdict = self.check(presented)
        if not isinstance(verdict, Unverified):
            return verdict
        refusal = await self._verify_hash(verdict.token, presented)
        if refusal is not None:
            return Refused(refusal, verdict.token)
        # Judged anew: the wait may have been long, and what happened meanwhile counts.
        verdict = self.check(presented)
        return Refused(Refusal.OVERLOADED, verdict.token) if isinstance(verdict, Unverified) else verdict

    def _proved(self, token: IssuedToken, presented: bytes) -> bool | None:
        """Whether the text is the token's; None if no key at hand can tell."""
        proved = self.known_keys.proves(token, presented)
        if proved is None and token.own_mac is not None:
            return compare_digest(self._own.digest(presented), token.own_mac)
        if proved and token.own_mac is None and self.known_keys.doubts(token):
            token.own_mac = self._own.digest(presented)
        return proved

    def _why_unknown(self, token_id: str) -> Refusal:
        if self._index.is_shared(token_id):
            return Refusal.SHARED_ID
        return Refusal.UNKNOWN_TOKEN if self._freshness.in_contact(self._ticks()) else Refusal.OUT_OF_CONTACT

    async def _verify_hash(self, token: IssuedToken, presented: bytes) -> Refusal | None:
        """Prove by Argon2id and remember it with the record; why not, else."""
        digest = self._own.digest(presented)
        try:
            text = parse(presented)
            holds = await self._hash_verifier.verify(
                token.proof, text, digest=digest, doubtful=self.known_keys.doubts(token)
            )
        except TokenFormatError:
            return Refusal.MALFORMED_TOKEN
        except OverloadedError:
            return Refusal.OVERLOADED
        except HashError:
            return Refusal.UNUSABLE_PROOF
        if not holds:
            return Refusal.WRONG_SECRET
        current = self._index.find(token.token_id)
        if current is not None and current.proof == token.proof:
            current.own_mac = digest
        self.known_keys.proved_otherwise(token)
        return None


def _unless_malformed(presented: bytes, reason: Refusal) -> Refusal:
    """The reason, for a text that some token may have."""
    try:
        parse(presented)
    except TokenFormatError:
        return Refusal.MALFORMED_TOKEN
    return reason
