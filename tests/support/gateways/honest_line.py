"""A connection to a gateway that an honest client keeps as long as the gateway does; read by h11."""

from __future__ import annotations

import asyncio
from typing import Final

import h11

from tools.gateways.protected_service import HOST

__all__ = ["Line"]

_LONGEST: Final = 20.0
"""Seconds in which a request must be answered."""
_READ_BYTES: Final = 65536


class Line:
    """One at a time, to a port of 127.0.0.1; opened when it is needed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection = h11.Connection(h11.CLIENT)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, target: str, token: str | None, body: bytes = b"") -> tuple[int, bytes]:
        """One request; status and body of its answer. Status 0, and why, where none came in time."""
        try:
            async with asyncio.timeout(_LONGEST):
                await self._send(target, token, body)
                return await self._received()
        except (OSError, TimeoutError, h11.RemoteProtocolError) as error:
            self.close()
            return 0, repr(error).encode()

    def close(self) -> None:
        """Another one is opened for the next request."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _send(self, target: str, token: str | None, body: bytes) -> None:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            self._connection = h11.Connection(h11.CLIENT)
        headers = [("Host", HOST), *([("Authorization", f"Bearer {token}")] if token else [])]
        headers += [("Content-Length", str(len(body)))] if body else []
        request = h11.Request(method="POST" if body else "GET", target=target, headers=headers)
        for event in (request, *([h11.Data(data=body)] if body else []), h11.EndOfMessage()):
            self._streams[1].write(self._connection.send(event) or b"")

    async def _received(self) -> tuple[int, bytes]:
        status, answer = 0, b""
        while not isinstance(event := await self._next(), h11.EndOfMessage):
            if isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                answer += event.data
        if self._connection.our_state is self._connection.their_state is h11.DONE:
            self._connection.start_next_cycle()
        else:
            self.close()
        return status, answer

    async def _next(self) -> h11.Event:
        """Raises ConnectionResetError where the connection ends instead."""
        while (event := self._connection.next_event()) is h11.NEED_DATA:
            if self._streams is None:
                raise ConnectionResetError
            self._connection.receive_data(await self._streams[0].read(_READ_BYTES))
        if not isinstance(event, h11.Event) or isinstance(event, h11.ConnectionClosed):
            raise ConnectionResetError
        return event
