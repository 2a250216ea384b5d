"""Faults that an administrator should look at, and what counts as one."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from pharia_access.domain.model import ObjectKey

__all__ = ["Finding", "FindingType", "Limits"]


class FindingType(StrEnum):
    """What is wrong, in a word."""

    EXPIRED = "Expired"
    """Its time is over, and the object is still there."""
    NOT_NOTED = "NotNoted"
    """It is refused for good, and the operator has not noted it."""
    NEVER_USED = "NeverUsed"
    """It has been good for a while, and nobody was seen using it."""
    UNUSED = "Unused"
    """Nobody was seen using it lately."""
    NEVER_COLLECTED = "NeverCollected"
    """Its one-time Secret was still there when its window ended, and nobody was seen using it."""
    FAILED = "Failed"
    """A person must act: waiting does not help."""
    TOO_LONG = "TooLong"
    """It lives longer than policies allow now."""
    ENDS_SOON = "EndsSoon"
    """It ends within days, and no other token was made to replace it."""
    NO_CREDENTIAL = "NoCredential"
    """It waits for a credential that does not exist."""
    UNKNOWN_ROLE = "UnknownRole"
    """A credential names a role that is not in the catalog, and grants nothing."""
    ROLE_NOT_ALLOWED = "RoleNotAllowed"
    """A credential names a role that is not allowed in its namespace, and grants nothing."""
    NO_TOKENS = "NoTokens"
    """A credential has no active token, and no ServiceAccount holds it."""
    UNUSED_HOLDER = "UnusedHolder"
    """A ServiceAccount holds a credential, and nobody was seen using it so lately."""
    SUSPENDED = "Suspended"
    """A credential is suspended: none of its tokens is accepted."""
    OVERDUE = "Overdue"
    """The token in a workload token's Secret is over, or its successor is late."""
    STILL_USED = "StillUsed"
    """A token that a workload token replaced is used all the same, and ends."""
    NO_AUTHOR = "NoAuthor"
    """A workload token mints for ever, and nothing but an audit log tells for whom."""
    DELETING = "Deleting"
    """A credential is being deleted and still stands: none of its tokens is accepted."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What counts as too long.

    Attributes:
        unused: without use for longer than this.
        longest: the longest life of a token, beside the maximum of its credential; None asks nothing.
    """

    unused: timedelta = timedelta(days=30)
    longest: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault of an object, with a sentence."""

    kind: str
    key: ObjectKey
    type: FindingType
    message: str
