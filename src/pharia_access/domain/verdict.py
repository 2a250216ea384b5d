"""Is this token good now? The records that answer it, and the rules, from those that a holder should learn of first.

A rule sees what is, not what the operator has noted of it: an expired token is refused at that second, whether or not
anybody has marked it. Whether the presented text is the token's at all is proved elsewhere, before. By the same rules
the operator and the command line tell people whether a token is usable (`domain.usability`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from sys import intern
from typing import Protocol

__all__ = [
    "RULES",
    "CredentialFacts",
    "CredentialRecord",
    "IssuedToken",
    "Refusal",
    "Rule",
    "TokenFacts",
    "issued_before",
    "judge",
]


class Refusal(StrEnum):
    """Why a request gets no 200: for metrics and the audit log. Callers learn less, see `contracts.md` in docs."""

    NO_CREDENTIALS = "no-credentials"
    """No bearer token came along."""
    AMBIGUOUS_CREDENTIALS = "ambiguous-credentials"
    """More than one."""
    OVERLONG_CREDENTIALS = "overlong-credentials"
    """Too long to be read."""
    MALFORMED_TOKEN = "malformed-token"  # noqa: S105 - a reason, as those below
    """Not a token of ours: its shape or its checksum is wrong."""
    UNKNOWN_TOKEN = "unknown-token"  # noqa: S105
    """Well-formed, and of no token that there is: deleted, or never minted here."""
    SHARED_ID = "shared-token-id"
    """Two objects claim the ID: somebody copied a status. Neither is believed."""
    WRONG_SECRET = "wrong-secret"  # noqa: S105
    """A known ID with another secret: forged, or mistyped with great luck."""
    UNUSABLE_HASH = "unusable-proof"
    """The stored hash cannot be used: malformed, or dearer than the ceiling."""
    REVOKED = "revoked"
    """`spec.revoked` is true."""
    BEING_DELETED = "being-deleted"
    """The ApiToken is being deleted."""
    EXPIRED = "expired"
    """Its end has come."""
    ISSUED_TOO_EARLY = "issued-too-early"
    """Issued before the moment that a restored cluster's tokens are void from."""
    CREDENTIAL_GONE = "credential-gone"
    """Its ApiCredential does not exist."""
    CREDENTIAL_REPLACED = "credential-replaced"
    """One of that name exists, and is another than it belongs to."""
    CREDENTIAL_BEING_DELETED = "credential-being-deleted"
    """Its ApiCredential is being deleted."""
    CREDENTIAL_SUSPENDED = "credential-suspended"
    """Its ApiCredential is suspended."""
    INSUFFICIENT_SCOPE = "insufficient-scope"
    """A good token whose credential lacks what is required."""
    MALFORMED_REQUIREMENT = "malformed-requirement"
    """A good token, and a gateway that asks for what cannot be understood."""
    VIEW_TOO_OLD = "view-too-old"
    """Nothing was heard from the API server about its namespace for too long to know, or it may not be read."""
    OUT_OF_CONTACT = "out-of-contact"
    """Well-formed and unknown, while a part of the view is silent: the token may have been minted since."""
    OVERLOADED = "overloaded"
    """More slow checks wait than may."""


@dataclass(slots=True, eq=False)
class IssuedToken:
    """A minted ApiToken, as much as a verdict needs. Times are POSIX seconds.

    A plain class of slots, since there are a hundred thousand; nobody but its index changes one.

    Attributes:
        key: `namespace/name`, as `credential_key`.
        ends_at: the earlier of what was fixed at the mint and what the spec says; the token is dead from then on.
        ends_text: the same in RFC 3339.
        hash: by Argon2id.
        mac_key_id: the key's ID, with its fingerprint where the mint recorded one (`keyring.key_reference`).
        mac: the keyed digest, 32 bytes, under that key; both None where the mint had no keyring.
        last_used: what the object says.
        own_mac: a digest under this process's own key, once the text was proved by Argon2id, or by a key that the
            token names by its ID alone.
        noted: when the verifier last noted a use.
        namespace: that of `key`.
    """

    key: str
    uid: str
    token_id: str
    credential_key: str
    credential_uid: str
    issued_at: float
    ends_at: float
    ends_text: str
    revoked: bool
    deleting: bool
    hash: str = field(repr=False)
    mac_key_id: str | None = None
    mac: bytes | None = field(default=None, repr=False)
    last_used: float = 0.0
    own_mac: bytes | None = field(default=None, repr=False)
    noted: float = 0.0
    namespace: str = field(init=False)

    def __post_init__(self) -> None:
        """Work out what every verdict asks for."""
        self.namespace = intern(self.key.partition("/")[0])


