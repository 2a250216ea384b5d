"""What stands behind a gateway in tests, and what a client says to it: a service that tells what reached it."""

from __future__ import annotations

import http.client
import json
import threading
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["HOST", "Gateway", "Passage", "server", "telling_service"]

HOST = "reports.example.com"
"""The name by which clients know the service, in every example."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What came of a request: the gateway's answer, and the headers and body that the service saw if it was reached."""

    status: int
    challenge: str | None
    retry_after: str | None
    seen: dict[str, str] | None
    body: str | None


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


def _passage(answer: http.client.HTTPResponse) -> Passage:
    body = answer.read()
    told = json.loads(body) if answer.getheader("X-Reached") == "yes" else {}
    return Passage(
        status=answer.status,
        challenge=answer.getheader("WWW-Authenticate"),
        retry_after=answer.getheader("Retry-After"),
        seen=told.get("headers"),
        body=told.get("body"),
    )


class _TellingService(BaseHTTPRequestHandler):
    """Tells the headers and the body that reached it."""

    def do_GET(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = json.dumps({"headers": headers, "body": sent}).encode()
        self.send_response(200)
        self.send_header("X-Reached", "yes")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


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


def telling_service() -> AbstractContextManager[str]:
    """The service, as `host:port`."""
    return server(_TellingService)
