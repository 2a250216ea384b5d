"""A connection's life: its place among all, how long it may take, and how it ends.

It is open; then it has heard enough (`deaf`: what comes is dropped, what is due is still answered); then it is over
(`is_over`: the last answer was written).
"""

import asyncio
import socket
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus
from math import inf
from typing import Any

from pharia_access.entrypoints.verifier.flow import Flow
from pharia_access.entrypoints.verifier.limits import (
    CLOSING,
    LINGER_SECONDS,
    PATIENCE_WITH_BODIES,
    UNTAKEN_BYTES,
    Closed,
)
from pharia_access.entrypoints.verifier.ports import Port
from pharia_access.entrypoints.verifier.turns import Turn, give_up_all

__all__ = ["Connection", "cut_slow_clients"]


class Connection(asyncio.Protocol):
    """One connection, whatever is read of it and answered.

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
        self.half_read = False
        """A request has begun to come, and is not whole."""
        self.asked = False
        """A whole request has come."""
        self.deaf = False
        self.is_over = False
        self.kept = False
        """A token was accepted on it lately, and it may stay."""
        self.shown = False
        """One was accepted since `cut_if_late` looked."""
        self.at_end = False
        """The client sends no more."""
        self.turns: deque[Turn] = deque()
        """Requests without a whole answer: the first is being answered."""
        self._kept_until = inf
        self._taken_by = inf
        """By the loop's clock: when the client must have taken the answers that wait for it."""
        self._dropped = 0
        self._accepted_socket: socket.socket | None = None

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - the same
        """Take a connection."""
        self.transport = transport
        transport.set_write_buffer_limits(high=UNTAKEN_BYTES, low=0)
        self.flow = Flow(transport)
        self.port.connections.add(self)
        self.deadline = self.loop.time() + self.limits.request_seconds
        if self._accepted_socket is None:
            self.room.enter(self)
        elif self.is_over:
            transport.abort()  # its place was taken meanwhile

    def take_place(self, accepted: socket.socket) -> None:
        """It was accepted: `connection_made` comes in a moment, or when a handshake has ended well."""
        self._accepted_socket = accepted
        self.room.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone: no turn may write any more."""
        self.deaf = self.is_over = True
        give_up_all(self.turns)
        self.flow.end()
        self.room.leave(self)
        self.port.connections.discard(self)

    def pause_writing(self) -> None:
        """The client does not take its answers."""
        self.flow.pause_writing()
        self._taken_by = self.loop.time() + self.limits.request_seconds

    def resume_writing(self) -> None:
        """It takes them again."""
        self.flow.resume_writing()
        self._taken_by = inf

    # --- its place among all

    def may_stay(self, status: int, *, more: bool = False) -> bool:
        """Whether an answer with this status need not be the last one. Only who shows a good token is answered 200.

        Args:
            more: another request has come, or begun to, which is answered too.
        """
        if self.port.draining:
            return more
        return status != HTTPStatus.OK or self.is_kept()

    def is_kept(self) -> bool:
        """A token was accepted: whether the connection may stay open behind the answer."""
        self.shown = True
        self.kept = self.kept or self.room.keep(self)
        return self.kept

    def drain(self) -> None:
        """The process ends, as the port says: what is answered from now on is the last answer."""
        self.kept = False

    def end_idle(self) -> None:
        """The process ends, and has waited: close, if nothing is due."""
        if not (self.turns or self.half_read):
            self._close()

    def turn_out(self) -> None:
        """Close at once, since another one needs the place. Whose request is not answered yet is told so."""
        if self.transport is None:
            self._cut_before_it_is_made()
            return
        started = self.deaf or any(turn.started for turn in self.turns)
        if (self.half_read or self.turns) and not started:
            self.transport.write(CLOSING[HTTPStatus.SERVICE_UNAVAILABLE])
        self.deaf = self.is_over = True
        give_up_all(self.turns)
        if self.flow.write_paused or self.is_secure:
            self.transport.abort()  # the end of TLS, or of what is not taken, would be waited for
        else:
            self.transport.close()
            # What the client does not take at once is not waited for: its descriptor is no longer counted.
            self.loop.call_soon(self.transport.abort)

    def _cut_before_it_is_made(self) -> None:
        """The socket is the event loop's; it hears of this as of a client that has gone."""
        self.deaf = self.is_over = True
        if self._accepted_socket is not None:
            with suppress(OSError):
                self._accepted_socket.shutdown(socket.SHUT_RDWR)

    @property
    def is_secure(self) -> bool:
        """Whether it speaks TLS, which has no way to end one direction alone."""
        return self.transport.get_extra_info("sslcontext") is not None

    # --- how it ends

    def abort(self) -> None:
        """At once."""
        self.transport.abort()

    def hear_no_more(self, last_words: bytes = b"") -> None:
        """Drop what comes from now on, answer what is due, say `last_words`, and end."""
        raise NotImplementedError

    def write(self, data: bytes) -> None:
        """Send something, unless the connection is over."""
        if not (self.is_over or self.transport.is_closing()):
            self.transport.write(data)

    def end(self, last_words: bytes = b"") -> None:
        """Close, once all is sent and the client had a moment to take it.

        A socket that is closed with bytes unread is reset, and the client may lose the answer (RFC 9112 section 9.6).
        """
        if self.is_over:
            return
        if last_words:
            self.write(last_words)
        self.deaf = self.is_over = True
        give_up_all(self.turns)
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

    def drop(self, count: int) -> None:
        """So many bytes came that are not read: for a while that is waited for, see `end`."""
        self._dropped += count
        if self.is_over and self._dropped > self.limits.body_bytes * PATIENCE_WITH_BODIES:
            self.transport.abort()

    # --- time

    def cut_if_late(self, now: float) -> bool:
        """End the connection if the client has had its time; whether it had."""
        self._keep_no_longer(now)
        closing = self.transport.is_closing()
        if closing:
            self._taken_by = min(self._taken_by, now + self.limits.request_seconds)
        elif self._waits_for_us:
            self.deadline = max(self.deadline, now + self.limits.request_seconds)
        if self._taken_by < now:
            self.room.closed(Closed.UNTAKEN)
            self.transport.abort()  # closing would wait for the client to take what it was sent
        elif self.deadline < now and not closing:
            self._close_late()
        else:
            return False
        return True

    def _keep_no_longer(self, now: float) -> None:
        """Who goes on without an accepted token makes room again: else a revoked one would keep its places."""
        if self.shown:
            self.shown, self._kept_until = False, now + self.limits.idle_seconds
        elif self.kept and self._kept_until < now:
            self.kept = False
            self.room.keep_no_longer(self)

    @property
    def _waits_for_us(self) -> bool:
        """Whether the client cannot send on: the application has not said that it wants the body, or does not read."""
        if not self.turns or not self.turns[0].more_body:
            return False
        return self.turns[0].waiting_for_100_continue or self.flow.read_paused

    def _close_late(self) -> None:
        """What is due is answered before."""
        if not self.is_over:
            self.room.closed(Closed.IDLE if self.asked and not self.half_read else Closed.LATE)
        if any(not turn.more_body for turn in self.turns):
            self.hear_no_more()
        else:
            self._close()

    def _close(self) -> None:
        self.deaf = self.is_over = True
        self.transport.close()


def cut_slow_clients(connections: Iterable[Connection], now: float) -> int:
    """End the connections whose clients have had their time; how many."""
    return sum([one.cut_if_late(now) for one in list(connections)])
