"""The memory that a verifier takes when all its places are taken: `python -m bench places`.

As many connections as `maxConnections` says, all of one kind, each with as much begun as it may hold; without TLS, with
it, and at the port of TokenReviews. Writes bench/results/places.md.
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
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import trustme

from bench.bench_cluster import say
from bench.checks.one_client import running_verifier
from bench.meters import machine
from bench.report import Target, table, targets, write
from pharia_access.domain.keyring import Digester
from pharia_access.domain.token import mint
from pharia_access.entrypoints.verifier.limits import Limits
from tools.control_plane.processes import free_port

__all__ = ["main"]

PLACES = Limits().connections
_PATIENT_SECONDS = 120
_REST_SECONDS = 1.0
_MIB = 2**20
_LIMIT_MIB = 384
"""The chart's limit of a verifier's memory."""
_REVIEWS = 1024
"""Of what comes to the port of TokenReviews: four times its places."""
_HOW = f"""\
Written by `python -m bench places`: {PLACES:,} connections of one kind come, to a fresh verifier for each line, with
one token. Clients have {_PATIENT_SECONDS} s for a request here, so that all are there at once; by default they have 5.
"resident" is the verifier's memory when all have come, "each" what one that stayed takes of it; "open" how many
stayed: who may not is closed. A TLS port has half the places, that of TokenReviews at most 256, and few handshakes go
on at a time. To the port of TokenReviews {_REVIEWS:,} come. "A large half hello" announces 120,000 bytes and ends after
110,000. The last line is the worst of all at once: {PLACES:,} targets but for their end to a TLS port of checks, then
{PLACES:,} large half hellos to each port, then 256 targets, of a client with a certificate, to that of TokenReviews."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What each connection says, GOOD standing for a token; it then waits."""

    name: str
    said: bytes
    shakes_hands: bool = True
    reviews: bool = False
    """To the port of TokenReviews."""
    count: int = PLACES


_CHECK = b"GET /auth/nginx HTTP/1.1\r\nHost: v\r\nAuthorization: Bearer GOOD\r\n\r\n"
_WHOAMI = b"GET /whoami HTTP/1.1\r\nHost: v\r\nAuthorization: Bearer GOOD\r\n\r\n"
_HEADERS = b"".join(b"x-%03d: %b\r\n" % (number, b"y" * 115) for number in range(126))
_ASK = b"POST /check_user HTTP/1.1\r\nHost: v\r\nAuthorization: Bearer GOOD\r\nContent-Length: %d\r\n\r\n"
_TARGET = b"GET /" + b"y" * 16_300
KINDS = (
    Kind("silent", b""),
    Kind("idle after a check", _CHECK),
    Kind("idle after a request of the application", _WHOAMI),
    Kind("a check's head of 16 KiB, but for its end", b"GET /auth/nginx HTTP/1.1\r\nx: " + b"y" * 16_300),
    Kind("another head of 16 KiB, but for its end", b"GET /x HTTP/1.1\r\nx: " + b"y" * 16_300),
    Kind("a target of 16 KiB, but for its end", _TARGET),
    Kind("a head of 126 headers, but for its end", b"GET /x HTTP/1.1\r\n" + _HEADERS),
    Kind("a short body, but for its end", _ASK % 2048 + b" " * 2047),
    Kind("a long body, but for its end", _ASK % 65_536 + b" " * 65_535),
    Kind("one answered, then a long head", _WHOAMI + b"GET /x HTTP/1.1\r\n" + _HEADERS),
)
_RECORD = b"\x16\x03\x01" + (16_000).to_bytes(2)
_LARGE = (_RECORD + b"\x01" + (120_000).to_bytes(3) + bytes(15_996) + 6 * (_RECORD + bytes(16_000)))[:110_000]
_HANDSHAKES = (
    Kind("a handshake that does not begin", b"", shakes_hands=False),
    Kind("half a hello", b"\x16\x03\x01\x02\x00\x01", shakes_hands=False),
    Kind("a large half hello", _LARGE, shakes_hands=False),
)
_AT_REVIEWS = tuple(
    replace(kind, reviews=True, count=_REVIEWS) for kind in (*_HANDSHAKES, Kind("a target, but for its end", _TARGET))
)
_TOGETHER = (
    Kind("all at once", _TARGET),
    _HANDSHAKES[2],
    replace(_AT_REVIEWS[2], count=PLACES),
    replace(_AT_REVIEWS[3], count=256),
)
_CASES = (
    *(("TCP", (kind,)) for kind in KINDS),
    *(("TLS", (kind,)) for kind in (*KINDS, *_HANDSHAKES)),
    *(("TLS, TokenReviews", (kind,)) for kind in _AT_REVIEWS),
    ("TLS, both ports", _TOGETHER),
)


def main() -> int:
    """Measure, write, and tell."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with tempfile.TemporaryDirectory(prefix="pharia-access-places-") as folder:
        root = Path(folder)
        token, trusting = _prepare(root)
        rows, peaks = [], []
        for over, kinds in _CASES:
            alone, full, opened = _measure(root, kinds, token, None if over == "TCP" else trusting)
            say(f"{kinds[0].name}, {over}: {opened:,} open, {full:.0f} MiB")
            each = 1024 * (full - alone) / max(1, opened)
            rows.append([kinds[0].name, over, f"{opened:,}", f"{full:.0f}", f"{each:.1f}"])
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
    authority.cert_pem.write_to_path(str(root / "ca.crt"))
    leaf.configure_cert(trusting)
    return text.reveal().encode(), trusting


def _measure(
    root: Path, kinds: tuple[Kind, ...], token: bytes, trusting: ssl.SSLContext | None
) -> tuple[float, float, int]:
    """MiB alone and with all places taken, and how many connections stayed."""
    reviews = free_port()
    tls = () if trusting is None else ("--tls", str(root), "--reviews", str(reviews))
    os.sched_setaffinity(0, {1})
    with (
        running_verifier(root, "--request-seconds", str(_PATIENT_SECONDS), *tls) as (checks, process),
        contextlib.ExitStack() as connections,
    ):
        verifier = psutil.Process(process.pid)
        alone = verifier.memory_info().rss / _MIB
        for kind in kinds:
            said, shaken = kind.said.replace(b"GOOD", token), trusting if kind.shakes_hands else None
            for _ in range(kind.count):
                connections.enter_context(_connected(reviews if kind.reviews else checks, said, shaken))
        time.sleep(_REST_SECONDS)
        stayed = [one for one in verifier.net_connections("tcp") if one.status != psutil.CONN_LISTEN]
        return alone, verifier.memory_info().rss / _MIB, len(stayed)


def _connected(port: int, said: bytes, trusting: ssl.SSLContext | None) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    with contextlib.suppress(OSError):  # who may not stay is closed
        if trusting is not None:
            connection = trusting.wrap_socket(connection, server_hostname="127.0.0.1")
        connection.sendall(said)
    return connection
