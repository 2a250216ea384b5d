"""Stands between a client and the verifier, behind TLS: notes how clients ask, and plays what may go wrong there."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bench.introspection.certificates import Certificates

__all__ = ["FAULTS", "Relay", "relay"]

_HANG_SECONDS = 45.0
_HOPS = {"host", "content-length", "transfer-encoding", "connection", "upgrade", "http2-settings"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of a client; names of headers in lower case."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def way(self) -> str:
        """How the caller says who it is, and the fields of the form: no value but that of the ID."""
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        fields = [name for name, _ in parse_qsl(self.body.decode("latin-1"), keep_blank_values=True)]
        if scheme.lower() == "basic":
            name, _, secret = base64.b64decode(value).decode("latin-1").partition(":")
            scheme = f"`client_secret_basic`, ID `{name}`, secret {'percent-encoded' if '%' in secret else 'as it is'}"
        elif "client_secret" in fields:
            scheme = "`client_secret_post`"
        return f"{scheme}; form: {', '.join(fields)}"


@dataclass(frozen=True, slots=True)
class Told:
    """An answer; `sent`: so many bytes of the body, then the connection ends."""

    status: int
    body: bytes = field(repr=False)
    media_type: str = "application/json"
    sent: int | None = None


@dataclass(slots=True)
class Relay:
    """A running relay.

    Attributes:
        address: host and port.
        verifier: the same of the verifier.
        context: how its certificate is checked.
        secret: the caller's token.
        fault: one of FAULTS, by name; empty: the verifier's answers as they are.
        ways: how the clients asked.
        ended: set at the end; whoever hangs goes on then.
        closers: what ends it, the last first.
    """

    address: str
    verifier: str
    context: ssl.SSLContext = field(repr=False)
    secret: str = field(repr=False)
    fault: str = ""
    ways: set[str] = field(default_factory=set)
    ended: threading.Event = field(default_factory=threading.Event)
    closers: list[Callable[[], None]] = field(default_factory=list, repr=False)

    def close(self) -> None:
        """Refuse connections from now on."""
        self.ended.set()
        while self.closers:
            self.closers.pop()()

    def answer(self, asked: Asked) -> Told:
        """What the client is told."""
        if asked.method == "POST":
            self.ways.add(asked.way)
        if self.fault and asked.method == "POST":
            return FAULTS[self.fault](self, asked)
        told = self.ask(asked)
        # The metadata name the verifier, and clients compare.
        return replace(told, body=told.body.replace(self.verifier.encode(), self.address.encode()))

    def ask(self, asked: Asked) -> Told:
        """Ask the verifier."""
        connection = http.client.HTTPSConnection(self.verifier, timeout=10, context=self.context)
        try:
            headers = {name: value for name, value in asked.headers.items() if name not in _HOPS}
            connection.request(asked.method, asked.path, body=asked.body or None, headers=headers)
            response = connection.getresponse()
            return Told(response.status, response.read(), response.getheader("content-type", ""))
        finally:
            connection.close()


def _both_ways(relay: Relay, asked: Asked) -> Told:
    basic = base64.b64encode(f"finance%2Fintrospector:{relay.secret}".encode()).decode()
    body = asked.body
    if b"client_secret=" not in body:
        body += f"&client_secret={relay.secret}".encode()
    return relay.ask(replace(asked, headers={**asked.headers, "authorization": f"Basic {basic}"}, body=body))


def _cut(relay: Relay, asked: Asked) -> Told:
    """The answer that would let in, up to its middle."""
    told = relay.ask(asked)
    return replace(told, sent=len(told.body) // 2)


def _fails_with_the_good_answer(relay: Relay, asked: Asked) -> Told:
    return replace(relay.ask(asked), status=HTTPStatus.INTERNAL_SERVER_ERROR)


def _cannot_tell(_: Relay, __: Asked) -> Told:
    """What the verifier says while its view is too old."""
    body = {"error": "temporarily_unavailable", "error_description": "The verifier cannot answer now: ask again"}
    return Told(HTTPStatus.SERVICE_UNAVAILABLE, json.dumps(body).encode())


def _other_service(_: Relay, __: Asked) -> Told:
    return Told(HTTPStatus.OK, b"<html><body>Welcome</body></html>", "text/html")


def _says_it_in_a_string(relay: Relay, asked: Asked) -> Told:
    """`active` as a text: a client that asks only whether there is something would let in."""
    facts = json.loads(relay.ask(asked).body)
    return Told(HTTPStatus.OK, json.dumps({**facts, "active": "false"}).encode())


def _says_nothing(relay: Relay, _: Asked) -> Told:
    relay.ended.wait(_HANG_SECONDS)
    return Told(HTTPStatus.SERVICE_UNAVAILABLE, b"")


FAULTS: Mapping[str, Callable[[Relay, Asked], Told]] = {
    "both ways at once": _both_ways,
    "503, it cannot tell": _cannot_tell,
    "the answer is cut": _cut,
    "500 with the good answer": _fails_with_the_good_answer,
    "another service answers": _other_service,
    '`"active": "false"`': _says_it_in_a_string,
    "no answer comes": _says_nothing,
}
"""What may go wrong on the way, each with a good token that the client has not asked about before."""


@contextmanager
def relay(certificates: Certificates, verifier: str, secret: str) -> Iterator[Relay]:
    """One on a free port of 127.0.0.1."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.socket = certificates.server().wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=True
    )
    running = Relay(f"127.0.0.1:{server.server_address[1]}", verifier, certificates.client(), secret)
    _Handler.relay = running
    running.closers = [server.server_close, server.shutdown]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield running
    finally:
        running.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    relay: Relay

    def do_POST(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        told = self.relay.answer(Asked(self.command, self.path, headers, self._body()))
        self.send_response(told.status)
        self.send_header("Content-Type", told.media_type)
        self.send_header("Content-Length", str(len(told.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(told.body[: told.sent])
        self.close_connection = True

    do_GET = do_POST  # noqa: N815 - as above

    def _body(self) -> bytes:
        """Of a request, whole or in chunks."""
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return parts

    def log_message(self, *_: object) -> None:
        """Keep quiet."""
