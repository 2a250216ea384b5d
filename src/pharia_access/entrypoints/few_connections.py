"""A bound on a small server's open connections: whoever comes gets in, and whoever has been there longest goes."""

import asyncio
from collections.abc import Callable
from typing import cast

__all__ = ["FewConnections"]


class FewConnections:
    """Makes protocols for an event loop's server, around those of another factory.

    Args:
        protocols: makes what speaks with one client.
        most: how many connections are open at once; the oldest is aborted for one more.
    """

    def __init__(self, protocols: Callable[[], asyncio.Protocol], *, most: int) -> None:
        self._protocols = protocols
        self._most = most
        self._open: dict[_Counted, None] = {}  # the oldest first

    def __call__(self) -> asyncio.Protocol:
        """The protocol of one connection."""
        return _Counted(self._protocols(), self._open, most=self._most)


class _Counted(asyncio.Protocol):
    """Hands on all that happens to a connection, and counts it."""

    def __init__(self, inner: asyncio.Protocol, counted: "dict[_Counted, None]", *, most: int) -> None:
        self._inner = inner
        self._open = counted
        self._most = most
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._open[self] = None
        while len(self._open) > self._most:
            next(iter(self._open)).abort()
        self._inner.connection_made(transport)

    def abort(self) -> None:
        """Close it without a word. It no longer counts."""
        self._open.pop(self, None)
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.pop(self, None)
        self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()
