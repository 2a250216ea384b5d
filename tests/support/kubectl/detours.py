"""Proxies on 127.0.0.1 that lead to one port, whatever is asked for: HTTP CONNECT, the same over TLS, and SOCKS5."""

from __future__ import annotations

import asyncio
import ssl
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tools.control_plane.pki import Pem

__all__ = ["Detour", "detours"]

_SECONDS = 10.0
Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter


class Detour:
    """One proxy. `used`: how many connections were led on."""

    def __init__(self, scheme: str, target: int) -> None:
        self.scheme = scheme
        self.url = ""
        self.used = 0
        self._target = target

    async def start(self, tls: ssl.SSLContext | None) -> asyncio.Server:
        """Listen."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        self.url = f"{self.scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    async def _serve(self, reader: Reader, writer: Writer) -> None:
        greet: Callable[[Reader, Writer], Awaitable[None]] = _socks if self.scheme == "socks5" else _connect
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await greet(reader, writer)
            self.used += 1
            onward, out = await asyncio.open_connection("127.0.0.1", self._target)
            await asyncio.gather(_pass(reader, out), _pass(onward, writer))
        writer.close()


async def _connect(reader: Reader, writer: Writer) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")


async def _socks(reader: Reader, writer: Writer) -> None:
    _, methods = await reader.readexactly(2)
    await reader.readexactly(methods)
    writer.write(b"\x05\x00")
    *_, kind = await reader.readexactly(4)
    length = {1: 4, 4: 16}.get(kind) or (await reader.readexactly(1))[0]
    await reader.readexactly(length + 2)
    writer.write(b"\x05\x00\x00\x01" + bytes(6))


async def _pass(reader: Reader, writer: Writer) -> None:
    try:
        with suppress(OSError):
            while piece := await reader.read(65536):
                writer.write(piece)
                await writer.drain()
    finally:
        writer.close()


@contextmanager
def detours(target: int, serves_as: Pem) -> Iterator[dict[str, Detour]]:
    """A proxy of each kind, by its scheme, that leads to that port of 127.0.0.1."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(serves_as.certificate, serves_as.key)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="detours", daemon=True)
    thread.start()
    made = {scheme: Detour(scheme, target) for scheme in ("http", "https", "socks5")}
    try:
        servers = [
            asyncio.run_coroutine_threadsafe(each.start(tls if scheme == "https" else None), loop).result(_SECONDS)
            for scheme, each in made.items()
        ]
        yield made
        asyncio.run_coroutine_threadsafe(_end(servers), loop).result(_SECONDS)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_SECONDS)
        loop.close()


async def _end(servers: list[asyncio.Server]) -> None:
    for server in servers:
        server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for _ in range(3):  # turns in which what was closed is let go
        await asyncio.sleep(0)
