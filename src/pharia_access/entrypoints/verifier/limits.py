"""What a client may cost a verifier, and the last answer on a connection that cost more."""

from dataclasses import dataclass, replace
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from pharia_access.domain.verdict import Refusal
from pharia_access.entrypoints.verifier.answers import HttpAnswer, refusal_answer, render

__all__ = ["BODY_SLACK_FACTOR", "CLOSING", "HANDSHAKES", "LINGER_SECONDS", "UNTAKEN_BYTES", "Closed", "Limits"]

BODY_SLACK_FACTOR: Final = 16
"""The bytes of a body that are read, as a multiple of its bound: a connection closed at once may lose its answer."""
UNTAKEN_BYTES: Final = 2048
"""The bytes of answers that a client may leave untaken, beside the kernel's buffers. With less, each answer's head and
body would be sent apart, which costs a quarter more."""
LINGER_SECONDS: Final = 1.0
"""How long the connection reads and drops bytes after the last answer, for the same reason."""
HANDSHAKES: Final = 128
"""The most TLS handshakes at a port at a time: each may cost 200 KiB before the client shows a certificate."""
_REVIEW_PLACES: Final = 256
"""Connections for API servers: a cluster has few, and each opens several."""
CLOSING: Final = {
    status: render(HttpAnswer(status.value), keep_alive=False)
    for status in (
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.EXPECTATION_FAILED,
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        HTTPStatus.NOT_IMPLEMENTED,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.HTTP_VERSION_NOT_SUPPORTED,
    )
} | {HTTPStatus.UNAUTHORIZED: render(refusal_answer(Refusal.MALFORMED_TOKEN), keep_alive=False)}
"""The last answers of a connection, rendered."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of what a client may cost.

    Attributes:
        head_bytes: request line and headers; as much again of what is neither head nor body: sizes of chunks, trailers.
        body_bytes: a body, decoded.
        request_seconds: from a connection's or a request's first byte to the request's last; for taking answers.
        idle_seconds: between two requests of a connection.
        connections: open at a time at a port, TLS handshakes counted; see `room`.
    """

    head_bytes: int = 16384
    body_bytes: int = 65536
    request_seconds: float = 5.0
    idle_seconds: float = 75.0
    connections: int = 4096

    def behind_tls(self) -> "Limits":
        """Return limits with half the connections: with TLS, a connection may take more than twice the memory."""
        return replace(self, connections=self.connections // 2)

    def for_reviews(self) -> "Limits":
        """Return the limits of the TokenReview port, which always has TLS."""
        return replace(self, connections=min(self.behind_tls().connections, _REVIEW_PLACES))


class Closed(StrEnum):
    """Why the verifier closed a connection, by the name that a metric uses."""

    CROWDED_OUT = "crowded-out"
    """The connection never showed an accepted token, and a newer connection or handshake took its place."""

    NOT_KEPT = "not-kept"
    """The connection showed an accepted token, and the places for such connections are full."""

    LATE = "late"
    """A handshake or a request was not complete in time."""

    IDLE = "idle"
    """The connection was idle for too long."""

    UNTAKEN = "untaken"
    """The client did not take its answers in time."""
