"""HTTP/1.1 for the command line, on h11: a full client is slower to import than most commands are to run."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Final

import h11

from pharia_access.kube.errors import LibraryError

__all__ = ["AnswerHead", "HttpConnection"]

_READ_BYTES: Final = 256 * 1024
_MOST_HEAD_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class AnswerHead:
    """The status, and the headers by their names in lower case."""

    status: int
    headers: Mapping[str, str]


class HttpConnection:
    """One connection to a server, or by way of a proxy. One request at a time.

    Every method raises OSError, TimeoutError too, and LibraryError where the other side does not speak HTTP.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._state = _state()
        self._silence_seconds: float | None = None

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
    ) -> AnswerHead:
        """Send a request and return the head of its answer; `chunks` has the body.

        The other side may send nothing for `silence_seconds`, in the body too; None: for ever.
        """
        self._silence_seconds = silence_seconds
        head = [*headers.items(), *([("Content-Length", str(len(body)))] if body else [])]
        try:
            self._send(h11.Request(method=method, target=target, headers=head))
            self._send(h11.Data(data=body))
            self._send(h11.EndOfMessage())
        except h11.LocalProtocolError as error:
            raise LibraryError from error
        await self._writer.drain()
        while not isinstance(event := await self._next_event(), h11.Response):
            pass  # 100 Continue and the like
        return AnswerHead(
            event.status_code,
            {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers},
        )

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yield the body as it arrives, up to its end."""
        while isinstance(event := await self._next_event(), h11.Data):
            yield bytes(event.data)

    async def _next_event(self) -> h11.Event:
        try:
            while (event := self._state.next_event()) is h11.NEED_DATA:
                async with asyncio.timeout(self._silence_seconds):
                    self._state.receive_data(await self._reader.read(_READ_BYTES))
        except h11.RemoteProtocolError as error:
            raise LibraryError from error
        if not isinstance(event, h11.Event):
            raise LibraryError from h11.RemoteProtocolError("more than was asked for")
        return event

    def begin_next(self) -> bool:
        """Whether another request can be sent here: only after a whole answer."""
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
