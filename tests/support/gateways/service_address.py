"""What a Service is to a gateway: one address, whose new connections lead to a pod that is ready just then.

Connections that are open stay where they are, as with kube-proxy.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ServiceAddress", "service_address"]

_READ_BYTES = 65536
_HALF_OPEN_SECONDS = 2.0


class ServiceAddress:
    """Host and port of 127.0.0.1, and the port behind it."""

    def __init__(self, behind: int) -> None:
        self.behind = behind
        """The port that new connections lead to."""
        self.address = ""
        self._ways: set[asyncio.Task[None]] = set()

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until both sides have ended, or one a while ago."""
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self.behind)
        except OSError:
            writer.close()
            return
        ways = {
            asyncio.create_task(_copied(reader, inner_writer)),
            asyncio.create_task(_copied(inner_reader, writer)),
        }
        self._ways |= ways  # else nobody but each other would know of them
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait(ways, timeout=_HALF_OPEN_SECONDS)
        finally:
            for way in ways:
                way.cancel()
            self._ways -= ways
            writer.close()
            inner_writer.close()


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(_READ_BYTES):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


@contextmanager
def service_address(behind: int) -> Iterator[ServiceAddress]:
    """One on a free port."""
    service, started, stop, loops = ServiceAddress(behind), threading.Event(), asyncio.Event(), []

    async def run() -> None:
        server = await asyncio.start_server(service.pass_on, "127.0.0.1", 0)
        service.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        loops.append(asyncio.get_running_loop())
        started.set()
        await stop.wait()
        server.close()

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    assert started.wait(10), "the Service's address cannot be taken"
    try:
        yield service
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(10)
