"""What requests are in a stream of bytes, as h11 reads them: another parser than the verifier's, by the same RFCs."""

from __future__ import annotations

from dataclasses import dataclass

import h11

__all__ = ["Seen", "reference_heads"]


@dataclass(frozen=True, slots=True)
class Seen:
    """A request; `body` is None where it is not whole: more of it is to come, or it is malformed."""

    method: bytes
    target: bytes
    authorizations: tuple[bytes, ...]
    body: bytes | None


def reference_heads(stream: bytes) -> list[Seen]:
    """All requests, up to the first that is malformed, or after which the connection is closed.

    The last one too where only its head is whole: that may be enough for an answer.
    """
    found: list[Seen] = []
    while True:
        # RFC 9112 section 2.2 lets a server skip line ends before a request; h11 does not.
        stream = stream.lstrip(b"\r\n")
        connection = h11.Connection(h11.SERVER)
        connection.receive_data(stream)
        try:
            seen = _next(connection)
        except h11.RemoteProtocolError:
            return found
        if seen is None:
            return found
        found.append(seen)
        if seen.body is None:
            return found
        if connection.our_state is not h11.IDLE and connection.our_state is not h11.SEND_RESPONSE:
            return found
        stream = _rest(connection)
        if not stream:
            return found


def _next(connection: h11.Connection) -> Seen | None:
    request = connection.next_event()
    if not isinstance(request, h11.Request):
        return None
    values = tuple(value for name, value in request.headers if name == b"authorization")
    return Seen(request.method, request.target, values, _body(connection))


def _body(connection: h11.Connection) -> bytes | None:
    body = b""
    try:
        while isinstance(event := connection.next_event(), h11.Data):
            body += event.data
    except h11.RemoteProtocolError:
        return None
    return body if isinstance(event, h11.EndOfMessage) else None


def _rest(connection: h11.Connection) -> bytes:
    """What follows, if the connection stays open after the answer."""
    connection.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
    connection.send(h11.EndOfMessage())
    if connection.our_state is h11.MUST_CLOSE:
        return b""
    rest, _ = connection.trailing_data
    return bytes(rest)
