"""The service behind a gateway: tells each client what of its request arrived, and keeps all of it as evidence.

Reads by h11, which refuses what is not HTTP, so that no request is made up on this side of the gateway. Keeps
connections open, as services do: a gateway that mixed up two clients would have the chance to.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import http.client
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import h11

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Seen", "Witness", "witness"]

_WEBSOCKET: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455, 1.3."""
_READ_BYTES: Final = 65536


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it arrived; names in lower case, in their order, each as often as it came."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    trailers: tuple[tuple[str, str], ...] = ()

    def values(self, name: str) -> list[str]:
        """Of all headers of that name."""
        return [value for key, value in self.headers if key == name]

    def told(self) -> bytes:
        """As JSON."""
        told = {
            "method": self.method,
            "target": self.target,
            "headers": self.headers,
            "trailers": self.trailers,
            "body": self.body.decode("latin-1"),
        }
        return json.dumps(told).encode()

    @classmethod
    def read(cls, told: bytes) -> Seen:
        """What a client was told."""
        read = json.loads(told)
        pairs = {part: tuple((name, value) for name, value in read[part]) for part in ("headers", "trailers")}
        return cls(read["method"], read["target"], body=read["body"].encode("latin-1"), **pairs)


@dataclass(slots=True)
class Witness:
    """A running service.

    Attributes:
        address: `host:port`.
        seen: everything that arrived, whole.
        broken: connections on which something came that is not HTTP.
    """

    address: str = ""
    seen: list[Seen] = field(default_factory=list)
    broken: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=_READ_BYTES)
        try:
            while await self._answer(connection, reader, writer):
                connection.start_next_cycle()
        except h11.RemoteProtocolError:
            self.broken += 1
        except (OSError, asyncio.CancelledError):
            pass  # the gateway went away, or the test is over
        finally:
            writer.close()

    async def _answer(
        self, connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; whether another may come."""
        seen = await _next(connection, reader, writer)
        if seen is None:
            return False
        self.seen.append(seen)
        if seen.method == "GET" and seen.values("upgrade") and seen.values("sec-websocket-key"):
            await _speak(connection, reader, writer, seen)
            return False
        body = seen.told()
        headers = [("X-Reached", "yes"), ("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        # A tunnel is no answer of ours.
        status = http.client.METHOD_NOT_ALLOWED if seen.method == "CONNECT" else http.client.OK
        writer.write(connection.send(h11.Response(status_code=status, headers=headers)) or b"")
        if seen.method != "HEAD":
            writer.write(connection.send(h11.Data(data=body)) or b"")
        writer.write(connection.send(h11.EndOfMessage()) or b"")
        await writer.drain()
        return connection.our_state is h11.DONE and connection.their_state is h11.DONE


async def _next(connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Seen | None:
    """The next request; None at the end."""
    request: h11.Request | None = None
    body = b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            if connection.they_are_waiting_for_100_continue:
                writer.write(connection.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            connection.receive_data(await reader.read(_READ_BYTES))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage) and request is not None:
            target = request.target.decode("latin-1")
            return Seen(request.method.decode(), target, _texts(request.headers), body, _texts(event.headers))
        else:
            return None


def _texts(headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers)


async def _speak(
    connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Seen
) -> None:
    """Accept the offer of a websocket, say back what comes, byte for byte, and end with the client."""
    key = seen.values("sec-websocket-key")[0].encode("latin-1")
    accept = base64.b64encode(hashlib.sha1(key + _WEBSOCKET, usedforsecurity=False).digest()).decode()
    headers = [
        *(("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept)),
        ("X-Auth-Seen", "|".join(seen.values("x-auth-subject"))),
    ]
    writer.write(connection.send(h11.InformationalResponse(status_code=101, headers=headers)) or b"")
    data, _ = connection.trailing_data
    while data or not reader.at_eof():
        writer.write(data)
        await writer.drain()
        data = await reader.read(_READ_BYTES)


@contextmanager
def witness() -> Iterator[Witness]:
    """The service on a free port of 127.0.0.1, in a thread of its own."""
    running, loop, started = Witness(), asyncio.new_event_loop(), threading.Event()
    stop = asyncio.Event()

    async def run() -> None:
        server = await asyncio.start_server(running.serve, "127.0.0.1", 0)
        running.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        started.set()
        await stop.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def work() -> None:
        loop.run_until_complete(run())
        loop.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert started.wait(10), "the service behind the gateway does not start"
    try:
        yield running
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
