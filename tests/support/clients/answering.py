"""A server that says what a test gives it, whatever it is asked."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

__all__ = ["answering"]


@asynccontextmanager
async def answering(head: str | None, body: str = "", *, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Answer each request with this head and body; with None never. Yields the URL."""
    stopped = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
        if head is None:
            await stopped.wait()
        else:
            length = f"Connection: close\r\nContent-Length: {len(body)}"
            writer.write(f"{head}\r\n{length}\r\n\r\n{body}".encode() if head else b"")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        stopped.set()
