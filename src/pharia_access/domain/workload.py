"""Frozen values of a WorkloadToken, as the rules see them. Each token that it mints is an ApiToken, its child."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from pharia_access.domain.conditions import Condition
from pharia_access.domain.model import NOTHING_YET, ObjectKey, OwnerReference, Token

__all__ = [
    "WORKLOAD_LABEL",
    "Current",
    "KeptSecret",
    "Losses",
    "Pending",
    "Replaced",
    "Why",
    "WorkloadSpec",
    "WorkloadStatus",
    "WorkloadToken",
    "child_name",
    "is_abandoned",
    "keeper_of",
]

WORKLOAD_LABEL: Final = "access.pharia.ai/workload-token"
"""The label of an ApiToken, or of a Secret, that a WorkloadToken made: it has the WorkloadToken's name."""


class Why(StrEnum):
    """Why a token is made."""

    FIRST = "First"
    """There was none."""
    ENDED = "Ended"
    """The current one was revoked, deleted or failed before its time."""
    ASKED = "Asked"
    """`spec.rotate` changed."""
    RENEWAL = "Renewal"
    """Its time had come."""
    SECRET_LOST = "SecretLost"  # noqa: S105 - a reason, not a password
    """The Secret was gone, or held an older token."""


@dataclass(frozen=True, slots=True)
class KeptSecret:
    """The Secret that holds the token. Its labels and annotations are declared: each write replaces them."""

    name: str
    key: str = "token"
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WorkloadSpec:
    """A WorkloadToken's spec. `secret.name` has the object's name if the object names none."""

    credential_name: str
    secret: KeptSecret
    ttl: timedelta | None = None
    renew_before: timedelta | None = None
    rotate: str | None = None
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class Current:
    """The token that the Secret holds.

    Attributes:
        expires_at: the end that was fixed at its mint.
    """

    revision: int
    name: str
    uid: str
    token_id: str
    delivered_at: datetime
    issued_at: datetime
    expires_at: datetime

    @property
    def as_replaced(self) -> "Replaced":
        """Return what is kept of it once another one is in the Secret."""
        return Replaced(self.revision, self.name, self.uid, self.token_id, self.expires_at)


@dataclass(frozen=True, slots=True)
class Pending:
    """The token that is being made. `uid` is None until its ApiToken is known to be there."""

    revision: int
    name: str
    why: Why
    since: datetime
    uid: str | None = None


@dataclass(frozen=True, slots=True)
class Replaced:
    """A token that was in the Secret before, and is good until its end."""

    revision: int
    name: str
    uid: str
    token_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Losses:
    """How often in a row a token was lost before its time, and when one was last made because of that."""

    count: int = 0
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class WorkloadStatus:
    """A WorkloadToken's status.

    Attributes:
        revision: the last number that was given to a token; never given again.
        rotate: the `spec.rotate` that was last obeyed.
        bound: the name of the Secret once it was written.
    """

    observed_generation: int = NOTHING_YET
    revision: int = 0
    rotate: str | None = None
    current: Current | None = None
    pending: Pending | None = None
    replaced: tuple[Replaced, ...] = ()
    renews_at: datetime | None = None
    lost: Losses = Losses()
    bound: str | None = None
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkloadToken:
    """A WorkloadToken as read."""

    key: ObjectKey
    uid: str
    resource_version: str
    generation: int
    created: datetime
    spec: WorkloadSpec
    status: WorkloadStatus = WorkloadStatus()
    deleting: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def secret_key(self) -> ObjectKey:
        """The identity of the Secret that holds the token."""
        return ObjectKey(self.key.namespace, self.spec.secret.name)

    def controls(self, owners: tuple[OwnerReference, ...]) -> bool:
        """Return whether this very object is the controller among an ApiToken's owners."""
        return any(owner.controller and owner.uid == self.uid for owner in owners)


def child_name(workload: str, revision: int) -> str:
    """Return the name of the ApiToken of a revision; at most 63 characters, as a name has at most 52."""
    return f"{workload}-{revision}"


def keeper_of(token: Token) -> str:
    """Return the UID of the WorkloadToken that controls an ApiToken; empty if none does."""
    return next((owner.uid for owner in token.owners if owner.controller and _is_ours(owner)), "")


def is_abandoned(token: Token) -> bool:
    """Return whether a WorkloadToken made an ApiToken that nobody controls any more."""
    return WORKLOAD_LABEL in token.labels and not any(owner.controller for owner in token.owners)


def _is_ours(owner: OwnerReference) -> bool:
    return owner.kind == "WorkloadToken" and owner.api_version.startswith("access.pharia.ai/")
