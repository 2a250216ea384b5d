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
    """A token was minted and is valid."""
    REVOKED = "Revoked"
    """`spec.revoked` ended it for good."""
    EXPIRED = "Expired"
    """The token has expired."""
    CREDENTIAL_NOT_FOUND = "CredentialNotFound"
    """Waits for a credential that does not exist."""
    CREDENTIAL_SUSPENDED = "CredentialSuspended"
    """A suspended credential mints nothing."""
    CREDENTIAL_DELETING = "CredentialDeleting"
    """A credential that is being deleted mints nothing."""
    CREDENTIAL_MALFORMED = "CredentialMalformed"
    """The credential is invalid, so no token is minted for it."""
    CREDENTIAL_REPLACED = "CredentialReplaced"
    """The token's credential was deleted; a new one of the same name does not revive the token."""
    TOKEN_LIMIT_REACHED = "TokenLimitReached"  # noqa: S105 - a reason, not a password
    """The credential has its `maxTokens` active tokens."""
    GUARDS_DOWN = "GuardsDown"
    """The admission policies or the CRDs' rules do not hold, so no token is minted."""
    TTL_TOO_LONG = "TTLTooLong"
    """The requested lifetime exceeds the policy; it is never shortened silently."""
    PENDING_TOO_LONG = "PendingTooLong"
    """The token waited so long that a mint would surprise people."""
    SECRET_CONFLICT = "SecretConflict"  # noqa: S105 - a reason, not a password
    """A Secret that is not ours has the name of the one-time Secret."""
    SECRET_REFUSED = "SecretRefused"  # noqa: S105 - a reason, not a password
    """The API server refuses the one-time Secret: a quota, a policy or missing rights."""
    DELIVERY_MISSED = "DeliveryMissed"
    """The delivery window closed before the mint was finished."""
    RESTORED = "Restored"
    """The object was restored from a backup: a mint would revive an old token."""
    INVALID_SPEC = "InvalidSpec"
    """The spec breaks a rule that the CRD cannot express."""
    AVAILABLE = "Available"
    """The one-time Secret is ready to be read."""
    COLLECTED = "Collected"
    """Its reader deleted the one-time Secret."""
    WINDOW_CLOSED = "WindowClosed"
    """The one-time Secret was deleted at the end of its window."""
    WITHDRAWN = "Withdrawn"
    """The one-time Secret was deleted early, as the token ended."""
    WITHDRAWAL_HELD = "WithdrawalHeld"
    """A finalizer holds the deleted one-time Secret: it can still be read."""
    NOT_DELIVERED = "NotDelivered"
    """No token was minted, and no one-time Secret is left."""
    EXPIRING_SOON = "ExpiringSoon"
    """The expiry is near."""
    ALL_ROLES_RESOLVE = "AllRolesResolve"
    """Each role exists and is allowed in this namespace."""
    UNKNOWN_ROLES = "UnknownRoles"
    """At least one role is not in the catalog."""
    ROLES_NOT_ALLOWED = "RolesNotAllowed"
    """At least one role is not allowed in this namespace."""
    DELETING = "Deleting"
    """The object is being deleted, which ended it for good; finalizers hold it."""
    SUSPENDED = "Suspended"
    """Suspended on purpose."""
