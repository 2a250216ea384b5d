"""What the rules for an ApiToken look at, and what they may ask to be done."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

from pharia_access.domain.deletions import Held
from pharia_access.domain.model import Credential, OwnerReference, Policy, Token, TokenStatus

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
    """All that the rules may look at."""

    token: Token
    credential: Credential | None
    """The credential of the name that the token refers to; None if there is none."""
    policy: Policy
    credential_malformed: bool = False
    """Whether there is a credential of that name which cannot be understood: `credential` is None then, too."""
    slot_free: bool = True
    """Whether `maxTokens` leaves room for this token, older waiting ones served first."""
    secret_gone: bool = False
    """Whether the one-time Secret was looked for and is not there."""
    held: Held | None = None
    """Why the Secret that was deleted just now still stands; None where it does not, or was not deleted."""
    guards_objection: str = ""
    """Why the guards do not hold, in a clause; empty while they do."""


class SecretCleanup(Enum):
    """What becomes of the one-time Secret before a status is written."""

    KEEP = auto()
    DELETE_RECORDED = auto()
    """The one whose UID the status records."""
    DELETE_LEFTOVER = auto()
    """One that a crash may have left: looked for under its name, deleted only if it is this token's."""


@dataclass(frozen=True, slots=True)
class InSync:
    """Nothing to do, until that moment (None: until something changes)."""

    recheck_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Mint:
    """Mint the token's one secret."""

    credential: Credential


@dataclass(frozen=True, slots=True)
class WriteStatus:
    """Write this status, after the Secret met its fate."""

    status: TokenStatus
    cleanup: SecretCleanup = SecretCleanup.KEEP


@dataclass(frozen=True, slots=True)
class RemoveOwner:
    """Take off the reference to its credential that an earlier version wrote: nothing else is to be done until then."""

    remaining: tuple[OwnerReference, ...]
    recheck_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeleteToken:
    """Delete the token: its credential is gone and nobody else will."""


Decision = InSync | Mint | WriteStatus | RemoveOwner | DeleteToken
Rule = Callable[[Observed, datetime], Decision | None]


def status_change(observed: Observed, status: TokenStatus, cleanup: SecretCleanup) -> WriteStatus | None:
    """Write what changed, and nothing when nothing did. The credential is recorded when it is first seen."""
    if status.credential is None and observed.credential is not None:
        status = replace(status, credential=observed.credential.identity)
    return None if status == observed.token.status else WriteStatus(status, cleanup)
