"""A pool of HTTP connections to the Unix socket that kubectl lends."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Final

from pharia_access.kube.administration.http_connection import AnswerHead, HttpConnection

__all__ = ["UnixAnswer", "UnixPool"]

_HOST: Final = "localhost"
"""kubectl replaces it with the API server's."""


class UnixPool:
    """Connections to one socket. At most `size` requests are under way at a time, the others wait."""

    def __init__(self, socket: Path, *, size: int) -> None:
        self._socket = str(socket)
        self._places = asyncio.Semaphore(size)
        self._idle: list[HttpConnection] = []

    async def request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, *, silence_seconds: float | None
    ) -> "UnixAnswer":
        """Return the answer before its body has arrived. Raises OSError and LibraryError.

        The other side may send nothing for `silence_seconds`; None: for ever.
        """
        await self._places.acquire()
        try:
            connection = self._take() or HttpConnection(*await asyncio.open_unix_connection(self._socket))
        except BaseException:
            self._places.release()
            raise
        try:
            head = await connection.exchange(
                method, target, {"Host": _HOST, **headers}, body, silence_seconds=silence_seconds
            )
        except BaseException:
            self._put_back(connection)
            raise
        return UnixAnswer(head, connection, self._put_back)

    def close(self) -> None:
        """Close the connections that wait for a request."""
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> HttpConnection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.open_still:
                return connection
            connection.close()
        return None

    def _put_back(self, connection: HttpConnection) -> None:
        """Keep a connection for the next request, where this one has ended as it should."""
        if connection.begin_next():
            self._idle.append(connection)
        else:
            connection.close()
        self._places.release()


class UnixAnswer:
    """Implements `Answer`.

    Args:
        put_back: called once, when the body has ended or is given up.
    """

    def __init__(
        self, head: AnswerHead, connection: HttpConnection, put_back: Callable[[HttpConnection], None]
    ) -> None:
        self.status = head.status
        self.headers = head.headers
        self._connection = connection
        self._put_back = put_back
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
            async with aclosing(self._connection.chunks()) as chunks:
                async for chunk in chunks:
                    yield chunk
        finally:
            self.close()

    def close(self) -> None:
        """See the protocol."""
        if not self._over:
            self._over = True
            self._put_back(self._connection)
