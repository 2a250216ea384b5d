"""A request's turn on its connection: hand the request to the ASGI application, and send the application's answer.

A turn sends an answer once the answer is complete, head and body together: our answers are small, and their length is
known. An application may run on for a moment after its client has gone, or after the connection's last answer. The turn
drops what the application sends then.
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
"""Bytes of a body that the application has not taken. Reading pauses beyond."""


class _Connection(Protocol):
    """The part of a connection that a turn needs."""

    flow: Flow

    @property
    def is_over(self) -> bool:
        """Whether nothing more may be written."""

    def write(self, data: bytes) -> None:
        """Send bytes."""

    def may_go_on(self, status: int) -> bool:
        """Tell whether the connection may stay open after this answer to the first turn."""

    def answered(self, answer: bytes, *, keep_alive: bool) -> None:
        """Send the answer to the first turn."""


class Turn:
    """A request, from its head to the end of its answer.

    Attributes:
        keep_alive: the connection may stay open after the answer.
        waiting_for_100_continue: the client may wait for a 100 before it sends the body. A final answer instead is the
            connection's last (RFC 9110 section 10.1.1): such a client may leave the body out, or send it all the same,
            and only the client knows whether the next bytes are the body or a request.
        more_body: the request is not complete yet.
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
        """Tell the application that nobody waits for the answer, and drop what it still sends."""
        self._gone = True
        self._wake.set()

    def take(self, body: bytes) -> None:
        """Take a part of the body."""
        if self._complete:
            return
        self.body += body
        if len(self.body) > _MOST_KEPT_BYTES:
            self._connection.flow.pause_reading()
        self._wake.set()

    def is_whole(self) -> None:
        """Note that the request is complete."""
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
        """Take a part of the answer. Only good tokens get 200, so that status keeps a place for the connection."""
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
        kept = tuple(header for header in headers if header[0] != b"content-length")
        is_head = self._scope["method"] == "HEAD"
        answer = render_parts(status, kept, body, keep_alive=stays, head=is_head)
        # Only now: an application whose answer cannot be rendered gets a 500 sent, and no client waits for ever.
        self.started = self._complete = True
        self.body = bytearray()  # more of it may come; nobody wants what came so far
        self._wake.set()
        self._connection.answered(answer, keep_alive=stays)
