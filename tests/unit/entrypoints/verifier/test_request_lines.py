"""What a request line may say: HTTP, in a version that is spoken here; wherever the line stands, however it comes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pharia_access.entrypoints.verifier.limits import Limits
from pharia_access.entrypoints.verifier.targets import RequestLines
from tests.support.verifier.memory_transport import MemoryTransport
from tests.support.verifier.messages import AUTH, filled, message
from tests.support.verifier.verifier_server import VerifierServer

if TYPE_CHECKING:
    from collections.abc import Sequence

BOTH = pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
HTTPS = """
DELETE GET HEAD POST PUT OPTIONS TRACE COPY LOCK MKCOL MOVE PROPFIND PROPPATCH SEARCH UNLOCK BIND REBIND UNBIND ACL
REPORT MKACTIVITY CHECKOUT MERGE M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE PATCH PURGE MKCALENDAR LINK UNLINK SOURCE QUERY
"""
RTSPS = "DESCRIBE ANNOUNCE SETUP PLAY PAUSE TEARDOWN GET_PARAMETER SET_PARAMETER REDIRECT RECORD FLUSH"
NO_REQUESTS = {"CONNECT", "PRI", *RTSPS.split()}
METHODS = (*HTTPS.split(), *sorted(NO_REQUESTS))
"""All that the parser knows, of whatever protocol."""
PROTOCOLS = ("RTSP", "ICE", "HTTPS", "HTT", "SIP", "http", "Http", "rtsp", "H", "", "XHTTP", "/HTTP", "S-HTTP", "HTTQ")
"""`RTSP` and `ICE` are those that the parser takes, each with some methods."""
VERSIONS = {"0.9": 505, "2.0": 505, "1.2": 400, "1.9": 400, "3.0": 400, "1": 400, "11": 400, "1.11": 400, "1,1": 400,
            "+1.1": 400, "1.": 400, ".1": 400, "": 400, "01.1": 400, "1.1x": 400}  # fmt: skip
"""And how a request of it is refused."""
STARTS = {"alone": "", "behind line ends": "\r\n" * 100, "behind many": "\r\n" * 4000}
CHECK = message("GET /auth/nginx", AUTH)


def line_of(method: str, protocol: str, *, target: str = "/auth/envoy/any/-/a#z", blanks: str = " ") -> str:
    return f"{method}{blanks}{target}{blanks}{protocol}\r\nHost: v\r\n{AUTH}\r\n\r\n"


def told(sent: str, *, fast: bool, by_byte: bool = False) -> tuple[list[int], bool]:
    """The answers without the application, and whether the connection is closed."""
    server = VerifierServer()
    raw = filled(sent, server)
    transport = MemoryTransport(server, fast=fast)
    for packet in [raw[at : at + 1] for at in range(len(raw))] if by_byte else [raw]:
        transport.feed(packet)
    return transport.statuses(), transport.closed


async def talked(packets: Sequence[str], *, fast: bool) -> tuple[list[int], bool]:
    server = VerifierServer()
    transport = MemoryTransport(server, fast=fast)
    await transport.talk(filled("|".join(packets), server).split(b"|"))
    return transport.statuses(), transport.closed


@BOTH
@pytest.mark.parametrize("by_byte", [False, True], ids=["whole", "byte by byte"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_other_protocol_is_read_as_http_whatever_the_method(protocol: str, *, by_byte: bool, fast: bool) -> None:
    for method in METHODS:
        for version in ("1.0", "1.1"):
            sent = line_of(method, f"{protocol}/{version}")
            assert told(sent, fast=fast, by_byte=by_byte) == ([400], True), (method, version)


@BOTH
@pytest.mark.parametrize("protocol", ["RTSP/1.0", "ICE/1.0", "SIP/2.0"])
@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
@pytest.mark.parametrize("blanks", [" ", " " * 3000], ids=["one blank", "many blanks"])
async def test_so_it_is_wherever_the_line_stands(start: str, blanks: str, protocol: str, *, fast: bool) -> None:
    """Behind a check, behind another request, behind bodies of both kinds, in the same packet or in the next."""
    chunks = message("POST /auth/forward", AUTH, "Transfer-Encoding: chunked") + "1\r\nx\r\n0\r\n\r\n"
    for method in ("POST", "SOURCE", "OPTIONS"):
        for first in ("", CHECK, message("GET /whoami", AUTH), message("POST /auth/forward", AUTH, body="x"), chunks):
            other = start + line_of(method, protocol, blanks=blanks)
            answered = [200] if first else []
            for packets in ([first + other], [first, other]):
                heard = await talked([packet for packet in packets if packet], fast=fast)
                assert heard == ([*answered, 400], True), (method, first, packets)


@BOTH
@pytest.mark.parametrize(("version", "status"), VERSIONS.items(), ids=[f"HTTP {one}" for one in VERSIONS])
def test_another_version_is_refused(version: str, status: int, *, fast: bool) -> None:
    for by_byte in (False, True):
        sent = line_of("GET", f"HTTP/{version}")
        assert told(sent, fast=fast, by_byte=by_byte) == ([status], True), by_byte


@BOTH
async def test_every_method_of_http_is_read_and_none_of_another_protocol(*, fast: bool) -> None:
    for method in METHODS:
        status, closed = (400, True) if method in NO_REQUESTS else (200, False)
        sent = message(f"{method} /auth/forward", AUTH)
        assert await talked([sent], fast=fast) == ([status], closed), method


@BOTH
@given(
    protocol=st.text(st.sampled_from("HTPSRIChtp/1.0 \t"), max_size=9),
    method=st.sampled_from(METHODS),
    cuts=st.lists(st.integers(0, 200), max_size=4),
)
@example(protocol="RTSP/1.0", method="POST", cuts=[])
@example(protocol="ICE/1.0", method="SOURCE", cuts=[30])
def test_what_a_reference_does_not_read_is_not_read_here(
    protocol: str, method: str, cuts: list[int], *, fast: bool
) -> None:
    server = VerifierServer()
    raw = filled(line_of(method, protocol, target="/auth/forward"), server)
    transport = MemoryTransport(server, fast=fast)
    places = sorted({0, len(raw), *(at for at in cuts if at < len(raw))})
    for start, end in pairwise(places):
        transport.feed(raw[start:end])

    began = bool(transport.port.tasks) or 200 in transport.statuses()
    assert not began or reference_reads(raw.replace(b"  ", b" "))
    for task in transport.port.tasks:
        task.cancel()


def reference_reads(raw: bytes) -> bool:
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(raw)
    try:
        return isinstance(connection.next_event(), h11.Request)
    except h11.RemoteProtocolError:
        return False


@BOTH
@pytest.mark.parametrize("sent", ["PRI *", "PRI * HTTP/2.0\r\n\r\n", "PRI /x HTTP/1.1\r\n\r\n", "\r\nPRI  /"])
def test_the_beginning_of_the_preface_of_http2_is_not_waited_for(sent: str, *, fast: bool) -> None:
    for by_byte in (False, True):
        assert told(sent, fast=fast, by_byte=by_byte) == ([400], True)


@BOTH
@pytest.mark.parametrize("begun", ["PR", "PRI ", "GET /auth/nginx HT", "\r\n\r\n", "GET /auth/nginx", "GET" + " " * 9])
async def test_a_line_that_goes_on_has_the_time_of_a_request_and_no_more(begun: str, *, fast: bool) -> None:
    transport = MemoryTransport(VerifierServer(), fast=fast)
    ends = transport.protocol.deadline
    for byte in begun:
        transport.feed(byte.encode())
        assert transport.protocol.deadline <= ends + 1
    assert not transport.protocol.close_if_overdue(ends - 0.1)

    assert transport.protocol.close_if_overdue(transport.protocol.loop.time() + Limits().request_seconds + 1)
    assert transport.closed


@pytest.mark.parametrize("start", [b"", b"GET", b"GET ", b"GET /x", b"GET /x "])
def test_a_line_that_comes_byte_by_byte_keeps_nothing_but_its_target(start: bytes) -> None:
    lines = RequestLines()
    lines.read(b"GET /x HTTP/1.1\r\n", at_beginning=True)
    lines.read(start, at_beginning=True)
    for _ in range(20_000):
        lines.read(b" " if start else b"\r", at_beginning=not start)

    assert not lines.is_foreign
    assert lines.unsound is None
