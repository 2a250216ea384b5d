"""Asks the API server about one ServiceAccount's token, by a TokenReview (authentication.k8s.io/v1).

The API server looks for what the token is bound to: the pod, the ServiceAccount. It keeps an answer for 10 s.
"""

from typing import Final

import msgspec

from pharia_access.domain.holders import audience_of
from pharia_access.domain.verification.service_accounts import Claims
from pharia_access.errors import UnavailableError
from pharia_access.kube.connection import Connection
from pharia_access.kube.http import Request

__all__ = ["KubeTokenReviewer"]

_PATH: Final = "/apis/authentication.k8s.io/v1/tokenreviews"


class _User(msgspec.Struct):
    username: str = ""
    uid: str = ""


class _Status(msgspec.Struct):
    authenticated: bool = False
    audiences: list[str] = []
    user: _User | None = None


class _TokenReview(msgspec.Struct):
    status: _Status


class KubeTokenReviewer:
    """Answers `services.verifier.token_reviews.Reviewer`."""

    def __init__(self, connection: Connection, *, timeout_seconds: float) -> None:
        self._connection, self._timeout = connection, timeout_seconds

    async def review(self, presented: bytes, claims: Claims) -> bool:
        """Tell whether the token is good for its audience, and its ServiceAccount's. Raises the leaves of ApiError."""
        audience = audience_of(claims.credential)
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": presented.decode("ascii"), "audiences": [audience]},
        }
        status = _status_in(await self._connection.send(Request("POST", _PATH, self._timeout, body)))
        return (
            status.authenticated
            and audience in status.audiences
            and status.user is not None
            and status.user.username == f"system:serviceaccount:{claims.namespace}:{claims.name}"
            and status.user.uid == claims.uid
        )


def _status_in(text: bytes) -> _Status:
    try:
        return msgspec.json.decode(text, type=_TokenReview).status
    except (msgspec.DecodeError, msgspec.ValidationError):
        # Not chained: such an error may name what it read, and the answer repeats the token.
        message = "a TokenReview cannot be read: the API server's answer is none"
    raise UnavailableError(message)
