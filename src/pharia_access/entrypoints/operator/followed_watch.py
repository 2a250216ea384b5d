"""One watch of Kopf as it goes: notices that it says nothing, or hangs, by the rules of `kube.watch_rules`."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import aiohttp

from pharia_access.kube.watch_rules import EARLY_SECONDS, GRACE_SECONDS

__all__ = ["FollowedWatch"]

_BEGIN_ANEW: Final = json.dumps({"type": "ERROR", "object": {"kind": "Status", "code": 410}}).encode() + b"\n"
"""After this Kopf lists, and watches from there."""


class FollowedWatch:
    """Stands in for the content of a watch's answer, which Kopf reads by `iter_chunked`.

    Args:
        seconds: after which the API server ends the watch.
        on_piece: called with each piece.
        on_silent: called where the watch ended in time or hangs, and said nothing: a watch from a version that the
            server has not reached (its etcd was restored) is answered, says nothing, and ends cleanly.
        on_broken: called where it ended otherwise than it should: it may go on, if the server did not go back.
        hang_up: ends the connection.
    """

    def __init__(  # noqa: PLR0913 - four listeners, by keyword
        self,
        content: Any,  # noqa: ANN401 - aiohttp's StreamReader, of which all but one method is passed on
        *,
        seconds: float,
        on_piece: Callable[[], None],
        on_silent: Callable[[], None],
        on_broken: Callable[[], None],
        hang_up: Callable[[], None],
    ) -> None:
        self._content = content
        self._seconds = seconds
        self._on_piece = on_piece
        self._on_silent = on_silent
        self._on_broken = on_broken
        self._hang_up = hang_up
        self.over = False
        """Set it where the cluster went back: the watch then ends at once, and Kopf begins anew."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as above
        return getattr(self._content, name)

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        """Give what comes. Raises what aiohttp raises, and ClientPayloadError where the watch hangs."""
        if self.over:
            yield _BEGIN_ANEW
            return
        loop = asyncio.get_running_loop()
        began, received = loop.time(), False
        try:
            async for chunk in self._pieces(size):
                received = True
                self._on_piece()
                yield chunk
        except TimeoutError as error:
            self._hang_up()
            if received:
                self._on_broken()
                message = "the watch hangs"
                raise aiohttp.ClientPayloadError(message) from error
        except (aiohttp.ClientError, OSError):
            self._on_broken()
            raise
        if loop.time() - began < self._seconds - EARLY_SECONDS:
            self._on_broken()
        elif not received:
            self._on_silent()
            yield _BEGIN_ANEW

    async def _pieces(self, size: int) -> AsyncIterator[bytes]:
        """Raises TimeoutError where nothing comes for longer than the watch's time."""
        pieces = aiter(self._content.iter_chunked(size))
        while True:
            async with asyncio.timeout(self._seconds + GRACE_SECONDS):
                try:
                    piece = await anext(pieces)
                except StopAsyncIteration:
                    return
            yield piece
