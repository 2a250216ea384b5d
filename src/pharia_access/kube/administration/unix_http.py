"""HTTP/1.1 by a Unix socket, on h11: kubectl lends no more than that, and a full client is slow to import."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Final

import h11

from pharia_access.kube.errors import LibraryError

__all__ = ["UnixAnswer", "UnixPool"]

_HOST: Final = "localhost"
"""kubectl replaces it with the API server's."""
_READ_BYTES: Final = 256 * 1024
_MOST_HEAD_BYTES: Final = 64 * 1024


class UnixPool:
    """Connections to one socket. At most `size` requests are under way at a time, the others wait."""

    def __init__(self, socket: Path, *, size: int) -> None:
        self._socket = str(socket)
        self._places = asyncio.Semaphore(size)
        self._idle: list[_Wire] = []

    async def request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, *, silence_seconds: float | None
    ) -> "UnixAnswer":
        """Return the answer before its body has arrived. Raises OSError and LibraryError.

        The other side may send nothing for `silence_seconds`; None: for ever.
        """
        await self._places.acquire()
        try:
            wire = self._take() or await _Wire.open(self._socket)
        except BaseException:
            self._places.release()
            raise
        try:
            head = await wire.exchange(method, target, headers, body, silence_seconds)
        except BaseException:
            self._put_back(wire, whole=False)
            raise
        return UnixAnswer(head, wire, silence_seconds, self)

    def close(self) -> None:
        """Close the connections that wait for a request."""
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> "_Wire | None":
        while self._idle:
            wire = self._idle.pop()
            if wire.open_still:
                return wire
            wire.close()
        return None

    def _put_back(self, wire: "_Wire", *, whole: bool) -> None:
        """Keep a connection for the next request, where this one has ended as it should."""
        if whole and wire.begin_next():
            self._idle.append(wire)
        else:
            wire.close()
        self._places.release()


class UnixAnswer:
    """Implements `Answer`."""

    def __init__(self, head: h11.Response, wire: "_Wire", silence_seconds: float | None, pool: UnixPool) -> None:
        self.status = head.status_code
        self.headers: Mapping[str, str] = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers
        }
        self._wire = wire
        self._silence_seconds = silence_seconds
        self._pool = pool
        self._over = False
        self._body: bytes | None = None

    async def read(self) -> bytes:
        """See the protocol."""
        if self._body is None:
            async with aclosing(self.chunks()) as chunks:
                self._body = b"".join([chunk async for chunk in chunks])
        return self._body

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """See the protocol."""
        try:
            while isinstance(event := await self._wire.next_event(self._silence_seconds), h11.Data):
                yield bytes(event.data)
            self._end(whole=isinstance(event, h11.EndOfMessage))
        finally:
            self.close()

    def close(self) -> None:
        """See the protocol."""
        self._end(whole=False)

    def _end(self, *, whole: bool) -> None:
        if not self._over:
            self._over = True
            self._pool._put_back(self._wire, whole=whole)  # noqa: SLF001 - the pool's own


class _Wire:
    """One connection, with what h11 knows of it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_HEAD_BYTES)

    @classmethod
    async def open(cls, socket: str) -> "_Wire":
        return cls(*await asyncio.open_unix_connection(socket))

    @property
    def open_still(self) -> bool:
        return not (self._reader.at_eof() or self._writer.is_closing())

    async def exchange(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, silence_seconds: float | None
    ) -> h11.Response:
        """Send a request and return the head of its answer."""
        head = [("Host", _HOST), *headers.items(), *([("Content-Length", str(len(body)))] if body else [])]
        try:
            self._send(h11.Request(method=method, target=target, headers=head))
            self._send(h11.Data(data=body))
            self._send(h11.EndOfMessage())
        except h11.LocalProtocolError as error:
            raise LibraryError from error
        await self._writer.drain()
        while not isinstance(event := await self.next_event(silence_seconds), h11.Response):
            if not isinstance(event, h11.InformationalResponse):
                message = "the connection was closed instead of an answer"
                raise ConnectionResetError(message)
        return event

    async def next_event(self, silence_seconds: float | None) -> h11.Event:
        """Return what comes next. Raises TimeoutError, OSError and LibraryError."""
        try:
            while not isinstance(event := self._state.next_event(), h11.Event):
                async with asyncio.timeout(silence_seconds):
                    self._state.receive_data(await self._reader.read(_READ_BYTES))
        except h11.RemoteProtocolError as error:
            raise LibraryError from error
        return event

    def begin_next(self) -> bool:
        """Whether another request can be sent here."""
        if self._state.our_state is not h11.DONE or self._state.their_state is not h11.DONE:
            return False
        self._state.start_next_cycle()
        return True

    def close(self) -> None:
        self._writer.close()

    def _send(self, event: h11.Event) -> None:
        if data := self._state.send(event):
            self._writer.write(data)
