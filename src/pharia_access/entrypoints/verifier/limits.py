"""What a client may cost a verifier, and what it is told at the end of a connection on which it cost more."""

from dataclasses import dataclass, replace
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from pharia_access.domain.verdict import Refusal
from pharia_access.entrypoints.verifier.answers import HttpAnswer, refusal_answer, render

__all__ = ["BODY_SLACK_FACTOR", "CLOSING", "HANDSHAKES", "LINGER_SECONDS", "UNTAKEN_BYTES", "Closed", "Limits"]

BODY_SLACK_FACTOR: Final = 16
"""How many times a body's bound may come: a connection that is closed at once may lose the answer that says why."""
UNTAKEN_BYTES: Final = 2048
"""What a client may leave of its answers, beside what the kernel keeps: some answers. With less, each answer's head and
body would be sent apart, at the cost of a quarter."""
LINGER_SECONDS: Final = 1.0
"""How long what still comes is read and dropped after the last answer, for the same reason."""
HANDSHAKES: Final = 128
"""How many handshakes of TLS may go on at a port: each may cost some 200 KiB, before anybody showed a certificate."""
_REVIEW_PLACES: Final = 256
"""For API servers, of which a cluster has few; each holds some connections."""
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
"""The last answers of a connection, ready to be sent."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may cost.

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
        """Half the connections: at its worst one takes more than twice the memory of one without TLS."""
        return replace(self, connections=self.connections // 2)

    def for_reviews(self) -> "Limits":
        """What the port of TokenReviews allows, which has TLS always."""
        return replace(self, connections=min(self.behind_tls().connections, _REVIEW_PLACES))


class Closed(StrEnum):
    """Why a connection was closed that its client might have gone on with, as a metric names it."""

    CROWDED_OUT = "crowded-out"
    """It never showed an accepted token, and a newer one took its place, or that of its handshake."""

    NOT_KEPT = "not-kept"
    """It showed one and was answered; but as many such connections are kept as may be."""

    LATE = "late"
    """A handshake, or a request, was not whole in time."""

    IDLE = "idle"
    """Nothing came for as long as it may be idle."""

    UNTAKEN = "untaken"
    """Answers were not taken in time."""
