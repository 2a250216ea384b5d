"""Bodies and heads have bounds, and what is neither ends too."""

from __future__ import annotations

from collections import deque

import pytest

from pharia_access.entrypoints.verifier.limits import Limits
from tests.support.verifier.both_ways import BOTH
from tests.support.verifier.memory_transport import MemoryTransport
from tests.support.verifier.messages import AUTH, QUESTION, chunked, filled, message
from tests.support.verifier.slow_application import SlowApplication
from tests.support.verifier.verifier_server import VerifierServer


@BOTH
@pytest.mark.parametrize(
    "endless",
    [
        pytest.param(chunked("POST /check_user", AUTH, body=QUESTION)[:-2] + "x: y\r\n" * 9000, id="trailers"),
        pytest.param(chunked("POST /check_user", AUTH, body=QUESTION)[:-2] + "x: " + "y" * 50_000, id="a trailer"),
        pytest.param(
            message("POST /check_user", AUTH, "Transfer-Encoding: chunked") + "1;" + "x" * 50_000, id="an extension"
        ),
        pytest.param("\r\n" * 25_000, id="line ends"),
        pytest.param("GET /auth/nginx HTTP/1.1\r\n" + "x: y\r\n" * 9000, id="headers"),
        pytest.param("GET /" + "x" * 50_000, id="a target"),
        pytest.param(
            message("POST /check_user", AUTH, "Transfer-Encoding: chunked") + "1\r\nx\r\n" * 9000,
            id="sizes of chunks",
        ),
    ],
)
async def test_what_is_neither_head_nor_body_ends_too(endless: str, *, fast: bool) -> None:
    server = VerifierServer()
    transport = MemoryTransport(server, fast=fast)
    sent = filled(endless, server)

    await transport.talk([sent[at : at + 4096] for at in range(0, len(sent), 4096)])

    assert (transport.statuses(), transport.closed) == ([431], True)


@BOTH
async def test_a_long_body_in_small_chunks_is_read(*, fast: bool) -> None:
    server = VerifierServer()
    transport = MemoryTransport(server, fast=fast)
    body = QUESTION + " " * (65_536 - len(QUESTION))
    chunks = "".join(f"20\r\n{body[at : at + 32]}\r\n" for at in range(0, len(body), 32))
    sent = filled(message("POST /check_user", AUTH, "Transfer-Encoding: chunked") + chunks + "0\r\n\r\n", server)

    await transport.talk([sent[at : at + 4096] for at in range(0, len(sent), 4096)])

    assert (transport.statuses(), transport.closed) == ([200], False)


@BOTH
@pytest.mark.parametrize("count", [127, 128])
async def test_a_head_has_so_many_headers_and_no_more(count: int, *, fast: bool) -> None:
    """Each takes a hundred times its bytes in memory: a thousand heads of empty ones took half a gigabyte."""
    transport = MemoryTransport(VerifierServer(), fast=fast)
    head = filled("GET /auth/forward HTTP/1.1\r\nHost: v\r\n" + "a:\r\n" * count, VerifierServer())

    await transport.talk([head, b"\r\n"])

    assert (transport.statuses(), transport.closed) == (([401], False) if count < 128 else ([431], True))


async def test_nothing_is_kept_of_the_body_of_who_may_not_ask() -> None:
    transport = MemoryTransport(VerifierServer(), fast=False)
    head = b"POST /check_user HTTP/1.1\r\nHost: v\r\nContent-Length: 65536\r\n\r\n"

    await transport.talk([head + b"x" * 60_000, b"x" * 5000])

    assert (transport.statuses(), transport.closed, transport.protocol.turns) == ([401], False, deque())
    assert transport.protocol.latest.body == b""


@BOTH
async def test_a_body_that_nobody_wants_ends(*, fast: bool) -> None:
    server = VerifierServer()
    transport = MemoryTransport(server, fast=fast, limits=Limits(body_bytes=1024))
    head = filled("POST /auth/forward HTTP/1.1\r\nHost: v\r\nContent-Length: 99999999\r\n\r\n", server)

    await transport.talk([head, *[b"x" * 1000] * 30])

    assert (transport.statuses(), transport.closed) == ([401], True)


async def test_of_a_body_no_more_is_kept_than_may_be_read() -> None:
    application = SlowApplication()
    transport = MemoryTransport(VerifierServer(), fast=False, app=application, limits=Limits(body_bytes=1024))

    transport.feed(b"POST /check_user HTTP/1.1\r\nHost: v\r\nContent-Length: 10000\r\n\r\n")
    for _ in range(10):
        transport.feed(b"x" * 1000)

    assert len(transport.protocol.turns[0].body) <= 2048
    await application.answer()
