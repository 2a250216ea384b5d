"""Connections that a verifier should not suffer from: `python -m bench.checks.strangers`.

Runs beside what `pipelines` measures.
One process, so many connections at a time; one that is closed is opened again a moment later.
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass, field

from bench.checks.one_client import options_of_others

__all__ = ["KINDS"]

_AGAIN_SECONDS = 0.1
_MODEST_SECONDS = 0.001
_REQUEST = b"GET /x HTTP/1.1\r\nHost: v\r\n\r\n"
_QUESTION = b'{"permissions":[' + b",".join([b'{"permission":"' + b"x" * 200 + b'"}'] * 200) + b"]}"
_ASKED = b"POST /check_user HTTP/1.1\r\nHost: v\r\nAuthorization: Bearer %b\r\nContent-Length: %d\r\n\r\n%b"
_ENDLESS = b"POST /check_user HTTP/1.1\r\nHost: v\r\nContent-Length: 1000000000000\r\n\r\n"
_CHUNKED = b"POST /auth/forward HTTP/1.1\r\nHost: v\r\nTransfer-Encoding: chunked\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Kind:
    """What is sent again and again behind the beginning.

    Attributes:
        reads: whether what comes back is read.
        modest: sends one piece at a time and waits a millisecond; else as much as goes.
    """

    again: bytes
    beginning: bytes = b""
    reads: bool = False
    modest: bool = False


KINDS = {
    "pipelining, not reading": Kind(_REQUEST * 3000),
    "pipelining, reading": Kind(_REQUEST * 3000, reads=True),
    "one request after the other, not reading": Kind(b"", modest=True),
    "bodies without end": Kind(b"x" * 65536, beginning=_ENDLESS, reads=True),
    "chunks of a byte": Kind(b"1\r\nx\r\n" * 10_000, beginning=_CHUNKED, reads=True),
    "heads of empty headers": Kind(b"GET /x HTTP/1.1\r\nHost: v\r\n" + b"a:\r\n" * 4000, reads=True),
}
"""The third asks what its token may do, and gets back all that it asked."""


@dataclass(slots=True)
class Stranger:
    """One connection, opened again where it is closed."""

    kind: Kind
    port: int
    connection: socket.socket | None = None
    unsent: bytes = b""
    next_at: float = field(default=0.0)

    def act(self, now: float) -> None:
        """Do what can be done now."""
        if now < self.next_at:
            return
        try:
            self._act(now)
        except BlockingIOError:
            pass
        except OSError:
            self._close(now)

    def _act(self, now: float) -> None:
        if self.connection is None:
            self.connection = socket.create_connection(("127.0.0.1", self.port), timeout=1)
            self.connection.setblocking(False)  # noqa: FBT003 - the library's signature
            self.unsent = self.kind.beginning
        if self.kind.reads and self._ended():
            self._close(now)
            return
        self.unsent = self.unsent or self.kind.again
        self.unsent = self.unsent[self.connection.send(self.unsent) :]
        if self.kind.modest:
            self.next_at = now + _MODEST_SECONDS

    def _ended(self) -> bool:
        try:
            return self.connection is not None and not self.connection.recv(1 << 20)
        except BlockingIOError:
            return False

    def _close(self, now: float) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection, self.next_at = None, now + _AGAIN_SECONDS


def main() -> None:
    """Until killed."""
    options = options_of_others(KINDS)
    kind = KINDS[options.kind]
    if not kind.again:
        asked = _ASKED % (options.token.encode(), len(_QUESTION), _QUESTION)
        kind = Kind(asked, modest=True)
    strangers = [Stranger(kind, options.port) for _ in range(options.count)]
    while True:
        now = time.monotonic()
        for stranger in strangers:
            stranger.act(now)
        time.sleep(_MODEST_SECONDS)


if __name__ == "__main__":
    main()
