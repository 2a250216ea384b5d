"""A plain check is answered as it comes in; what only looks like one is read as any other request."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from pharia_access.entrypoints.verifier.plain_requests import PLAIN
from tests.support.verifier.memory_transport import MemoryTransport, request
from tests.support.verifier.messages import AUTH, filled, message
from tests.support.verifier.plain_checks import OTHERS, PLAIN_ONES
from tests.support.verifier.verifier_server import Reply, VerifierServer, open_verifier_server

if TYPE_CHECKING:
    from pytest_mock import MockerFixture


@pytest.mark.parametrize("sent", PLAIN_ONES.values(), ids=PLAIN_ONES.keys())
def test_what_is_plain_needs_no_parser(sent: str, mocker: MockerFixture) -> None:
    server = VerifierServer()
    transport = MemoryTransport(server)
    raw = filled(sent, server)
    parse = mocker.spy(transport.protocol, "on_message_begin")

    for _ in range(3):
        transport.feed(raw)

    assert (len(transport.statuses()), parse.call_count) == (3, 0)
    assert set(transport.statuses()) <= {200, 401}


@pytest.mark.parametrize("sent", OTHERS.values(), ids=OTHERS.keys())
def test_what_is_in_doubt_is_left_to_the_parser(sent: str) -> None:
    assert PLAIN.match(sent.encode("latin-1")) is None


@pytest.mark.parametrize("name", ["Connection", "Proxy-Connection"])
async def test_behind_the_last_request_nothing_is_answered_however_it_is_cut(name: str) -> None:
    server = VerifierServer()
    raw = filled(message("GET /auth/nginx", AUTH, f"{name}: close"), server) * 2
    heard = []
    for packets in ([raw], [raw[: len(raw) // 2], raw[len(raw) // 2 :]], [bytes([byte]) for byte in raw]):
        transport = MemoryTransport(server)
        await transport.talk(packets)
        heard.append((transport.statuses(), transport.closed))

    assert heard == [([200], True)] * 3


@pytest.mark.parametrize("lines", [1, 20, 42])
@pytest.mark.parametrize("broken", [b"x", b"Host: v\r\n\r\n", b"\x00\r\n\r\n"], ids=["no end", "two hosts", "a NUL"])
def test_a_head_that_is_none_is_matched_in_no_time(lines: int, broken: bytes) -> None:
    """An expression that tries the same bytes in many ways would not come back from any of these."""
    head = message("GET /auth/nginx", *["X: " + "a" * (16_000 // lines)] * lines, AUTH).encode()

    assert PLAIN.match(head) is not None
    assert PLAIN.match(head[:-2] + broken) is None


async def test_a_connection_that_was_handed_over_stays_there() -> None:
    server = VerifierServer()
    transport = MemoryTransport(server)
    check, whoami = filled(message("GET /auth/nginx", AUTH) + "|" + message("GET /whoami", AUTH), server).split(b"|")
    await transport.talk([check, whoami])
    decided = len(server.journal.decided_)

    transport.feed(check)
    at_once = len(server.journal.decided_) - decided
    await transport.talk([])

    assert (at_once, transport.statuses()) == (0, [200, 200, 200])


@pytest.mark.parametrize(
    ("end", "status"),
    [(b"", 403), (b"1\r\nx-more: ", 403), (b"1\r\n", 400)],
    ids=["in a header", "in another", "after a header"],
)
async def test_a_check_inside_of_a_request_is_no_request_of_its_own(end: bytes, status: int) -> None:
    server = VerifierServer()
    token = server.issue()
    transport = MemoryTransport(server)
    transport.send(request(token))

    transport.feed(b"GET /auth/nginx?role=admin HTTP/1.1\r\nx-beginning: " + end)
    await transport.talk([request(token)])

    assert transport.statuses() == [200, 400 if end == b"1\r\n" else status]


@pytest.mark.parametrize("announced", ["content-length: {length}", "transfer-encoding: chunked"])
async def test_a_body_that_looks_like_a_check_is_a_body(announced: str) -> None:
    async with open_verifier_server() as server:
        known = request(server.issue())
        head = f"POST /check_user HTTP/1.1\r\nhost: v\r\n{announced.format(length=len(known))}\r\n\r\n".encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(known)
        assert Reply.read(await reader.readuntil(b"\r\n\r\n")).status == 200

        writer.write(head)
        await asyncio.sleep(0.05)
        writer.write(known)
        writer.write_eof()
        rest = await asyncio.wait_for(reader.read(), 10)
        writer.close()

    assert b"HTTP/1.1 200" not in rest
