"""Asks the API server once, before anything else, who the person is: SelfSubjectReview.

This also runs an exec plugin and reports connection errors before a command begins.
"""

import re
from http import HTTPStatus
from typing import Final

import msgspec

from pharia_access.errors import ForbiddenError, LoginError, UnavailableError
from pharia_access.kube.connection import Connection
from pharia_access.kube.http import Request

__all__ = ["require_identity"]

_PATH: Final = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_REVIEW: Final = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
_ANONYMOUS: Final = "system:anonymous"
_REFUSED: Final = re.compile(r'User "(?P<user>[^"]*)" cannot (?P<verb>\S+) ')


class _UserInfo(msgspec.Struct):
    username: str = ""


class _Status(msgspec.Struct):
    user: _UserInfo = msgspec.field(name="userInfo", default_factory=_UserInfo)


class _Review(msgspec.Struct):
    status: _Status = msgspec.field(default_factory=_Status)


_decoder: Final = msgspec.json.Decoder(_Review)


async def require_identity(connection: Connection, *, impersonated: str, timeout_seconds: float) -> str:
    """Return the user's name, empty where it is not told.

    Raises LoginError if requests are anonymous, or not from the impersonated user, where `impersonated` names one.
    Raises UnavailableError without a clear answer.
    """
    user = await _user(connection, impersonated, timeout_seconds)
    if impersonated and user != impersonated:
        msg = f"Impersonation failed: the API server sees {user or 'an unknown user'}, not {impersonated}"
        raise LoginError(msg, "Run kubectl auth whoami to see who you are to the API server.")
    if user == _ANONYMOUS and not impersonated:
        msg = f"Not logged in: the API server treats kubectl's requests as {_ANONYMOUS}"
        raise LoginError(msg, "Log in again, or choose another context with --context.")
    return user


async def _user(connection: Connection, impersonated: str, timeout_seconds: float) -> str:
    """Return the user's name; empty if neither the review nor a refusal contains it."""
    try:
        answer = await connection.send(Request("POST", _PATH, timeout_seconds, dict(_REVIEW)))
    except ForbiddenError as denied:
        refused = _REFUSED.search(denied.server_message)
        if refused is None:
            return ""
        # A refused impersonation was at least tried, which is all we ask here: the next request fails with the reason.
        return impersonated if refused["verb"].startswith("impersonate") else refused["user"]
    except UnavailableError as error:
        if error.status != HTTPStatus.NOT_FOUND:  # which says that this is no API server, or one before 1.28
            raise
        return ""
    return _name(answer)


def _name(answer: bytes) -> str:
    try:
        return _decoder.decode(answer).status.user.username
    except msgspec.DecodeError:
        return ""
