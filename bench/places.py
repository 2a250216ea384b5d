"""The memory that a verifier takes when all its places are taken: `python -m bench places`.

As many connections as may be open, all of one kind, each with as much begun as it may hold, and without TLS or with it.
Writes bench/results/places.md.
"""

from __future__ import annotations

import contextlib
import os
import resource
import secrets
import socket
import ssl
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import trustme

from bench.earlier import CHECKOUT
from bench.meters import machine
from bench.one_client import running_verifier
from bench.report import Target, table, targets, write
from bench.stage import say
from pharia_access.domain.keyring import Digester
from pharia_access.domain.token import mint
from pharia_access.entrypoints.verifier.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["main"]

PLACES = Limits().connections
_PATIENT_SECONDS = 120
_REST_SECONDS = 1.0
_MIB = 2**20
_LIMIT_MIB = 384
"""The chart's limit of a verifier's memory."""
_HOW = f"""\
Written by `python -m bench places`: {PLACES:,} connections of one kind, a fresh verifier for each line, one token.
Clients have {_PATIENT_SECONDS} s for a request here, so that all are there at once; by default they have 5.
"resident" is the verifier's memory with all of them open, "each" what one takes of it; "open" how many stayed: who may
not is closed."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What each connection says, GOOD standing for a token; it then waits."""

    name: str
    said: bytes
    shakes_hands: bool = True


_CHECK = b"GET /auth/nginx HTTP/1.1\r\nHost: v\r\nAuthorization: Bearer GOOD\r\n\r\n"
_WHOAMI = b"GET /whoami HTTP/1.1\r\nHost: v\r\nAuthorization: Bearer GOOD\r\n\r\n"
_HEADERS = b"".join(b"x-%03d: %b\r\n" % (number, b"y" * 115) for number in range(126))
_ASK = b"POST /check_user HTTP/1.1\r\nHost: v\r\nAuthorization: Bearer GOOD\r\nContent-Length: %d\r\n\r\n"
KINDS = (
    Kind("silent", b""),
    Kind("idle after a check", _CHECK),
    Kind("idle after a request of the application", _WHOAMI),
    Kind("a check's head of 16 KiB, but for its end", b"GET /auth/nginx HTTP/1.1\r\nx: " + b"y" * 16_300),
    Kind("another head of 16 KiB, but for its end", b"GET /x HTTP/1.1\r\nx: " + b"y" * 16_300),
    Kind("a target of 16 KiB, but for its end", b"GET /" + b"y" * 16_300),
    Kind("a head of 126 headers, but for its end", b"GET /x HTTP/1.1\r\n" + _HEADERS),
    Kind("a short body, but for its end", _ASK % 2048 + b" " * 2047),
    Kind("a long body, but for its end", _ASK % 65_536 + b" " * 65_535),
    Kind("one answered, then a long head", _WHOAMI + b"GET /x HTTP/1.1\r\n" + _HEADERS),
)
_HANDSHAKES = (
    Kind("a handshake that does not begin", b"", shakes_hands=False),
    Kind("half a hello", b"\x16\x03\x01\x02\x00\x01", shakes_hands=False),
)


def main() -> int:
    """Measure, write, and tell."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with tempfile.TemporaryDirectory(prefix="pharia-access-places-") as folder:
        root = Path(folder)
        token, trusting = _prepare(root)
        rows, peaks = [], []
        for secure in (False, True):
            for kind in (*KINDS, *(_HANDSHAKES if secure else ())):
                say(f"{kind.name}{', TLS' if secure else ''}")
                alone, full, opened = _measure(root, kind, token, trusting if secure else None)
                each = 1024 * (full - alone) / PLACES
                rows.append([kind.name, "TLS" if secure else "TCP", f"{opened:,}", f"{full:.0f}", f"{each:.1f}"])
                peaks.append(full)
    verdict = Target("largest resident memory, MiB, of the chart's limit", max(peaks), at_most=_LIMIT_MIB)
    heads = ["each connection", "over", "open", "resident MiB", "each KiB"]
    write("places", "\n\n".join(["# All places taken", _HOW, machine(2), targets([verdict]), table(heads, rows)]))
    return 0


def _prepare(root: Path) -> tuple[bytes, ssl.SSLContext]:
    key, text = secrets.token_bytes(32), mint("pharia", secrets.token_bytes)
    mac = Digester(key).digest(text.reveal().encode()).hex()
    uid = "6f0c6a3e-0000-4000-8000-000000000000"
    (root / "tokens").write_text(f"{text.token_id} {mac} 2000000000 {uid} team/bot studio-user")
    (root / "key").write_bytes(key)
    authority, trusting = trustme.CA(), ssl.create_default_context()
    authority.configure_trust(trusting)
    leaf = authority.issue_cert("127.0.0.1")
    (root / "tls.crt").write_bytes(leaf.cert_chain_pems[0].bytes())
    (root / "tls.key").write_bytes(leaf.private_key_pem.bytes())
    return text.reveal().encode(), trusting


def _measure(root: Path, kind: Kind, token: bytes, trusting: ssl.SSLContext | None) -> tuple[float, float, int]:
    """MiB alone and with all places taken, and how many connections stayed."""
    tls = () if trusting is None else ("--tls", str(root))
    with running_verifier(root, CHECKOUT, "--request-seconds", str(_PATIENT_SECONDS), *tls) as (port, process):
        verifier = psutil.Process(process.pid)
        alone = verifier.memory_info().rss / _MIB
        shaken = trusting if kind.shakes_hands else None
        with _all_connected(port, kind.said.replace(b"GOOD", token), shaken):
            time.sleep(_REST_SECONDS)
            return alone, verifier.memory_info().rss / _MIB, len(verifier.net_connections("tcp")) - 1


@contextlib.contextmanager
def _all_connected(port: int, said: bytes, trusting: ssl.SSLContext | None) -> Iterator[None]:
    os.sched_setaffinity(0, {1})
    connections: list[socket.socket] = []
    try:
        connections.extend(_connected(port, said, trusting) for _ in range(PLACES))
        yield
    finally:
        for connection in connections:
            connection.close()


def _connected(port: int, said: bytes, trusting: ssl.SSLContext | None) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    if trusting is not None:
        connection = trusting.wrap_socket(connection, server_hostname="127.0.0.1")
    with contextlib.suppress(OSError):  # who may not stay is closed
        connection.sendall(said)
    return connection
