"""A gateway as its client sees it, and a server in the place of what it asks."""

from __future__ import annotations

import http.client
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING

from tools.gateways.witness import Seen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler

__all__ = ["HOST", "Gateway", "Passage", "server"]

HOST = "reports.example.com"
"""The name by which clients know the service, in every example."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What came of a request: the gateway's answer, and what the service saw if it was reached."""

    status: int
    challenge: str | None
    retry_after: str | None
    told: Seen | None

    @property
    def seen(self) -> dict[str, str] | None:
        """The headers that the service saw; one that came twice as one."""
        if self.told is None:
            return None
        return {name: ",".join(self.told.values(name)) for name, _ in self.told.headers}

    @property
    def body(self) -> str | None:
        """What the service saw of that."""
        return None if self.told is None else self.told.body.decode("latin-1")


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running gateway on 127.0.0.1."""

    port: int

    def ask(self, *headers: tuple[str, str], method: str = "GET", path: str = "/reports", body: bytes = b"") -> Passage:
        """Send a request with these headers, in their order; one may come twice."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.putrequest(method, path, skip_host=True)
            connection.putheader("Host", HOST)
            if body:
                connection.putheader("Content-Length", str(len(body)))
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders(body or None)
            return _passage(connection.getresponse())
        finally:
            connection.close()

    def send(self, raw: bytes, *, method: str = "GET", seconds: float = 5.0) -> Passage:
        """Send just these bytes, and read one answer; status 0 where none comes in time, or none that is HTTP."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            answer = http.client.HTTPResponse(connection, method=method)
            try:
                connection.sendall(raw)
                answer.begin()
                return _passage(answer)
            except (OSError, http.client.HTTPException):
                return Passage(0, None, None, None)
            finally:
                answer.close()


def _passage(answer: http.client.HTTPResponse) -> Passage:
    body = answer.read()
    return Passage(
        status=answer.status,
        challenge=answer.getheader("WWW-Authenticate"),
        retry_after=answer.getheader("Retry-After"),
        told=Seen.read(body) if body and answer.getheader("X-Reached") == "yes" else None,
    )


@contextmanager
def server(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A server on 127.0.0.1, as `host:port`."""
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{running.server_address[1]}"
    finally:
        running.shutdown()
        running.server_close()
