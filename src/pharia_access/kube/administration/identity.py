"""Who the API server takes a person for, asked once before anything else: SelfSubjectReview.

It also lets an exec plugin sign in, and any trouble on the way be told, before a command has begun.
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


async def require_identity(connection: Connection, *, impersonated: str, timeout_seconds: float) -> None:
    """Raise LoginError where requests come from nobody, or not from the one who is to be impersonated.

    `impersonated` is empty where nobody is. Raises UnavailableError without a clear answer.
    """
    user = await _user(connection, impersonated, timeout_seconds)
    if impersonated and user != impersonated:
        msg = f"Requests would not come from {impersonated}, but from {user or 'somebody whom nothing tells'}"
        raise LoginError(msg, "See who you are to the API server: kubectl auth whoami")
    if user == _ANONYMOUS and not impersonated:
        msg = f"There is no login: the API server takes what kubectl sends for {_ANONYMOUS}"
        raise LoginError(msg, "Log in again, or name another context by --context.")


async def _user(connection: Connection, impersonated: str, timeout_seconds: float) -> str:
    """The user's name; empty where neither the review nor a refusal tells it."""
    try:
        answer = await connection.send(Request("POST", _PATH, timeout_seconds, dict(_REVIEW)))
    except ForbiddenError as denied:
        refused = _REFUSED.search(denied.said)
        if refused is None:
            return ""
        # Who is refused to impersonate has tried, which is all that is asked: the next request will tell.
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
