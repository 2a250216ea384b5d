"""Frozen values of ApiToken, ApiCredential and their policy, as the rules see them.

Wire names and defaults of the cluster stay in `pharia_access.kube`; nothing here knows JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from pharia_access.domain.conditions import Condition
from pharia_access.domain.reasons import DeliveryState, Phase, Reason

__all__ = [
    "NOTHING_YET",
    "REPLACES",
    "Credential",
    "CredentialIdentity",
    "CredentialStatus",
    "Delivery",
    "DeliveryState",
    "Mac",
    "ObjectKey",
    "OwnerReference",
    "Phase",
    "Policy",
    "Reason",
    "Token",
    "TokenCounts",
    "TokenPolicy",
    "TokenSpec",
    "TokenStatus",
]

NOTHING_YET = -1
"""`status.observedGeneration` of an object that no operator has seen (the default in the CRD)."""


@dataclass(frozen=True, slots=True, order=True)
class ObjectKey:
    """The identity of an object in queues and schedules."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class OwnerReference:
    """An entry of `metadata.ownerReferences`."""

    api_version: str
    kind: str
    name: str
    uid: str
    controller: bool | None = None
    block_owner_deletion: bool | None = None

    @property
    def is_credential(self) -> bool:
        """Return whether the owner is an ApiCredential of any version."""
        return self.kind == "ApiCredential" and self.api_version.startswith("access.pharia.ai/")


@dataclass(frozen=True, slots=True)
class CredentialIdentity:
    """The credential of a token. A later credential of the same name is another one."""

    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class TokenSpec:
    """A token's spec. `window` has the default if the object names none."""

    credential_name: str
    window: timedelta
    secret_name: str
    ttl: timedelta | None = None
    expires_at: datetime | None = None
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Mac:
    """The fast check: a keyed digest, and the key that made it.

    Attributes:
        fingerprint: of the key; empty for a token that was minted before there were any.
    """

    key_id: str
    value: str
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The one-time Secret of a minted token."""

    secret_name: str
    secret_uid: str
    deadline: datetime
    state: DeliveryState


@dataclass(frozen=True, slots=True)
class TokenStatus:
    """A token's status. A token with a `hash` is minted, once and for ever.

    Attributes:
        expires_at: the end that was fixed at the mint.
        ends_at: the end that counts, for people to read: that one, or the spec's where it is earlier; of a token that
            was ended before, when the operator noted that.
    """

    observed_generation: int = NOTHING_YET
    phase: Phase | None = None
    conditions: tuple[Condition, ...] = ()
    token_id: str | None = None
    credential: CredentialIdentity | None = None
    pending_since: datetime | None = None
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    ends_at: datetime | None = None
    hash: str | None = field(default=None, repr=False)
    mac: Mac | None = field(default=None, repr=False)
    delivery: Delivery | None = None


REPLACES: Final = "access.pharia.ai/replaces"
"""The label that names the token that this one replaces."""


@dataclass(frozen=True, slots=True)
class Token:
    """An ApiToken as read."""

    key: ObjectKey
    uid: str
    resource_version: str
    generation: int
    created: datetime
    spec: TokenSpec
    status: TokenStatus = TokenStatus()
    deleting: bool = False
    finalizers: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    managers: frozenset[str] = frozenset()
    owners: tuple[OwnerReference, ...] = ()
    last_used: datetime | None = None

    @property
    def minted(self) -> bool:
        """Return whether the token has its one secret."""
        return self.status.hash is not None


@dataclass(frozen=True, slots=True)
class TokenPolicy:
    """What a credential says about its tokens; None leaves it to the cluster's policy."""

    default_ttl: timedelta | None = None
    max_ttl: timedelta | None = None
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """A credential's tokens by phase. A token without a status counts as pending."""

    active: int = 0
    expired: int = 0
    revoked: int = 0
    pending: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class CredentialStatus:
    """A credential's status. `roles_summary` is for people to read: nothing judges by it."""

    observed_generation: int = NOTHING_YET
    conditions: tuple[Condition, ...] = ()
    tokens: TokenCounts | None = None
    roles_summary: str | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """An ApiCredential as read."""

    key: ObjectKey
    uid: str
    resource_version: str
    generation: int
    roles: tuple[str, ...]
    suspended: bool = False
    policy: TokenPolicy = TokenPolicy()
    status: CredentialStatus = CredentialStatus()
    deleting: bool = False
    finalizers: tuple[str, ...] = ()

    @property
    def identity(self) -> CredentialIdentity:
        """Return the identity that a token records."""
        return CredentialIdentity(name=self.key.name, uid=self.uid)

    def concerns(self, before: "Credential | None") -> tuple[Phase, ...]:
        """Of which phases the tokens must be looked at, where it was `before` like that; `maxTokens` asks nobody."""
        if before is None or before.uid != self.uid:
            return tuple(Phase)
        if (before.suspended, before.deleting) != (self.suspended, self.deleting):
            return (Phase.PENDING, Phase.ACTIVE)
        lives = [(each.policy.default_ttl, each.policy.max_ttl) for each in (before, self)]
        return (Phase.PENDING,) if lives[0] != lives[1] else ()


@dataclass(frozen=True, slots=True)
class Policy:
    """The cluster's rules for tokens. Durations are positive; `delete_ended_after` None keeps ended tokens for ever."""

    default_ttl: timedelta = timedelta(hours=2160)
    max_ttl: timedelta = timedelta(hours=8784)
    pending_bound: timedelta = timedelta(hours=1)
    warn_before: timedelta = timedelta(days=7)
    delete_ended_after: timedelta | None = None
    gitops_annotations: frozenset[str] = frozenset({"argocd.argoproj.io/tracking-id"})
    gitops_labels: frozenset[str] = frozenset({"kustomize.toolkit.fluxcd.io/name"})
    restore_labels: frozenset[str] = frozenset({"velero.io/restore-name"})

    def tracked_by_gitops(self, token: Token) -> bool:
        """Return whether Git declares the token and would create it again."""
        return not (
            self.gitops_annotations.isdisjoint(token.annotations) and self.gitops_labels.isdisjoint(token.labels)
        )

    def declared_elsewhere(self, token: Token) -> bool:
        """Return whether Git or an owning controller would create the token again after a deletion."""
        return self.tracked_by_gitops(token) or any(it.controller and not it.is_credential for it in token.owners)

    def restored(self, labels: Mapping[str, str]) -> bool:
        """Return whether a backup tool restored the object with these labels."""
        return not self.restore_labels.isdisjoint(labels)
