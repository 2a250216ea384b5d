"""What the command line shows and judges of an object: total, so that one which breaks a rule can still be listed.

Absent or malformed comes out as None or empty; nothing here decides whether a token is good.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pharia_access.domain.model import ObjectKey
from pharia_access.domain.permissions import Role
from pharia_access.domain.usability import Unusable

__all__ = ["CredentialSummary", "Revocation", "RoleSummary", "TokenSummary"]


@dataclass(frozen=True, slots=True)
class Revocation:
    """What the object says of its revocation.

    Attributes:
        at: about when, as far as the object says.
        manager: the program that wrote it, by its field manager.
        reason: why, in somebody's words.
    """

    at: datetime | None = None
    manager: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TokenSummary:
    """An ApiToken at a glance.

    Attributes:
        reason: of its condition Ready; `message` is that condition's sentence.
        ends: the earlier of what was fixed at the mint and what `spec.expiresAt` says.
        noted_end: the end that the operator noted; of a token that was revoked or failed, when that was.
        minted_until: what was fixed at the mint.
        window: how long its secret could be collected, where the spec says so.
        replaces: the name of the token that this one was made to replace.
        keeper: the name of the WorkloadToken that keeps it in a Secret; empty for a token that nobody keeps.
        deleting: whether it is being deleted, and so over.
        revoked: whether its spec says so, whatever the operator has noted; `revocation` says when and why.
        minted: whether there is a token at all; `credential_uid` is that of the credential it belongs to.
        noted: its condition Active: `True`, `False` or nothing yet; `noted_why` is reason and sentence.
        unusable: why a verifier refuses it now (`judged`); None where it does not, or nobody asked.
        last_inspected: when somebody who held it last asked a verifier about it; that is no use.
        secret_name: of the one-time Secret; `secret_uid` and `delivery` are what the status says of it.
        collected: when the operator noted that its reader had deleted the one-time Secret.
        git: what declares it from Git; empty for nothing.
    """

    key: ObjectKey
    uid: str
    credential: str
    created: datetime | None
    token_id: str = ""
    phase: str = ""
    deleting: bool = False
    revoked: bool = False
    minted: bool = False
    credential_uid: str = ""
    noted: str = ""
    noted_why: tuple[str, str] = ("", "")
    unusable: Unusable | None = None
    ready: str = ""
    stalled: bool = False
    reason: str = ""
    message: str = ""
    description: str = ""
    issued: datetime | None = None
    ends: datetime | None = None
    noted_end: datetime | None = None
    minted_until: datetime | None = None
    window: timedelta | None = None
    replaces: str = ""
    keeper: str = ""
    last_used: datetime | None = None
    last_inspected: datetime | None = None
    revocation: Revocation | None = None
    secret_name: str = ""
    secret_uid: str = ""
    delivery: str = ""
    deadline: datetime | None = None
    collected: datetime | None = None
    mac_key: str = ""
    mac_fingerprint: str = ""
    git: str = ""

    @property
    def active(self) -> bool:
        """Whether it is minted, and nobody ended it: neither the operator, nor somebody since."""
        return self.phase == "Active" and not (self.deleting or self.revoked)

    @property
    def over(self) -> bool:
        """Whether somebody noted or said that it is accepted no more, for good."""
        return self.deleting or self.revoked or self.phase in {"Expired", "Revoked", "Failed"}

    @property
    def end(self) -> datetime | None:
        """When it ends, or ended: whoever ended it before its time, that counts."""
        if self.noted_end is None or self.ends is None:
            return self.ends or self.noted_end
        return min(self.noted_end, self.ends)

    @property
    def state(self) -> str:
        """In a word: its phase, with the reason where something is wrong: `Active,CredentialSuspended`.

        Of an active one why it is refused all the same, of another why it is not minted.
        """
        if self.deleting:
            return "Deleting"
        phase = self.phase or "Pending"
        if phase in {"Active", "Pending"} and self.unusable is not None:
            return f"{phase},{self.unusable.reason}"
        return f"{phase},{self.reason}" if phase in {"Pending", "Failed"} and self.reason else phase

    @property
    def in_words(self) -> str:
        """What it is, in a sentence: `expired`, `being deleted`."""
        if self.deleting:
            return "being deleted"
        phase = self.phase or "Pending"
        return "revoked" if self.revoked and phase in {"Active", "Pending"} else phase.lower()


@dataclass(frozen=True, slots=True)
class CredentialSummary:
    """An ApiCredential at a glance.

    Attributes:
        counts: its tokens by phase, as the operator counted them.
        policy: what it says of its tokens, as it is written; `longest_life` is its maximum.
        service_accounts: the names of those that hold it.
        last_used: when a ServiceAccount last used it, by its name, also of some that no longer hold it.
    """

    key: ObjectKey
    uid: str
    created: datetime | None
    roles: tuple[str, ...] = ()
    service_accounts: tuple[str, ...] = ()
    last_used: Mapping[str, datetime] = field(default_factory=dict)
    display_name: str = ""
    description: str = ""
    suspended: bool = False
    deleting: bool = False
    ready: str = ""
    reason: str = ""
    message: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    policy: Mapping[str, Any] = field(default_factory=dict)
    longest_life: timedelta | None = None

    @property
    def state(self) -> str:
        """Whether its roles are in force, with the reason where not all of them are: `False,UnknownRoles`."""
        if self.deleting:
            return "Deleting"
        if self.suspended:
            return "Suspended"
        return f"{self.ready},{self.reason}" if self.ready not in {"", "True"} else self.ready


@dataclass(frozen=True, slots=True)
class RoleSummary:
    """An ApiRole at a glance. `role` is what it grants; None where it cannot be understood, and grants nothing."""

    name: str
    display_name: str
    description: str
    allowed_namespaces: tuple[str, ...]
    role: Role | None

    @property
    def key(self) -> ObjectKey:
        """A role is in no namespace."""
        return ObjectKey("", self.name)
