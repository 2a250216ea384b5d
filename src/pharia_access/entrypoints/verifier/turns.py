"""A request's turn on its connection: what an ASGI application is told of the request, and the answer that it gives.

An answer is sent once it is whole, head and body at once: ours are small, and their length is known before. An
application goes on for a moment after its client has gone, or after the connection's last answer. What it sends then
goes nowhere.
"""

import asyncio
import logging
from http import HTTPStatus
from typing import Final, Protocol

from starlette.types import ASGIApp, Message, Scope

from pharia_access.entrypoints.verifier.answers import Headers, render_parts
from pharia_access.entrypoints.verifier.flow import Flow

__all__ = ["Turn"]

log = logging.getLogger(__name__)

_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_MOST_KEPT_BYTES: Final = 65536
"""Of a body that the application has not taken: more is not read before it does."""


class _Connection(Protocol):
    """What a turn needs of its connection."""

    flow: Flow

    @property
    def is_over(self) -> bool:
        """Whether nothing more may be written."""

    def write(self, data: bytes) -> None:
        """Send something."""

    def may_go_on(self, status: int) -> bool:
        """Whether the answer to the turn at the head of the queue need not be the last one, with this status."""

    def answered(self, answer: bytes, *, keep_alive: bool) -> None:
        """The turn at the head of the queue has its answer."""


class Turn:
    """A request, from its head to the end of its answer.

    Attributes:
        keep_alive: the connection may go on behind the answer.
        waiting_for_100_continue: the client may wait for a 100 before it sends the body. A final answer instead is the
            connection's last (RFC 9110 section 10.1.1): such a client may leave the body out, or send it all the same.
            Nobody but it knows whether what comes next is the body or a request.
        more_body: the request is not whole yet.
        started: the application began to answer.
    """

    def __init__(self, connection: _Connection, scope: Scope, *, expects: bool, keep_alive: bool) -> None:
        self._connection = connection
        self._scope = scope
        self._wake = asyncio.Event()
        self._status, self._headers, self._answer = 0, tuple[tuple[bytes, bytes], ...](), b""
        self._gone = self._complete = False
        self.waiting_for_100_continue = expects
        self.keep_alive = keep_alive
        self.body = bytearray()
        self.more_body = True
        self.started = False

    # --- what the connection tells

    def give_up(self) -> None:
        """Nobody waits for the answer: the application is told, and what it still sends is dropped."""
        self._gone = True
        self._wake.set()

    def take(self, body: bytes) -> None:
        """A part of the body came."""
        if self._complete:
            return
        self.body += body
        if len(self.body) > _MOST_KEPT_BYTES:
            self._connection.flow.pause_reading()
        self._wake.set()

    def is_whole(self) -> None:
        """The request's last byte came."""
        self.more_body = False
        self._wake.set()

    async def run(self, app: ASGIApp) -> None:
        """Have the application answer."""
        try:
            await app(self._scope, self._receive, self._send)
        except asyncio.CancelledError:
            self.give_up()  # the process ends
        except Exception:
            log.exception("a request could not be answered")
        if not (self._gone or self._complete):
            self._finish(HTTPStatus.INTERNAL_SERVER_ERROR, (), b"", keep_alive=False)

    # --- ASGI

    async def _receive(self) -> Message:
        if self.waiting_for_100_continue and not self._connection.is_over:
            self._connection.write(_CONTINUE)
            self.waiting_for_100_continue = False
        if not (self._gone or self._complete):
            self._connection.flow.resume_reading()
            await self._wake.wait()
            self._wake.clear()
        if self._gone or self._complete:
            return {"type": "http.disconnect"}
        body, self.body = bytes(self.body), bytearray()
        return {"type": "http.request", "body": body, "more_body": self.more_body}

    async def _send(self, message: Message) -> None:
        """Only who shows a good token is answered 200, so such an answer keeps a place for the connection."""
        if self._connection.flow.write_paused and not self._gone:
            await self._connection.flow.drain()
        if self._gone or self._complete:
            return
        if not self.started:
            self.started = True
            self._status, self._headers = message["status"], tuple(message["headers"])
            return
        self._answer += message.get("body", b"")
        if not message.get("more_body", False):
            keep_alive = self.keep_alive and not self.waiting_for_100_continue
            self._finish(self._status, self._headers, self._answer, keep_alive=keep_alive)

    def _finish(self, status: int, headers: Headers, body: bytes, *, keep_alive: bool) -> None:
        stays = self._connection.may_go_on(status) and keep_alive
        told = tuple(header for header in headers if header[0] != b"content-length")
        is_head = self._scope["method"] == "HEAD"
        answer = render_parts(status, told, body, keep_alive=stays, head=is_head)
        # Only now: who gave what cannot be sent is answered 500, and does not wait for ever.
        self.started = self._complete = True
        self.body = bytearray()  # it may go on to come; nobody wants what came so far
        self._wake.set()
        self._connection.answered(answer, keep_alive=stays)
