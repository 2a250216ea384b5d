"""Turns failures of the API server and the client library into the leaves of `errors.ApiError`.

Works on status and body, so that the library's `ApiException`, whose text holds headers and body, is never created.
A refusal may repeat the request: a bad PATCH is answered with the whole object. So texts are cut, and errors about
Secrets contain only the reason and the name of the policy that refused.
"""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pharia_access.errors import (
    AlreadyExistsError,
    ApiError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    ResourceExpiredError,
    UnavailableError,
)

__all__ = ["TRANSPORT_ERRORS", "LibraryError", "PolicyDeniedError", "concerns_secrets", "refusal", "unreachable"]


class LibraryError(Exception):
    """The client library failed before an answer was complete; its own exception is the cause."""


TRANSPORT_ERRORS = (OSError, LibraryError)
"""The exceptions of a call before its answer is complete; `TimeoutError` and TLS errors are OSErrors."""

MOST_CHARACTERS = 256
"""The length of a Status' message in an error's text."""

MOST_SERVER_MESSAGE = 1024
"""The length of that message for people."""

# Who refused, from the texts of k8s.io/apiserver (RBAC's `forbiddenMessage`, the validating policies, the webhooks,
# the quotas): names only, nothing of the request's body.
_DENIAL = re.compile(
    r"User \"[^\"]*\" cannot [a-z]+ resource \"[^\"]*\" in API group \"[^\"]*\"[^\"]*(\"[^\"]*\")?"
    r"|ValidatingAdmissionPolicy '[a-z0-9.-]{1,253}'"
    r"|admission webhook \"[a-z0-9.-]{1,253}\""
    r"|exceeded quota: [a-z0-9.-]{1,253}"
)
# By what it says: an administrator may have given it another name.
_OUR_POLICY = re.compile(
    r"ValidatingAdmissionPolicy '(restrain-operator-[a-z]+\.access\.pharia\.ai'"
    r"|[^']{1,253}' with binding '[^']{1,253}' denied request: (the operator may|of an ApiToken the operator may) )"
)
_UNKNOWN_FIELD = re.compile(r'strict decoding error: .*unknown field "([A-Za-z.]{1,64})"')
_REASON = re.compile("[A-Za-z]{1,64}")


class PolicyDeniedError(ForbiddenError):
    """A policy that restrains the operator refused. For a Secret this means: somebody else's."""


def concerns_secrets(path: str) -> bool:
    """Return whether an answer under this path may hold a Secret's data."""
    return "secrets" in path.split("/")


def refusal(status: int, body: bytes, *, method: str, path: str, retry_after: str | None = None) -> ApiError:
    """Return the error of an HTTP status of 300 or more.

    A 404 means NotFoundError only as a Status with that reason: a bare one says that the resource is not served.
    """
    answer = _status_of(body)
    kind = _kind(status, answer)
    message = _message(answer, path)
    text = _text(status, answer, f"{method} {path}", message[:MOST_CHARACTERS])
    error = UnavailableError(text, retry_after=_seconds(retry_after)) if kind is UnavailableError else kind(text)
    error.status, error.server_message = status, message[:MOST_SERVER_MESSAGE]
    # Behind the whole object, which the server quotes with escapes: nothing of it looks like this.
    unknown = _UNKNOWN_FIELD.search(message)
    error.unknown_field = "" if unknown is None else unknown.group(1)
    return error


def unreachable(error: BaseException, *, method: str, path: str) -> UnavailableError:
    """Return the error of an incomplete answer. Its text names only the kind of failure."""
    if isinstance(error, TimeoutError):
        return UnavailableError(f"{method} {path}: no answer in time")
    failed = error.__cause__ if isinstance(error, LibraryError) else error
    return UnavailableError(f"{method} {path}: no answer ({type(failed).__name__})")


def _kind(status: int, answer: Mapping[str, Any]) -> type[ApiError]:
    reason = answer.get("reason")
    by_reason: dict[int, type[ApiError]] = {
        HTTPStatus.NOT_FOUND: NotFoundError if reason == "NotFound" else UnavailableError,
        HTTPStatus.CONFLICT: AlreadyExistsError if reason == "AlreadyExists" else ConflictError,
        HTTPStatus.FORBIDDEN: PolicyDeniedError if _by_our_policy(answer) else ForbiddenError,
        HTTPStatus.GONE: ResourceExpiredError,
        HTTPStatus.UNAUTHORIZED: UnavailableError,
        HTTPStatus.REQUEST_TIMEOUT: UnavailableError,
        HTTPStatus.TOO_MANY_REQUESTS: UnavailableError,
    }
    is_ours = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return by_reason.get(status, InvalidError if is_ours else UnavailableError)


def _text(status: int, answer: Mapping[str, Any], request: str, message: str) -> str:
    reason = str(answer.get("reason", ""))
    if not _REASON.fullmatch(reason):  # a webhook may put anything there
        reason = ""
    said = ": ".join(part for part in (reason, message) if part)
    text = f"{request}: {status} {said}".rstrip()
    if status == HTTPStatus.NOT_FOUND and reason != "NotFound":
        text += ": the resource is not served; are the CRDs installed?"
    return text


def _message(answer: Mapping[str, Any], path: str) -> str:
    """Return the API server's reason; for Secrets, only parts that cannot quote one."""
    message = str(answer.get("message", ""))
    if not concerns_secrets(path):
        return message
    # 409 "UID in record" and the like are known by their reason; anything else may quote the Secret.
    denial = _DENIAL.search(message)
    return denial.group() if denial else ""


def _by_our_policy(answer: Mapping[str, Any]) -> bool:
    return _OUR_POLICY.search(str(answer.get("message", ""))) is not None


def _status_of(body: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) and answer.get("kind") == "Status" else {}


def _seconds(retry_after: str | None) -> float | None:
    """Parse Retry-After: Kubernetes sends whole seconds, never a date."""
    return float(retry_after) if retry_after is not None and retry_after.isdecimal() else None
