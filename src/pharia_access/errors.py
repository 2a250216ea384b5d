"""Every error this package raises on purpose: one root, few leaves.

A library's exception stops at the room that imports the library and goes on as one of these, chained.
None of them ever carries a token's text or the body of an API answer.
"""

from typing import ClassVar

__all__ = [
    "AccessError",
    "AlreadyExistsError",
    "ApiError",
    "CertificateError",
    "ClusterRolledBackError",
    "ConflictError",
    "ForbiddenError",
    "HashError",
    "InvalidError",
    "InvalidObjectError",
    "IssuerKeysError",
    "KeyringError",
    "LoginError",
    "NotFoundError",
    "OverloadedError",
    "RequirementError",
    "ResourceExpiredError",
    "SettingsError",
    "TokenFormatError",
    "UnavailableError",
    "label_of",
]


class AccessError(Exception):
    """The root. Never raised itself.

    Attributes:
        label: what metrics and logs call it, where that is not the class's name. These words are API.
        next_step: what a person can do about it, a sentence or several lines; empty where the text says it.
        next_steps: the same as data, which a face words (`domain.administration.next_steps`).
    """

    label: ClassVar[str]
    next_steps: tuple[object, ...] = ()

    def __init__(self, message: str = "", next_step: str = "") -> None:
        super().__init__(message)
        self.next_step = next_step


class SettingsError(AccessError):
    """A setting is missing or invalid; the text names the variable and its valid form."""


class LoginError(AccessError):
    """A person's command has no login, or another than the chosen one; its request was not sent."""


class TokenFormatError(AccessError):
    """A text is not a token of ours: wrong shape, or its checksum does not match."""


class HashError(AccessError):
    """A stored hash cannot be read, or asks for work outside the allowed bounds."""

    label = "ProofError"


class RequirementError(AccessError):
    """A gateway's requirement is invalid; the text says why."""


class OverloadedError(AccessError):
    """Too much work is waiting: try again later."""


class KeyringError(AccessError):
    """The keyring is invalid: no current key, or a key of the wrong size."""


class IssuerKeysError(AccessError):
    """The keys of the cluster's issuer of ServiceAccount tokens cannot be read or used."""


class CertificateError(AccessError):
    """A certificate is invalid."""


class InvalidObjectError(AccessError):
    """An object of ours is invalid; the text names the field and the problem."""

    label = "MalformedObjectError"


class ApiError(AccessError):
    """The API server refused or failed. The leaves say what that means for the caller.

    Attributes:
        status: of HTTP; None where no answer came.
        server_message: the API server's own words, for a person, cut to 1,024 characters; empty where they may
            hold a Secret.
        unknown_field: the field of ours that its CRD does not know, where it says so.
    """

    status: int | None = None
    server_message: str = ""
    unknown_field: str = ""


class NotFoundError(ApiError):
    """The object does not exist: a Status with reason NotFound, never a bare 404."""


class AlreadyExistsError(ApiError):
    """An object of that name exists already."""


class ConflictError(ApiError):
    """The object changed since it was read, or has another UID."""


class ForbiddenError(ApiError):
    """Not allowed, by RBAC or by an admission policy."""

    label = "DeniedError"


class InvalidError(ApiError):
    """The API server rejected the object as invalid (400 or 422): a retry does not help."""


class ResourceExpiredError(ApiError):
    """A resource version or continue token is too old (410): list again from the start."""

    label = "ExpiredViewError"


class ClusterRolledBackError(AccessError):
    """The cluster's state went back in time, as after a restore of etcd: the view is void."""

    label = "RewoundError"


class UnavailableError(ApiError):
    """No clear answer: a timeout, a broken connection, 429 or 5xx. The write may have taken effect.

    Attributes:
        retry_after: seconds that the API server asked us to wait, if it did.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def label_of(kind: type[object]) -> str:
    """Return what metrics and logs call an error: its class's name, or an earlier one that is kept, as it is API."""
    return str(vars(kind).get("label", kind.__name__))
