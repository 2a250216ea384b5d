"""The sending side of a connection, and its end.

A connection is open at first. Then it may be `deaf`: it drops further bytes, and still answers pending requests. At
last it is over (`is_over`): the last answer was written.
"""

import asyncio
from collections import deque
from math import inf
from typing import Any

from pharia_access.entrypoints.verifier.flow import Flow
from pharia_access.entrypoints.verifier.limits import BODY_SLACK_FACTOR, LINGER_SECONDS, UNTAKEN_BYTES
from pharia_access.entrypoints.verifier.ports import Port
from pharia_access.entrypoints.verifier.turns import Turn

__all__ = ["Channel"]


class Channel(asyncio.Protocol):
    """The transport's side of a connection.

    Args:
        loop: the running one, unless a test has another.
    """

    flow: Flow
    transport: Any = None  # uvloop's transports are no asyncio.Transport

    def __init__(self, port: Port, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self.port, self.limits, self.room = port, port.limits, port.room
        self.loop = loop or asyncio.get_running_loop()
        self.deadline = inf
        """By the loop's clock: when the current request must be complete, or when an idle connection ends."""
        self.deaf = False
        self.is_over = False
        self.at_end = False
        """The client sends no more."""
        self.turns: deque[Turn] = deque()
        """Requests without a complete answer. The application answers the first."""
        self.taken_by = inf
        """By the loop's clock: when the client must have taken the answers that wait."""
        self._dropped = 0

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - the same
        """Send over this transport."""
        self.transport = transport
        transport.set_write_buffer_limits(high=UNTAKEN_BYTES, low=0)
        self.flow = Flow(transport)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Note that the client has gone: no turn may write any more."""
        self.deaf = self.is_over = True
        self.give_up_all()
        self.flow.end()

    def pause_writing(self) -> None:
        """Note that the client does not take its answers."""
        self.flow.pause_writing()
        self.taken_by = self.loop.time() + self.limits.request_seconds

    def resume_writing(self) -> None:
        """Note that the client takes its answers again."""
        self.flow.resume_writing()
        self.taken_by = inf

    def give_up_all(self) -> None:
        """Give up all pending requests: nobody waits for their answers."""
        for turn in self.turns:
            turn.give_up()
        self.turns.clear()

    @property
    def is_secure(self) -> bool:
        """Whether the connection uses TLS, which cannot end one direction alone."""
        return self.transport.get_extra_info("sslcontext") is not None

    def write(self, data: bytes) -> None:
        """Send bytes, unless the connection is over."""
        if not (self.is_over or self.transport.is_closing()):
            self.transport.write(data)

    def discard_input(self, last_words: bytes = b"") -> None:
        """Drop further bytes, answer pending requests, send `last_words`, and end."""
        raise NotImplementedError

    def end(self, last_words: bytes = b"") -> None:
        """Close after all is sent and the client has had a moment to take it.

        The kernel resets a socket that closes with unread bytes, and the client may lose the answer (RFC 9112 9.6).
        """
        if self.is_over:
            return
        if last_words:
            self.write(last_words)
        self.deaf = self.is_over = True
        self.give_up_all()
        if self.transport.is_closing():
            return
        if self.at_end or not self.transport.can_write_eof():
            self.transport.close()
            return
        self.deadline = self.loop.time() + LINGER_SECONDS
        self.flow.release_reading()
        try:
            self.transport.write_eof()
        except OSError:  # the client has gone; asyncio's loop raises here, uvloop does not
            self.transport.abort()

    def close(self) -> None:
        """Close where no request is pending."""
        self.deaf = self.is_over = True
        self.transport.close()

    def abort(self) -> None:
        """Close at once, whatever is pending."""
        self.transport.abort()

    def drop(self, count: int) -> None:
        """Count bytes that came after the last answer, and abort where they are too many, see `end`."""
        self._dropped += count
        if self.is_over and self._dropped > self.limits.body_bytes * BODY_SLACK_FACTOR:
            self.transport.abort()
