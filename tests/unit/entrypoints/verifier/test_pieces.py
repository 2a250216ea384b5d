"""Bounds are exact on the wire: a byte more or less decides, and how bytes come in packets does not."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.entrypoints.verifier.limits import Limits
from pharia_access.entrypoints.verifier.pieces import Pieces
from tests.support.verifier.both_ways import BOTH
from tests.support.verifier.memory_transport import MemoryTransport
from tests.support.verifier.messages import AUTH, UP, chunked, filled, message
from tests.support.verifier.verifier_server import VerifierServer

pytestmark = pytest.mark.no_cover
"""Many examples of code that other tests cover: tracing them takes twice as long again."""


LIMITS = Limits(head_bytes=2048)
CHECK = message("GET /auth/nginx", AUTH)
BODY = message("POST /auth/forward", AUTH, body="x" * 3000)
CHUNKS = chunked("POST /auth/forward", AUTH, body="x" * 3000)
BEFORE = {
    "nothing": "",
    "a check": CHECK,
    "a request of the application": message("GET /whoami", AUTH),
    "a body that has a length": BODY,
    "a body in chunks": CHUNKS,
    "a trailer": chunked("POST /auth/forward", AUTH, body="x", trailers=("X: y",)),
    "an offer to upgrade": message("POST /auth/forward", AUTH, UP, body="x"),
}
LONG_ONES = {
    "a header": lambda length: _padded("GET /auth/nginx HTTP/1.1\r\nHost: v\r\nX: %\r\n", length),
    "a header in many blanks": lambda length: _padded("GET /auth/nginx HTTP/1.1\r\nHost: v\r\nX:%\r\n", length, " "),
    "a target": lambda length: _padded("GET /auth/envoy/any/-/% HTTP/1.1\r\nHost: v\r\n", length),
    "blanks in the line": lambda length: _padded("GET%/auth/nginx HTTP/1.1\r\nHost: v\r\n", length, " "),
    "an offer to upgrade": lambda length: _padded(f"GET /auth/nginx HTTP/1.1\r\nHost: v\r\n{UP}\r\nX: %\r\n", length),
    "a body that follows": lambda length: (
        _padded("POST /auth/forward HTTP/1.1\r\nHost: v\r\nContent-Length: 3000\r\nX: %\r\n", length) + "x" * 3000
    ),
    "line ends before": lambda length: _padded("%GET /auth/nginx HTTP/1.1\r\nHost: v\r\n", length, "\r\n"),
}
CUTS = {"whole": 10**9, "byte by byte": 1, "by 7": 7, "by 2047": 2047, "by 2048": 2048, "by 2049": 2049}


def _padded(text: str, length: int, filling: str = "x") -> str:
    head = text + AUTH + "\r\n\r\n"
    missing = length - len(head) + 1
    return head.replace("%", filling * (missing // len(filling)))


async def told(sent: str, size: int, *, fast: bool) -> tuple[list[int], bool]:
    server = VerifierServer()
    transport = MemoryTransport(server, fast=fast, limits=LIMITS)
    raw = filled(sent, server)
    await transport.talk([raw[at : at + size] for at in range(0, len(raw), size)], in_haste=True)
    return transport.statuses(), transport.closed


@BOTH
@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
@pytest.mark.parametrize("name", LONG_ONES)
async def test_a_head_is_as_long_as_it_may_be_and_no_byte_longer(name: str, before: str, *, fast: bool) -> None:
    for length, is_short in ((LIMITS.head_bytes, True), (LIMITS.head_bytes + 2, False)):
        sent = before + LONG_ONES[name](length)
        expected = ([*([200] if before else []), 200 if is_short else 431], not is_short)
        for cut, size in CUTS.items():
            assert await told(sent, size, fast=fast) == expected, (length, cut)


@BOTH
@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
async def test_one_byte_more_is_one_too_many(before: str, *, fast: bool) -> None:
    for cut, size in CUTS.items():
        for length, status in ((LIMITS.head_bytes, 200), (LIMITS.head_bytes + 1, 431)):
            heard, _ = await told(before + LONG_ONES["a header"](length) + CHECK, size, fast=fast)
            assert heard[bool(before)] == status, (cut, length)


@BOTH
async def test_a_head_without_end_is_refused_at_the_first_byte_too_many(*, fast: bool) -> None:
    server = VerifierServer()
    transport = MemoryTransport(server, fast=fast, limits=LIMITS)
    sent = b"GET /auth/nginx HTTP/1.1\r\nHost: v\r\nX: ".ljust(LIMITS.head_bytes, b"x")
    for byte in sent:
        transport.feed(bytes([byte]))
    assert transport.statuses() == []

    transport.feed(b"x")
    assert (transport.statuses(), transport.closed) == ([431], True)


@BOTH
@pytest.mark.parametrize(("more", "statuses"), [(0, [422, 200]), (1, [431])])
async def test_what_stands_around_chunks_is_as_long_as_a_head_may_be(
    more: int, statuses: list[int], *, fast: bool
) -> None:
    around = "1;" + "a" * (LIMITS.head_bytes + more - len("1;\r\n\r\n0\r\n\r\n"))
    sent = message("POST /check_user", AUTH, "Transfer-Encoding: chunked") + f"{around}\r\nx\r\n0\r\n\r\n" + CHECK
    for cut, size in CUTS.items():
        heard, _ = await told(sent, size, fast=fast)
        assert heard == statuses, cut


@BOTH
@pytest.mark.parametrize(("count", "is_read"), [(254, True), (255, False)])
async def test_behind_a_body_of_empty_lines_nothing_is_read(count: int, *, is_read: bool, fast: bool) -> None:
    """Two more stand at the end: of the last line with that of the chunk, and of the last chunk."""
    body = "x\r\n\r\n" * count
    for cut, size in CUTS.items():
        heard, closed = await told(chunked("POST /auth/forward", AUTH, body=body) + CHECK, size, fast=fast)
        assert (heard, closed) == (([200, 200], False) if is_read else ([200], True)), cut


@BOTH
async def test_a_length_may_have_any_number_of_zeros_before_it(*, fast: bool) -> None:
    body = '{"permissions":[]}'
    sent = message("POST /check_user", AUTH, f"Content-Length: {'0' * 5000}{len(body)}") + body + CHECK
    server = VerifierServer()
    transport = MemoryTransport(server, fast=fast)
    await transport.talk([filled(sent, server)])

    assert (transport.statuses(), transport.closed) == ([200, 200], False)


async def test_no_message_begins_in_the_midst_of_a_piece() -> None:
    """Nothing leads to this; if something did, the connection would end."""
    server = VerifierServer()
    transport = MemoryTransport(server, fast=False)

    transport.protocol._read(filled(CHECK * 2, server))  # past what cuts into pieces

    assert transport.protocol.deaf
    assert len(transport.port.tasks) == 1


@given(
    parts=st.lists(st.sampled_from([b"\r\n", b"\r\n\r\n", b"x", b"\r", b"\n", b"ab\r\n\r\n"]), min_size=1, max_size=60),
    cuts=st.lists(st.integers(1, 200), max_size=6),
)
def test_pieces_are_what_came_and_end_with_each_empty_line_however_it_comes(
    parts: list[bytes], cuts: list[int]
) -> None:
    stream = b"x" + b"".join(parts)
    pieces, ends, at = Pieces(), set[int](), 0
    for start, end in pairwise(sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})):
        packet, place = stream[start:end], 0
        while place < len(packet):
            piece = pieces.next(packet, place, at_beginning=False)
            assert piece
            assert packet.startswith(piece, place)
            place, at = place + len(piece), at + len(piece)
            ends.add(at)

    assert at == len(stream)
    assert {found + 4 for found in range(len(stream)) if stream.startswith(b"\r\n\r\n", found)} <= ends
