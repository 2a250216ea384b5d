"""A client that opens a websocket through a gateway and sends one message (RFC 6455); no more of the protocol."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tools.gateways.protected_service import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Websocket", "opened"]

_MASKED: Final = b"\x81\x85\x00\x00\x00\x00hello"
"""A client's text message."""
_OFFER: Final = (
    *("Connection: Upgrade", "Upgrade: websocket"),
    *("Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
)


@dataclass(frozen=True, slots=True)
class Websocket:
    """What came of the offer.

    Attributes:
        status: of the answer; 101 where it is open.
        subject: whose request the service saw.
    """

    status: int
    subject: str | None
    connection: socket.socket

    def says_back(self) -> bool:
        """Whether a message that is sent now comes back; the service of the tests does that."""
        try:
            self.connection.sendall(_MASKED)
            received = b""
            while len(received) < len(_MASKED) and (more := self.connection.recv(1024)):
                received += more
        except OSError:
            return False
        return received == _MASKED


@contextmanager
def opened(port: int, token: str | None, *lines: str, path: str = "/reports") -> Iterator[Websocket]:
    """Offer a websocket to a gateway on 127.0.0.1, with these header lines besides."""
    bearer = () if token is None else (f"Authorization: Bearer {token}",)
    head = "\r\n".join([f"GET {path} HTTP/1.1", f"Host: {HOST}", *bearer, *_OFFER, *lines, "", ""])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head.encode("latin-1"))
        received = b""
        while b"\r\n\r\n" not in received and (more := connection.recv(1)):
            received += more
        status, *fields = received.decode("latin-1").rstrip("\r\n").split("\r\n")
        named = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        yield Websocket(int(status.split()[1]), named.get("x-auth-seen"), connection)
