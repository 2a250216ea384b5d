"""What is sent on a connection, and how that ends.

It is open; then it has heard enough (`deaf`: what comes is dropped, what is due is still answered); then it is over
(`is_over`: the last answer was written).
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
        """By the loop's clock: when the request that is read must be whole, or an idle connection has had its time."""
        self.deaf = False
        self.is_over = False
        self.at_end = False
        """The client sends no more."""
        self.turns: deque[Turn] = deque()
        """Requests without a whole answer: the first is being answered."""
        self.taken_by = inf
        """By the loop's clock: when the client must have taken the answers that wait for it."""
        self._dropped = 0

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - the same
        """Send over that."""
        self.transport = transport
        transport.set_write_buffer_limits(high=UNTAKEN_BYTES, low=0)
        self.flow = Flow(transport)

    def connection_lost(self, _exc: Exception | None) -> None:
        """The client has gone: no turn may write any more."""
        self.deaf = self.is_over = True
        self.give_up_all()
        self.flow.end()

    def pause_writing(self) -> None:
        """The client does not take its answers."""
        self.flow.pause_writing()
        self.taken_by = self.loop.time() + self.limits.request_seconds

    def resume_writing(self) -> None:
        """It takes them again."""
        self.flow.resume_writing()
        self.taken_by = inf

    def give_up_all(self) -> None:
        """Nobody waits for any of the answers that are due."""
        for turn in self.turns:
            turn.give_up()
        self.turns.clear()

    @property
    def is_secure(self) -> bool:
        """Whether it speaks TLS, which has no way to end one direction alone."""
        return self.transport.get_extra_info("sslcontext") is not None

    def write(self, data: bytes) -> None:
        """Send something, unless the connection is over."""
        if not (self.is_over or self.transport.is_closing()):
            self.transport.write(data)

    def hear_no_more(self, last_words: bytes = b"") -> None:
        """Drop what comes from now on, answer what is due, say `last_words`, and end."""
        raise NotImplementedError

    def end(self, last_words: bytes = b"") -> None:
        """Close, once all is sent and the client had a moment to take it.

        A socket that is closed with bytes unread is reset, and the client may lose the answer (RFC 9112 section 9.6).
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
        except OSError:  # the client has gone; asyncio's loop tells it here, uvloop does not
            self.transport.abort()

    def close(self) -> None:
        """End where nothing is due."""
        self.deaf = self.is_over = True
        self.transport.close()

    def abort(self) -> None:
        """End at once, whatever is due."""
        self.transport.abort()

    def drop(self, count: int) -> None:
        """So many bytes came that are not read: for a while that is waited for, see `end`."""
        self._dropped += count
        if self.is_over and self._dropped > self.limits.body_bytes * BODY_SLACK_FACTOR:
            self.transport.abort()
