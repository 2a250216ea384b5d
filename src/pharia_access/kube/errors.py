"""Turns what the API server and the client library answer into the leaves of `errors.ApiError`.

Works on status and body, so that the library's `ApiException`, whose text is headers and body, is never made.
A refusal may repeat what was sent: a bad PATCH is answered with the whole object. So texts are cut, and where Secrets
are concerned nothing is passed on but the reason and what RBAC says.
"""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import aiohttp
from kubernetes.aio.client.exceptions import OpenApiException
from kubernetes.aio.config import ConfigException

from pharia_access.errors import (
    AlreadyExistsError,
    ApiError,
    ConflictError,
    DeniedError,
    ExpiredViewError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)

__all__ = ["TRANSPORT_ERRORS", "PolicyDeniedError", "concerns_secrets", "refusal", "unreachable"]

TRANSPORT_ERRORS = (aiohttp.ClientError, OSError, OpenApiException, ConfigException)
"""What a call may raise before an answer is complete; `TimeoutError` and those of TLS are OSErrors."""

MOST_CHARACTERS = 256
"""How much of a Status' message is passed on."""

# From k8s.io/apiserver's `forbiddenMessage`: names only, nothing of the request's body.
_RBAC_DENIAL = re.compile(r"User \"[^\"]*\" cannot [a-z]+ resource \"[^\"]*\" in API group \"[^\"]*\"[^\"]*(\"[^\"]*\")?")


class PolicyDeniedError(DeniedError):
    """An admission policy, not RBAC, refused. Only `kube.secrets` needs to tell them apart."""


def concerns_secrets(path: str) -> bool:
    """Whether an answer under this path may hold a Secret's data."""
    return "secrets" in path.split("/")


def refusal(status: int, body: bytes, *, method: str, path: str, retry_after: str | None = None) -> ApiError:
    """The error that an HTTP status of 300 or more means.

    A 404 means NotFoundError only as a Status with that reason: a bare one says that the resource is not served.
    """
    answer = _status_of(body)
    reason = str(answer.get("reason", ""))
    text = _text(status, answer, method=method, path=path)
    match status:
        case HTTPStatus.NOT_FOUND if reason == "NotFound":
            return NotFoundError(text)
        case HTTPStatus.NOT_FOUND:
            return UnavailableError(f"{text}: the resource is not served; are the CRDs installed?")
        case HTTPStatus.CONFLICT:
            return AlreadyExistsError(text) if reason == "AlreadyExists" else ConflictError(text)
        case HTTPStatus.GONE:
            return ExpiredViewError(text)
        case HTTPStatus.FORBIDDEN:
            return PolicyDeniedError(text) if _by_policy(answer) else DeniedError(text)
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.REQUEST_TIMEOUT | HTTPStatus.TOO_MANY_REQUESTS:
            return UnavailableError(text, retry_after=_seconds(retry_after))
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return InvalidError(text)
    return UnavailableError(text, retry_after=_seconds(retry_after))


def unreachable(error: BaseException, *, method: str, path: str) -> UnavailableError:
    """The error that no complete answer means. Its text names the kind of failure only."""
    if isinstance(error, TimeoutError):
        return UnavailableError(f"{method} {path}: no answer in time")
    return UnavailableError(f"{method} {path}: no answer ({type(error).__name__})")


def _text(status: int, answer: Mapping[str, Any], *, method: str, path: str) -> str:
    reason, message = str(answer.get("reason", "")), str(answer.get("message", ""))
    if concerns_secrets(path):
        # 409 "UID in record" and the like are known by their reason; anything else may quote the Secret.
        denial = _RBAC_DENIAL.search(message)
        message = denial.group() if denial else ""
    said = ": ".join(part for part in (reason, message[:MOST_CHARACTERS]) if part)
    return f"{method} {path}: {status} {said}".rstrip()


def _by_policy(answer: Mapping[str, Any]) -> bool:
    """A policy's denial names causes, RBAC's none; that of a namespace being deleted gives its cause a reason."""
    details = answer.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    if not isinstance(causes, list):
        return False
    return any(isinstance(cause, dict) and "reason" not in cause for cause in causes)


def _status_of(body: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) and answer.get("kind") == "Status" else {}


def _seconds(retry_after: str | None) -> float | None:
    """Kubernetes sends whole seconds, never a date."""
    return float(retry_after) if retry_after is not None and retry_after.isdecimal() else None
