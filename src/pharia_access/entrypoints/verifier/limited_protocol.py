"""Read requests with the parser, within the bounds on what a client may cost, and find where they end.

No byte of one message becomes part of another: where the end of a message is in doubt, the connection reads nothing
more (decision 0021).
"""

import asyncio
from http import HTTPStatus
from math import inf
from typing import Final, NoReturn
from urllib.parse import unquote

import httptools
from starlette.types import Scope

from pharia_access.entrypoints.verifier.answering import AnsweringConnection
from pharia_access.entrypoints.verifier.heads import Head, target_refusal
from pharia_access.entrypoints.verifier.limits import BODY_SLACK_FACTOR, CLOSING
from pharia_access.entrypoints.verifier.pieces import Pieces
from pharia_access.entrypoints.verifier.ports import Port
from pharia_access.entrypoints.verifier.targets import RequestLines
from pharia_access.entrypoints.verifier.turns import Turn

__all__ = ["LimitedProtocol"]

_MOST_HEADERS: Final = 128
"""Each header costs a hundred bytes of memory, however short. Envoy and Apache take a hundred headers."""
_MOST_UNANSWERED: Final = 2
"""Requests of a connection: the application answers one, and one waits."""


_NOBODYS: Final = httptools.HttpRequestParser(object())


class EnoughReadError(Exception):
    """Raised in callbacks to stop the parser: the connection reads nothing more."""


