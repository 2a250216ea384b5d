"""The input of an ApiToken's rules, and the decisions that they may return."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

from pharia_access.domain.deletions import Held
from pharia_access.domain.lifetime import expiring_soon_at
from pharia_access.domain.model import Credential, OwnerReference, Policy, Token, TokenStatus
from pharia_access.domain.workload import keeper_of

__all__ = [
    "Decision",
    "DeleteToken",
    "InSync",
    "Mint",
    "Observed",
    "RemoveOwner",
    "Rule",
    "SecretCleanup",
    "WriteStatus",
    "status_change",
]


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything that the rules may look at."""

    token: Token
    credential: Credential | None
    """The credential that `spec.credentialRef` names; None if there is none."""
    policy: Policy
    credential_invalid: bool = False
    """Whether the credential of that name is invalid; `credential` is None then."""
    slot_free: bool = True
    """Whether `maxTokens` leaves a slot for this token, after older waiting tokens."""
    secret_gone: bool = False
    """Whether the one-time Secret was looked for and not found."""
    held: Held | None = None
    """The finalizers that hold the Secret that was just deleted; None if the Secret is gone or was not deleted."""
    guards_objection: str = ""
    """Why the guards do not hold, as a clause; empty while they hold."""
    succeeded: bool = False
    """Whether a later active token says that it replaces this one."""

    @property
    def warn_at(self) -> datetime | None:
        """When to warn of the end, or None: whoever made a successor, or brought the end forward, knows of it.

        A WorkloadToken replaces its tokens by itself, and says where that is overdue.
        """
        if self.succeeded or keeper_of(self.token):
            return None
        return expiring_soon_at(self.token, self.policy)


class SecretCleanup(Enum):
    """What to do with the one-time Secret before a status is written."""

    KEEP = auto()
    DELETE_RECORDED = auto()
    """Delete the Secret whose UID the status records."""
    DELETE_LEFTOVER = auto()
    """Look by name for a Secret that a crash left, and delete it only if it belongs to this token."""


@dataclass(frozen=True, slots=True)
class InSync:
    """Do nothing until `recheck_at` (None: until something changes)."""

    recheck_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Mint:
    """Mint the token's one secret."""

    credential: Credential


@dataclass(frozen=True, slots=True)
class WriteStatus:
    """Write this status, after the clean-up of the Secret."""

    status: TokenStatus
    cleanup: SecretCleanup = SecretCleanup.KEEP


@dataclass(frozen=True, slots=True)
class RemoveOwner:
    """Remove the owner reference that an earlier version wrote; nothing else is due until `recheck_at`."""

    remaining: tuple[OwnerReference, ...]
    recheck_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeleteToken:
    """Delete the token: its credential or its WorkloadToken is gone, and nothing else deletes it; or it ended long ago.

    Attributes:
        ended: delete it only as it was read: whatever somebody wrote since may be a reason to keep it.
    """

    ended: bool = False


Decision = InSync | Mint | WriteStatus | RemoveOwner | DeleteToken
Rule = Callable[[Observed, datetime], Decision | None]


def status_change(observed: Observed, status: TokenStatus, cleanup: SecretCleanup) -> WriteStatus | None:
    """Return a write if the status changed, else None. Record the credential when it is first seen."""
    if status.credential is None and observed.credential is not None:
        status = replace(status, credential=observed.credential.identity)
    return None if status == observed.token.status else WriteStatus(status, cleanup)
