"""The words of the status: phases, states and every reason. Part of the API: renaming one breaks somebody's alert."""

from enum import StrEnum

__all__ = ["DeliveryState", "Phase", "Reason"]


class Phase(StrEnum):
    """A token's state in a word, for people. Conditions are the truth."""

    PENDING = "Pending"
    ACTIVE = "Active"
    EXPIRED = "Expired"
    REVOKED = "Revoked"
    FAILED = "Failed"


class DeliveryState(StrEnum):
    """Where the one-time Secret is."""

    AVAILABLE = "Available"
    COLLECTED = "Collected"
    WITHDRAWN = "Withdrawn"


class Reason(StrEnum):
    """Every reason of a condition or an Event, once. Part of the API: renaming one breaks alerts."""

    ISSUED = "Issued"
    """A token was minted and holds."""
    REVOKED = "Revoked"
    """`spec.revoked` ended it for good."""
    EXPIRED = "Expired"
    """Its time is over."""
    CREDENTIAL_NOT_FOUND = "CredentialNotFound"
    """Waits for a credential that does not exist."""
    CREDENTIAL_SUSPENDED = "CredentialSuspended"
    """A suspended credential mints nothing."""
    CREDENTIAL_DELETING = "CredentialDeleting"
    """A credential that is being deleted mints nothing."""
    CREDENTIAL_MALFORMED = "CredentialMalformed"
    """Its credential cannot be understood, so nothing is minted for it."""
    CREDENTIAL_REPLACED = "CredentialReplaced"
    """Its credential was deleted; another of the same name does not revive it."""
    TOKEN_LIMIT_REACHED = "TokenLimitReached"  # noqa: S105 - a reason, not a password
    """The credential has its `maxTokens` active tokens."""
    GUARDS_DOWN = "GuardsDown"
    """The admission policies or the kinds' rules do not hold, so nothing is minted."""
    TTL_TOO_LONG = "TTLTooLong"
    """A longer life was asked for than policy allows; never cut silently."""
    PENDING_TOO_LONG = "PendingTooLong"
    """Waited so long that minting now would surprise."""
    SECRET_CONFLICT = "SecretConflict"  # noqa: S105 - a reason, not a password
    """A Secret that is not ours has the name of the one-time Secret."""
    SECRET_REFUSED = "SecretRefused"  # noqa: S105 - a reason, not a password
    """The API server refuses the one-time Secret: a quota, a policy or missing rights."""
    DELIVERY_MISSED = "DeliveryMissed"
    """Its window closed before the mint could be finished."""
    RESTORED = "Restored"
    """Came out of a backup: minting would turn an old token into a live one."""
    INVALID_SPEC = "InvalidSpec"
    """The spec breaks a rule that the CRD cannot express."""
    AVAILABLE = "Available"
    """The one-time Secret waits to be read."""
    COLLECTED = "Collected"
    """Its reader deleted the one-time Secret."""
    WINDOW_CLOSED = "WindowClosed"
    """The one-time Secret was deleted at the end of its window."""
    WITHDRAWN = "Withdrawn"
    """The one-time Secret was deleted early, as the token ended."""
    WITHDRAWAL_HELD = "WithdrawalHeld"
    """The one-time Secret was deleted and still stands, by somebody's finalizer: who may read it still can."""
    NOT_DELIVERED = "NotDelivered"
    """Nothing was minted, and no one-time Secret was left behind."""
    EXPIRING_SOON = "ExpiringSoon"
    """The end is near."""
    ALL_ROLES_RESOLVE = "AllRolesResolve"
    """Each role exists and may be held here."""
    UNKNOWN_ROLES = "UnknownRoles"
    """At least one role is not in the catalog."""
    ROLES_NOT_ALLOWED = "RolesNotAllowed"
    """At least one role may not be held in this namespace."""
    DELETING = "Deleting"
    """Is being deleted, which ended it for good; the object stands until its finalizers are off."""
    SUSPENDED = "Suspended"
    """Suspended on purpose."""
