"""What h11 makes of a stream where it answers by our rules: a server's other half, read by another parser.

h11 decides what a message is and where it ends. By ours are the bounds, what is refused by name (decision 0021), and
what h11 refuses and we read: `LENIENCES`, which a message is only given where h11 refused it as it came.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import h11

from tests.support.streams.chunk_parts import without_zeros
from tests.support.streams.stream_rules import BEFORE, LENIENCES, ZEROS, asked_place, objections
from tests.support.streams.stream_talk import Asked

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Item", "Reading", "read_stream"]

_HUGE = 2**20
_HEAD_END = re.compile(rb"\n\r?\n")
_TARGET = re.compile(rb"[^ ]+ +([^ ]*)")
ANY = frozenset({400, 401, 413, 417, 431, 501, 505})
"""What h11 cannot read has no name of its own."""


@dataclass(frozen=True, slots=True)
class Item:
    """A whole request.

    Attributes:
        head, body: as they came.
        stays: the connection does, behind its answer.
        given: leniences that it took to read it.
    """

    asked: Asked
    start: int
    head: bytes
    body: bytes
    stays: bool
    given: tuple[str, ...]

    @property
    def end(self) -> int:
        """Where it ends in the stream."""
        return self.start + len(self.head) + len(self.body)


@dataclass(frozen=True, slots=True)
class Reading:
    """All requests of a stream, and how it goes on.

    Attributes:
        refused: by which of these statuses what comes next is refused; empty if it is not.
        closed: nothing more is read.
        rest: what comes next, as far as it came.
    """

    items: tuple[Item, ...]
    refused: frozenset[int]
    closed: bool
    rest: bytes


def read_stream(stream: bytes) -> Reading:
    """Read it to its end, or to where nothing more is to be read."""
    items: list[Item] = []
    at = 0
    while True:
        start, given = _skipped(stream, at)
        message = _Message(stream[start:], skipped=start - at)
        item = message.read(start, given)
        if item is None:
            refused = message.refused
            return Reading(tuple(items), refused, closed=bool(refused), rest=stream[at:])
        items.append(item)
        at = item.end
        if not item.stays:
            return Reading(tuple(items), frozenset(), closed=True, rest=stream[at:])


def _skipped(stream: bytes, at: int) -> tuple[int, tuple[str, ...]]:
    """Line ends before a request: h11 takes none."""
    start = at
    while stream[start : start + 1] in {b"\r", b"\n"}:
        start += 1
    return start, (BEFORE,) if start > at else ()


class _Message:
    """One message at the beginning of some bytes; so many line ends were skipped before it."""

    def __init__(self, data: bytes, *, skipped: int) -> None:
        self._skipped = skipped
        found = _HEAD_END.search(data)
        size = found.end() if found else len(data)
        self._head, self._rest = data[:size], data[size:]
        self.refused: frozenset[int] = frozenset()

    def read(self, start: int, given: tuple[str, ...]) -> Item | None:
        """The request; None where it is refused or not whole."""
        if not self._head:
            return None
        for names, head, rest in _forms(self._head, self._rest):
            connection = h11.Connection(h11.SERVER, _HUGE)
            connection.receive_data(head + rest)
            try:
                request = connection.next_event()
                if not isinstance(request, h11.Request):
                    return None
                self.refused = objections(request, _target(self._head), self._skipped + len(self._head))
                content = None if self.refused else _content(connection)
            except h11.RemoteProtocolError:
                continue
            if content is None:
                return None
            return self._item(connection, request, content, start, (*given, *names))
        self.refused = ANY
        return None

    def _item(
        self, connection: h11.Connection, request: h11.Request, content: bytes, start: int, given: tuple[str, ...]
    ) -> Item:
        unread, _ = connection.trailing_data
        body = self._rest[: len(self._rest) - len(unread)]
        values = tuple(value for name, value in request.headers if name == b"authorization")
        path, query = asked_place(request.target)
        asked = Asked(request.method, path, query, values, content)
        return Item(asked, start, self._head, body, _stays(connection), given)


def _target(head: bytes) -> bytes:
    found = _TARGET.match(head)
    return found[1] if found else b""


def _content(connection: h11.Connection) -> bytes | None:
    """The body; None if it is not whole. Raises RemoteProtocolError."""
    content = b""
    while isinstance(event := connection.next_event(), h11.Data):
        content += event.data
    return content if isinstance(event, h11.EndOfMessage) else None


def _forms(head: bytes, rest: bytes) -> Iterator[tuple[tuple[str, ...], bytes, bytes]]:
    """The message as it came, then with one lenience more each time, as far as they change it."""
    names: tuple[str, ...] = ()
    yield names, head, rest
    for name, lenience in LENIENCES.items():
        changed = lenience.change(head)
        if changed != head:
            head, names = changed, (*names, name)
            yield names, head, rest
    if b"chunked" in head.lower() and (shown := without_zeros(rest)) != rest:
        yield (*names, ZEROS), head, shown


def _stays(connection: h11.Connection) -> bool:
    if connection.their_state not in {h11.DONE, h11.MUST_CLOSE}:
        # It might switch protocols. That no offer is taken, only an answer tells h11.
        connection.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
    return connection.their_state is not h11.MUST_CLOSE
