"""Judge whether a token is good now: the records, and the rules in the order in which people should learn of them.

A rule reads the objects, not the status that the operator wrote: an expired token is refused at that second. The
verifier verifies the presented text before it judges the record. Operator and command line tell people by the same
rules whether a token is usable (`domain.usability`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from sys import intern
from typing import ClassVar

from pharia_access.domain.verdict_facts import CredentialFacts, TokenFacts

__all__ = [
    "RULES",
    "CredentialRecord",
    "IssuedToken",
    "Proof",
    "Refusal",
    "Rule",
    "issued_before",
    "judge",
]


class Refusal(StrEnum):
    """Why a request is denied, for metrics and the audit log. Clients learn less, see `contracts.md` in docs."""

    NO_CREDENTIALS = "no-credentials"
    """The request has no bearer token."""
    AMBIGUOUS_CREDENTIALS = "ambiguous-credentials"
    """The request has more than one bearer token."""
    OVERLONG_CREDENTIALS = "overlong-credentials"
    """The bearer token is too long."""
    MALFORMED_TOKEN = "malformed-token"  # noqa: S105 - a reason, as those below
    """The text is no token of ours: its shape or its checksum is wrong."""
    UNKNOWN_TOKEN = "unknown-token"  # noqa: S105
    """The text is well-formed, and no token has its ID: the token was deleted, or never minted here."""
    SHARED_ID = "shared-token-id"
    """Two objects claim the ID: somebody copied a status. Neither object counts."""
    WRONG_SECRET = "wrong-secret"  # noqa: S105
    """The ID is known, and the secret is another: the text is forged, or mistyped with great luck."""
    WRONG_SIGNATURE = "wrong-signature"
    """A ServiceAccount's token that its issuer's key did not sign: forged, or of another cluster."""
    UNKNOWN_SIGNING_KEY = "unknown-signing-key"
    """A ServiceAccount's token that names a key which its issuer does not publish."""
    WRONG_ISSUER = "wrong-issuer"
    """A ServiceAccount's token of another issuer than this cluster's."""
    WRONG_AUDIENCE = "wrong-audience"
    """A ServiceAccount's token whose audience names no credential, or which has several audiences."""
    LIVES_TOO_LONG = "lives-too-long"
    """A ServiceAccount's token with a longer life than is allowed, such as one that is stored in a Secret."""
    NOT_YET_VALID = "not-yet-valid"
    """A ServiceAccount's token from the future: a clock is wrong."""
    NOT_A_HOLDER = "not-a-holder"
    """The credential does not name the ServiceAccount, or names another of that name by its UID."""
    REVIEW_REFUSED = "review-refused"
    """A ServiceAccount's token that the API server no longer takes: its pod or its ServiceAccount is gone."""
    UNUSABLE_HASH = "unusable-proof"
    """The stored hash is malformed, or costs more than the ceiling allows."""
    REVOKED = "revoked"
    """`spec.revoked` is true."""
    BEING_DELETED = "being-deleted"
    """The ApiToken is being deleted."""
    EXPIRED = "expired"
    """The token has ended."""
    ISSUED_TOO_EARLY = "issued-too-early"
    """The token was issued before the moment up to which a restored cluster's tokens are void."""
    CREDENTIAL_GONE = "credential-gone"
    """The token's ApiCredential does not exist."""
    CREDENTIAL_REPLACED = "credential-replaced"
    """An ApiCredential of that name exists, and is not the one that the token belongs to."""
    CREDENTIAL_BEING_DELETED = "credential-being-deleted"
    """The token's ApiCredential is being deleted."""
    CREDENTIAL_SUSPENDED = "credential-suspended"
    """The token's ApiCredential is suspended."""
    ANOTHER_CLIENT = "another-client"
    """The token is good, and its caller calls itself another credential."""
    INSUFFICIENT_SCOPE = "insufficient-scope"
    """The token is good, and its credential lacks the required roles or permissions."""
    MALFORMED_REQUIREMENT = "malformed-requirement"
    """The token is good, and the gateway's requirement is malformed."""
    UNUSABLE_HEADER = "unusable-header"
    """The token is good, and a header that the requirement names is missing, doubled or malformed."""
    VIEW_TOO_OLD = "view-too-old"
    """The view of the token's namespace is too old, or the API server forbids it."""
    OUT_OF_CONTACT = "out-of-contact"
    """The ID is unknown while a part of the view is silent: the token may have been minted since."""
    KEYS_UNREAD = "keys-unread"
    """A ServiceAccount's token names a key that is unknown, and its issuer's keys could not be read just now."""
    NOT_REVIEWED = "not-reviewed"
    """A ServiceAccount's token about which the API server could not be asked just now."""
    OVERLOADED = "overloaded"
    """Too many slow checks wait."""


