"""HTTP/1.1 for the command line, on h11: a full client is slower to import than most commands are to run."""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Final

import h11

from pharia_access.kube.errors import LibraryError

__all__ = ["HttpConnection"]

_READ_BYTES: Final = 256 * 1024
_MOST_HEAD_BYTES: Final = 64 * 1024


class HttpConnection:
    """One connection to a server, or by way of a proxy. One request at a time.

    Every method raises OSError, TimeoutError too, and LibraryError where the other side does not speak HTTP.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._state = _state()

    @property
    def open_still(self) -> bool:
        """Whether the other side has not closed it."""
        return not (self._reader.at_eof() or self._writer.is_closing())

    async def exchange(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        silence_seconds: float | None = None,
    ) -> h11.Response:
        """Send a request and return the head of its answer.

        The other side may send nothing for `silence_seconds`; None: for ever.
        """
        head = [*headers.items(), *([("Content-Length", str(len(body)))] if body else [])]
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
        """Return what comes next."""
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

    async def start_tls(self, context: ssl.SSLContext, server_name: str) -> None:
        """Encrypt from here on, behind a proxy that was asked to CONNECT. The next request is the first one inside."""
        await self._writer.start_tls(context, server_hostname=server_name)
        self._state = _state()

    def close(self) -> None:
        """Close it at once, whatever is under way: an end of TLS would be waited for."""
        self._writer.transport.abort()

    def _send(self, event: h11.Event) -> None:
        if data := self._state.send(event):
            self._writer.write(data)


def _state() -> h11.Connection:
    return h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_HEAD_BYTES)
