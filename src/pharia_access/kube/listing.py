"""Lists one of our kinds and decodes the bytes as they arrive: 100,000 objects are 290 MB, never in memory at once.

Requests the whole list, not pages: the API server serves a page from its cache only while it remembers that version,
at most five minutes in a quiet cluster, and reads each later page from etcd at five times the cost. See
docs/decisions/0018-lists-are-streamed.md.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from pharia_access.errors import InvalidObjectError, UnavailableError
from pharia_access.kube import paths
from pharia_access.kube.connection import Connection
from pharia_access.kube.http import Request
from pharia_access.kube.list_decoding import ListBody, decoded, read_listing

__all__ = ["LIST_SECONDS", "PAGE_SIZE", "ListChunk", "ListReader", "Lists"]

PAGE_SIZE: Final = 2500
"""The size of a page. With smaller pages the API server's cost of counting the remaining items grows quadratically."""
LIST_SECONDS: Final = 30.0
"""The longest silence of the API server, before or within a list. It limits a whole list to 60 seconds."""

_ENOUGH: Final = 64 * 1024
"""Bytes that are decoded at once: some twenty tokens, about 2 ms."""
_ITEMS: Final = b'"items":['
_SEPARATOR: Final = f'}},{{"apiVersion":"{paths.GROUP}/{paths.VERSION}","kind":'.encode()
"""The usual separator between items. A false match is harmless: the piece fails to parse and waits for more bytes."""

OnDate = Callable[[datetime | None], None]

_items: Final = msgspec.json.Decoder(list[msgspec.Raw])


class ListChunk(NamedTuple):
    """Some items of a list; the last chunk also has the list's metadata.

    Attributes:
        version: the list's resourceVersion; empty while unknown.
        more: where the next page begins; empty without one.
    """

    items: list[msgspec.Raw]
    version: str = ""
    more: str = ""


class ListReader:
    """Cuts a list into its items. With an unusual order of fields, the items are read at the end."""

    def __init__(self) -> None:
        self._head = b""
        self._rest = bytearray()
        self._enough = _ENOUGH

    def feed(self, chunk: bytes) -> list[msgspec.Raw]:
        """Return the items that have arrived completely; none if that is not known yet."""
        self._rest += chunk
        if len(self._rest) < self._enough:
            return []
        self._enough = 2 * len(self._rest)  # before it is searched again, in case nothing is found
        self._split_head()
        end = self._rest.rfind(_SEPARATOR) if self._head else -1
        return self._cut(end + 1) if end >= 0 else []

    def end(self) -> ListBody:
        """Return the last items and the list's metadata. Raises InvalidObjectError if the input is not a list."""
        return read_listing(self._head + bytes(self._rest))

    def _split_head(self) -> None:
        start = -1 if self._head else self._rest.find(_ITEMS)
        if start >= 0:
            self._head = bytes(self._rest[: start + len(_ITEMS)])
            del self._rest[: len(self._head)]

    def _cut(self, length: int) -> list[msgspec.Raw]:
        try:
            items = decoded(_items.decode, b"".join((b"[", self._rest[:length], b"]")))
        except InvalidObjectError:  # cut within an object
            return []
        del self._rest[: length + 1]  # and the comma
        self._enough = _ENOUGH
        return items


class Lists:
    """Lists one path after the other: whole, or in pages if the last list of that path took more than a minute."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._by_pages: set[str] = set()

    async def portions(
        self, path: str, selector: Mapping[str, str] | None = None, *, on_date: OnDate = lambda _: None
    ) -> AsyncGenerator[ListChunk, None]:
        """Yield all of a list. Raises the leaves of ApiError, and InvalidObjectError if the answer is not a list."""
        by_pages = path in self._by_pages
        self._by_pages.discard(path)
        query = {**({"limit": str(PAGE_SIZE)} if by_pages else {}), **(selector or {})}
        try:
            async with aclosing(self._pages(path, query, on_date)) as portions:
                async for portion in portions:
                    yield portion
        except UnavailableError as error:
            # A server that sends Retry-After has not begun: after its start it does so until its cache is full, and
            # reads pages from etcd meanwhile.
            if error.retry_after is None and not by_pages:
                self._by_pages.add(path)
            raise

    async def _pages(self, path: str, query: dict[str, str], on_date: OnDate) -> AsyncGenerator[ListChunk, None]:
        portion = ListChunk([])
        while True:
            async with aclosing(self._page(Request("GET", path, LIST_SECONDS, query=query), on_date)) as portions:
                async for portion in portions:
                    yield portion
            if not portion.more:
                return
            query = {**query, "continue": portion.more}

    async def _page(self, call: Request, on_date: OnDate) -> AsyncGenerator[ListChunk, None]:
        reader = ListReader()
        async with self._connection.stream(call, silence_seconds=LIST_SECONDS) as stream:
            on_date(stream.date)
            async for chunk in stream.chunks():
                if items := reader.feed(chunk):
                    yield ListChunk(items)
        last = reader.end()
        yield ListChunk(last.items, last.metadata.resource_version, last.metadata.continue_ or "")