class LimitedProtocol(AnsweringConnection):
    """The reading side of a connection. The application answers all requests."""

    def __init__(self, port: Port, loop: asyncio.AbstractEventLoop | None = None) -> None:
        super().__init__(port, loop)
        self.parser = httptools.HttpRequestParser(self)
        self.url, self.headers = b"", list[tuple[bytes, bytes]]()
        self.offered = False
        """Whether a head offered an upgrade. The parser reads the head again without the offer."""
        self._wire_pieces, self._lines = Pieces(), RequestLines()
        self._in_head = True
        self._has_ended = False
        """Whether a message ended with the current piece: no other message may begin in the piece."""
        self._unparsed = 0
        self._body_bytes = 0

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the client has gone, and read nothing more.

        The parser and the protocol refer to each other, and so do a turn and its connection. Without this, the memory
        of TLS would wait for garbage collection, for thousands of connections at a time.
        """
        super().connection_lost(exc)
        self.parser, self.latest = _NOBODYS, None

    def data_received(self, data: bytes) -> None:
        """Read, as far as the bounds allow."""
        at = 0
        while at < len(data):
            if self.deaf or self.transport.is_closing():
                self.drop(len(data) - at)
                return
            piece = self._wire_pieces.next(data, at, at_beginning=not self.half_read)
            at += len(piece)
            self._read(piece)

    # --- the parser's callbacks

    def on_message_begin(self) -> None:
        """Begin a request, and its deadline. The request is one too many where another waits already."""
        self.url, self.headers = b"", []
        if self.offered:
            return
        if self._has_ended:  # the bounds missed the beginning of this message; `pieces` prevents this
            self._refuse_and_stop(HTTPStatus.BAD_REQUEST)
        self.half_read = True
        if self.turns or self.deaf:
            self._make_it_wait()
        self.deadline = self.loop.time() + self.limits.request_seconds

    def on_url(self, part: bytes) -> None:
        """Take a part of the target. After `PRI` the parser would wait for HTTP/2's whole preface, and refuse it."""
        if self.parser.get_method() == b"PRI":
            self._refuse_and_stop(HTTPStatus.BAD_REQUEST)
        self.url += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header. Drop trailers, which mean nothing to us (RFC 9110 section 6.5.1)."""
        if not self._in_head:
            return
        if len(self.headers) == _MOST_HEADERS:
            self._refuse_and_stop(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Judge the head. Where it offers an upgrade, the parser would skip the body: read the head again."""
        if self.parser.should_upgrade():
            if self.parser.get_method() == b"CONNECT":
                self._refuse_and_stop(HTTPStatus.BAD_REQUEST)
            self.offered = True
            return
        self._bound_what_is_no_body()
        self._in_head, self._unparsed, self._body_bytes = False, 0, 0
        self._begin()
        self.offered = False

    def on_body(self, body: bytes) -> None:
        """Take a part of the body. The application answers a body that is too long; far longer ones are cut off."""
        missing = self.limits.body_bytes - self._body_bytes
        # The sizes of chunks stay counted: in a body of one-byte chunks, each byte costs as much as a request.
        self._unparsed, self._body_bytes = self._unparsed - len(body), self._body_bytes + len(body)
        if self._body_bytes > self.limits.body_bytes * BODY_SLACK_FACTOR:
            self._refuse_and_stop(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        elif missing >= 0 and self.latest is not None:
            self.latest.take(body)

    def on_message_complete(self) -> None:
        """End the request: from here on, only the verifier can be slow."""
        if self.offered:
            return
        self._bound_what_is_no_body()
        is_lost = self._wire_pieces.is_lost
        self._wire_pieces.begin()
        self._has_ended = self._in_head = self.asked = True
        self.half_read, self._unparsed = False, 0
        self.deadline = inf if self.turns else self.loop.time() + self.limits.idle_seconds
        if self.latest is None:
            return
        self.latest.is_whole()
        if is_lost or not (self.latest.keep_alive and self.parser.should_keep_alive()):
            self.discard_input()

    def head(self) -> Head:
        """Return the head that the parser has just read."""
        return Head(self.parser.get_method(), self.url, self.parser.get_http_version(), self.headers)

    def _read(self, piece: bytes) -> None:
        self._unparsed += len(piece)
        self._has_ended = False
        if self._in_head:
            piece = self._lines.read(piece, at_beginning=not self.half_read)
            if self._lines.is_foreign or self._lines.unsound is not None:
                self._refuse_line()
                return
        try:
            self._parse(piece)
        except httptools.HttpParserError:
            self.discard_input(CLOSING[HTTPStatus.BAD_REQUEST])
        if self._unparsed > self.limits.head_bytes:
            self.discard_input(CLOSING[HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE])

    def _refuse_line(self) -> None:
        """Refuse a request line that the parser must not see."""
        unsound = self._lines.unsound
        self.discard_input(CLOSING[HTTPStatus.BAD_REQUEST if unsound is None else target_refusal(unsound)])

    def _parse(self, data: bytes) -> None:
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                data = data[offer.args[0] :]
            else:
                return
            head = self.head().without_offer()
            self.parser = httptools.HttpRequestParser(self)
            self.parser.feed_data(head)

    def _make_it_wait(self) -> None:
        if len(self.turns) == _MOST_UNANSWERED:
            self.discard_input()
        if self.deaf:
            raise EnoughReadError

    def _bound_what_is_no_body(self) -> None:
        """Bound a head, or the bytes around chunks, exactly: a piece ends where they end."""
        if self._unparsed > self.limits.head_bytes:
            self._refuse_and_stop(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def _refuse_and_stop(self, status: HTTPStatus) -> NoReturn:
        self.discard_input(CLOSING[status])
        raise EnoughReadError

    def _begin(self) -> None:
        head = self.head()
        refusal = head.refusal()
        if refusal is not None:
            self._refuse_and_stop(refusal)
        self._wire_pieces.begin(head.length())
        keep_alive = head.version == "1.1" and self.parser.should_keep_alive()
        self.begin_turn(Turn(self, _scope(head), expects=head.waits_for_continue(), keep_alive=keep_alive))


def _scope(head: Head) -> Scope:
    path, query = head.place or (b"", b"")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": head.version,
        "method": head.method.decode("ascii"),
        "scheme": "http",
        "root_path": "",
        "path": unquote(path.decode("ascii")),
        "raw_path": path,
        "query_string": query,
        "headers": head.headers,
    }