@dataclass(frozen=True, slots=True)
class CredentialRecord:
    """An ApiCredential, as much as a verdict needs.

    Attributes:
        key: `namespace/name`.
    """

    namespace: str
    name: str
    uid: str
    roles: tuple[str, ...]
    suspended: bool = False
    deleting: bool = False
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"{self.namespace}/{self.name}")


class TokenFacts(Protocol):
    """What the rules look at of a minted token: `IssuedToken` has it, and `usability.Facts`."""

    @property
    def credential_uid(self) -> str:
        """Of the credential that it belongs to."""
        ...

    @property
    def issued_at(self) -> float:
        """POSIX seconds."""
        ...

    @property
    def ends_at(self) -> float:
        """The end that counts, in POSIX seconds."""
        ...

    @property
    def revoked(self) -> bool:
        """Whether `spec.revoked` is true."""
        ...

    @property
    def deleting(self) -> bool:
        """Whether the object is being deleted."""
        ...


class CredentialFacts(Protocol):
    """What the rules look at of a credential, as the verifier, the operator and the command line know it."""

    @property
    def uid(self) -> str:
        """Which of that name."""
        ...

    @property
    def suspended(self) -> bool:
        """Whether `spec.suspended` is true."""
        ...

    @property
    def deleting(self) -> bool:
        """Whether the object is being deleted."""
        ...


Rule = Callable[[TokenFacts, CredentialFacts | None, float], Refusal | None]
"""Total: safe on any input, so that the order of rules is priority and nothing else."""


def judge(
    token: TokenFacts, credential: CredentialFacts | None, now: float, *, rules: tuple[Rule, ...]
) -> Refusal | None:
    """The first objection to the token, None if it is good at `now`. `credential`: who has its credential's name."""
    for rule in rules:
        refusal = rule(token, credential, now)
        if refusal is not None:
            return refusal
    return None


def issued_before(bound: float) -> Rule:
    """The rule for a restored cluster: what was issued before `bound` may have been revoked in the lost time."""

    def rule(token: TokenFacts, _credential: CredentialFacts | None, _now: float) -> Refusal | None:
        return Refusal.ISSUED_TOO_EARLY if token.issued_at < bound else None

    return rule


def _revoked(token: TokenFacts, _credential: CredentialFacts | None, _now: float) -> Refusal | None:
    return Refusal.REVOKED if token.revoked else None


def _being_deleted(token: TokenFacts, _credential: CredentialFacts | None, _now: float) -> Refusal | None:
    return Refusal.BEING_DELETED if token.deleting else None


def _expired(token: TokenFacts, _credential: CredentialFacts | None, now: float) -> Refusal | None:
    # Written so that a NaN on either side means expired.
    return None if now < token.ends_at else Refusal.EXPIRED


def _credential_gone(_token: TokenFacts, credential: CredentialFacts | None, _now: float) -> Refusal | None:
    return Refusal.CREDENTIAL_GONE if credential is None else None


def _credential_replaced(token: TokenFacts, credential: CredentialFacts | None, _now: float) -> Refusal | None:
    return Refusal.CREDENTIAL_REPLACED if credential is not None and credential.uid != token.credential_uid else None


def _credential_being_deleted(_token: TokenFacts, credential: CredentialFacts | None, _now: float) -> Refusal | None:
    return Refusal.CREDENTIAL_BEING_DELETED if credential is not None and credential.deleting else None


def _credential_suspended(_token: TokenFacts, credential: CredentialFacts | None, _now: float) -> Refusal | None:
    return Refusal.CREDENTIAL_SUSPENDED if credential is not None and credential.suspended else None


RULES: tuple[Rule, ...] = (
    _revoked,  # a person's word
    _being_deleted,
    _expired,
    _credential_gone,
    _credential_replaced,
    _credential_being_deleted,
    _credential_suspended,  # last: the only one that may end
)
"""What every token is judged by."""