class Proof(StrEnum):
    """What a request proves itself with, by the names that metrics and the audit log use."""

    TOKEN = "token"  # noqa: S105 - a kind
    """A token of ours."""
    SERVICE_ACCOUNT = "service_account"
    """A ServiceAccount's token."""


@dataclass(slots=True, eq=False)
class IssuedToken:
    """A minted ApiToken, as much as a verdict needs. Times are POSIX seconds.

    Has slots and is not frozen, since there are a hundred thousand. Only the index changes a token.

    Attributes:
        key: `namespace/name`, as `credential_key`.
        ends_at: the earlier of the end fixed at the mint and the end in the spec. The token is dead from then on.
        ends_text: the same in RFC 3339.
        hash: by Argon2id.
        mac_key_id: the key's ID, with its fingerprint where the mint recorded one (`keyring.key_reference`).
        mac: the keyed digest, 32 bytes, under that key; both None where the mint had no keyring.
        last_used: what the object says.
        own_mac: a digest under this process's own key, or one named by its ID alone, once Argon2id verified the text.
        noted: the time of the last use that this verifier noted.
        namespace: that of `key`.
        proof: what kind of proof it is.
    """

    proof: ClassVar[Proof] = Proof.TOKEN

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
        """Compute the namespace, which every verdict needs."""
        self.namespace = intern(self.key.partition("/")[0])

    @property
    def names(self) -> dict[str, str]:
        """What the audit log calls it: IDs and names, never its text."""
        return {"tokenID": self.token_id, "token": self.key, "credential": self.credential_key}


@dataclass(frozen=True, slots=True)
class CredentialRecord:
    """An ApiCredential, as much as a verdict needs.

    Attributes:
        service_accounts: the UID that each holder must have, by the holder's name; empty: any of that name.
        last_used: when ServiceAccounts last used it, by their names, as the object says.
        key: `namespace/name`.
    """

    namespace: str
    name: str
    uid: str
    roles: tuple[str, ...]
    suspended: bool = False
    deleting: bool = False
    service_accounts: Mapping[str, str] = field(default_factory=dict)
    last_used: Mapping[str, float] = field(default_factory=dict)
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"{self.namespace}/{self.name}")


Rule = Callable[[TokenFacts, CredentialFacts | None, float], Refusal | None]
"""A rule is safe on any input, so that the order of rules is priority and nothing else."""


def judge(
    token: TokenFacts, credential: CredentialFacts | None, now: float, *, rules: tuple[Rule, ...]
) -> Refusal | None:
    """Return the first objection to the token; None if it is good at `now`. `credential`: who has the name now."""
    for rule in rules:
        refusal = rule(token, credential, now)
        if refusal is not None:
            return refusal
    return None


def issued_before(bound: float) -> Rule:
    """Make the rule for a restored cluster: a token issued before `bound` may have been revoked in the lost time."""

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
    _revoked,  # a person decided
    _being_deleted,
    _expired,
    _credential_gone,
    _credential_replaced,
    _credential_being_deleted,
    _credential_suspended,  # last: the only one that may end
)
"""The rules that judge every token, most important first."""
