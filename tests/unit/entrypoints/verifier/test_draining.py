"""The end of a process: whatever was asked is answered, each answer says that it is the last, and nobody is lost."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import trustme

from tests.support.verifier.memory_transport import MemoryTransport, read_replies
from tests.support.verifier.messages import AUTH, QUESTION, filled, message
from tests.support.verifier.slow_application import SlowApplication
from tests.support.verifier.verifier_server import VerifierServer, open_verifier_server
from tests.unit.entrypoints.verifier.test_bounds import pem

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.entrypoints.verifier.conftest import Run

CONNECTIONS = 64
BOTH = pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
SECURE = pytest.mark.parametrize("secure", [False, True], ids=["plain", "TLS"])


@dataclass(slots=True)
class Tally:
    """Of a client: requests that were answered, and those that were not."""

    answered: int = 0
    lost: int = 0
    last_words: int = 0
    """Answers that said they were the last."""


async def ask_on_and_on(server: VerifierServer, request: bytes, tally: Tally, context: ssl.SSLContext | None) -> None:
    """One request after the other on a connection that is kept, until an answer says that it is the last."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=context)
    try:
        while True:
            writer.write(request)
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                tally.lost += 1
                return
            tally.answered += 1
            if b"connection: close" in head:
                tally.last_words += 1
                assert await reader.read() == b""
                return
    finally:
        writer.close()
        with suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()


@BOTH
@SECURE
def test_none_of_the_requests_of_a_closed_loop_is_lost(run: Run, tmp_path: Path, *, fast: bool, secure: bool) -> None:
    authority = trustme.CA()
    trusting = ssl.create_default_context() if secure else None
    if trusting is not None:
        authority.configure_trust(trusting)

    async def main() -> Tally:
        tally = Tally()
        async with open_verifier_server(fast=fast, tls=pem(tmp_path, authority) if secure else None) as server:
            request = filled(message("GET /auth/nginx", AUTH), server)
            clients = [asyncio.create_task(ask_on_and_on(server, request, tally, trusting)) for _ in range(CONNECTIONS)]
            while tally.answered < 20 * CONNECTIONS:  # noqa: ASYNC110 - the clients tell nobody
                await asyncio.sleep(0.01)
            await server.stop(10.0)
            async with asyncio.timeout(10):
                await asyncio.gather(*clients)
        return tally

    tally = run(main())
    assert (tally.lost, tally.last_words) == (0, CONNECTIONS)


@SECURE
def test_who_is_idle_has_a_moment_to_ask(run: Run, tmp_path: Path, *, secure: bool) -> None:
    """A request may be on its way when the process is told to end."""
    authority = trustme.CA()
    trusting = ssl.create_default_context() if secure else None
    if trusting is not None:
        authority.configure_trust(trusting)

    async def main() -> list[bool]:
        async with open_verifier_server(tls=pem(tmp_path, authority) if secure else None) as server:
            request = filled(message("GET /auth/nginx", AUTH), server)
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=trusting)
            writer.write(request)
            first = await reader.readuntil(b"\r\n\r\n")
            stopping = asyncio.ensure_future(server.stop(5.0))
            await asyncio.sleep(0.3)
            writer.write(request)
            second = await reader.readuntil(b"\r\n\r\n")
            await stopping
            writer.close()
            return [b"connection: close" in answer for answer in (first, second)]

    assert run(main()) == [False, True]


def test_a_handshake_under_way_is_finished_and_its_request_answered(run: Run, tmp_path: Path) -> None:
    authority = trustme.CA()
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    async def main() -> bytes:
        async with open_verifier_server(tls=pem(tmp_path, authority)) as server:
            connection = socket.create_connection(("127.0.0.1", server.port))
            connection.setblocking(False)  # noqa: FBT003 - the library's signature
            await asyncio.sleep(0.1)
            stopping = asyncio.ensure_future(server.stop(5.0))
            await asyncio.sleep(0.1)
            reader, writer = await asyncio.open_connection(sock=connection, ssl=trusting, server_hostname="127.0.0.1")
            writer.write(filled(message("GET /auth/nginx", AUTH), server))
            answer = await reader.read()
            writer.close()
            await stopping
            return answer

    answer = run(main())
    assert (answer[:12], b"connection: close" in answer) == (b"HTTP/1.1 200", True)


def test_who_connected_before_the_end_is_served(run: Run) -> None:
    """Such a connection waits in the kernel, and is not accepted yet."""

    async def main() -> list[int]:
        async with open_verifier_server() as server:
            request = filled(message("GET /auth/nginx", AUTH), server)
            connections = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
            for connection in connections:
                connection.sendall(request)
            await server.stop(5.0)
            answers = [connection.recv(65536) for connection in connections]
            for connection in connections:
                connection.close()
            return [reply.status for answer in answers for reply in read_replies(answer)]

    assert run(main()) == [200] * 100


@BOTH
async def test_of_what_came_in_one_packet_the_last_answer_says_so(*, fast: bool) -> None:
    server = VerifierServer()
    transport = MemoryTransport(server, fast=fast)
    check = filled(message("GET /auth/nginx", AUTH), server)
    await transport.talk([check])

    transport.port.drain()
    await transport.talk([check * 2])

    assert (transport.closings(), transport.closed) == ([False, False, True], True)


@BOTH
@pytest.mark.parametrize("target", ["/auth/nginx?role=admin", "/nowhere", "/whoami"])
async def test_a_refusal_is_the_last_answer_too(target: str, *, fast: bool) -> None:
    server = VerifierServer()
    transport = MemoryTransport(server, fast=fast)
    transport.port.drain()

    await transport.talk([filled(message(f"GET {target}", AUTH), server)])

    assert (transport.closings(), transport.closed) == ([True], True)


async def test_a_request_that_has_begun_is_answered() -> None:
    application = SlowApplication()
    transport = MemoryTransport(VerifierServer(), fast=False, app=application)
    asked = message("POST /check_user", AUTH, body=QUESTION).encode()
    await transport.talk([message("GET /whoami", AUTH).encode() + asked[:-5]])

    transport.port.drain()
    transport.protocol.end_idle()
    await application.answer()
    await transport.talk([asked[-5:]])
    await application.answer()

    assert (transport.closings(), transport.closed) == ([False, True], True)


@BOTH
async def test_after_the_moment_who_is_idle_is_closed_and_nobody_else(*, fast: bool) -> None:
    server = VerifierServer()
    idle, half = MemoryTransport(server, fast=fast), MemoryTransport(server, fast=fast)
    check = filled(message("GET /auth/nginx", AUTH), server)
    await idle.talk([check])
    await half.talk([check, check[:30]])

    for transport in (idle, half):
        transport.port.drain()
        transport.protocol.end_idle()
    await half.talk([check[30:]])

    assert (idle.closed, idle.closings(), half.closings()) == (True, [False], [False, True])
