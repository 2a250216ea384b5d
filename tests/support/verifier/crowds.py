"""Crowds of connections at a door with few places, and who asks beside them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from pharia_access.entrypoints.verifier.limits import Limits
from tests.support.verifier.verifier_server import Reply, VerifierServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    Run = Callable[[Coroutine[Any, Any, Any]], Any]
    Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]

__all__ = ["BAD", "LIMITS", "PATIENT", "PLACES", "ask", "check", "crowd", "is_open"]

PLACES = 32
LIMITS = Limits(connections=PLACES)
PATIENT = 20.0
BAD = b"GET /auth/nginx HTTP/1.1\r\nhost: v\r\n\r\n"


@asynccontextmanager
async def crowd(server: VerifierServer, said: bytes, count: int) -> AsyncIterator[list[Stream]]:
    """So many connections that all say this, and wait."""
    streams = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(count)]
    for _, writer in streams:
        writer.write(said)
    await settled(server)
    try:
        yield streams
    finally:
        for _, writer in streams:
            writer.transport.abort()


async def settled(server: VerifierServer) -> None:
    """Until the door has taken all that came."""
    before = -1
    while before != server.connections():
        before = server.connections()
        await asyncio.sleep(0.05)


def check(token: str, target: str = "/auth/nginx") -> bytes:
    return f"GET {target} HTTP/1.1\r\nhost: v\r\nauthorization: Bearer {token}\r\n\r\n".encode()


async def ask(stream: Stream, request: bytes) -> Reply:
    reader, writer = stream
    writer.write(request)
    async with asyncio.timeout(PATIENT):
        head = await reader.readuntil(b"\r\n\r\n")
    return Reply.read(head)


async def is_open(stream: Stream) -> bool:
    """Whether the door left it open."""
    try:
        async with asyncio.timeout(0.05):
            return await stream[0].read(65536) != b""
    except TimeoutError:
        return True
    except ConnectionError:
        return False
