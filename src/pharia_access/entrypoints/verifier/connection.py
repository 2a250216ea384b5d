"""A connection's place among all of its port, and the time that it has."""

import asyncio
import socket
from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus
from math import inf
from typing import Any

from pharia_access.entrypoints.verifier.channel import Channel
from pharia_access.entrypoints.verifier.limits import CLOSING, Closed
from pharia_access.entrypoints.verifier.ports import Port

__all__ = ["Connection", "close_overdue"]


class Connection(Channel):
    """One connection, whatever is read of it and answered."""

    def __init__(self, port: Port, loop: asyncio.AbstractEventLoop | None = None) -> None:
        super().__init__(port, loop)
        self.half_read = False
        """A request has begun to come, and is not whole."""
        self.asked = False
        """A whole request has come."""
        self.active = False
        """A check was answered since `close_if_overdue` looked: to ask for the time then is enough."""
        self.kept = False
        """A token was accepted on it lately, and it may stay."""
        self.shown = False
        """One was accepted since `close_if_overdue` looked."""
        self._kept_until = inf
        self._accepted_socket: socket.socket | None = None

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - uvloop's transports are no asyncio.Transport
        """Take a connection."""
        super().connection_made(transport)
        self.port.connections.add(self)
        self.deadline = self.loop.time() + self.limits.request_seconds
        if self._accepted_socket is None:
            self.room.enter(self)
        elif self.is_over:
            transport.abort()  # its place was taken meanwhile
        self.room.end_handshake(self)

    def take_place(self, accepted: socket.socket, *, shakes_hands: bool) -> None:
        """It was accepted: `connection_made` comes in a moment, or when a handshake has ended well."""
        self._accepted_socket = accepted
        self.room.enter(self, shakes_hands=shakes_hands)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        super().connection_lost(exc)
        self.room.leave(self)
        self.port.connections.discard(self)

    # --- its place among all

    def may_stay(self, status: int, *, more: bool = False) -> bool:
        """Whether an answer with this status need not be the last one. Only who shows a good token is answered 200.

        `more`: another request has come, or begun to, which is answered too.
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
            self.close()

    def turn_out(self) -> None:
        """Close at once, since another one needs the place. Whose request is not answered yet is told so."""
        if self.transport is None:
            self._cut_before_it_is_made()
            return
        started = self.deaf or any(turn.started for turn in self.turns)
        if (self.half_read or self.turns) and not started:
            self.transport.write(CLOSING[HTTPStatus.SERVICE_UNAVAILABLE])
        self.deaf = self.is_over = True
        self.give_up_all()
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

    # --- time

    def close_if_overdue(self, now: float) -> bool:
        """End the connection if the client has had its time; whether it had."""
        self._note_activity(now)
        closing = self.transport.is_closing()
        if closing or self.flow.write_paused or self.transport.get_write_buffer_size():
            self.taken_by = min(self.taken_by, now + self.limits.request_seconds)
        else:
            self.taken_by = inf
        if self._waits_for_us and not closing:
            self.deadline = max(self.deadline, now + self.limits.request_seconds)
        if self.taken_by < now:
            self.room.closed(Closed.UNTAKEN)
            self.transport.abort()  # closing would wait for the client to take what it was sent
        elif self.deadline < now and not closing:
            self._close_late()
        else:
            return False
        return True

    def _note_activity(self, now: float) -> None:
        """Who goes on without an accepted token makes room again: else a revoked one would keep its places."""
        if self.active:
            self.active, self.asked = False, True
            if not (self.half_read or self.turns or self.deaf):
                self.deadline = now + self.limits.idle_seconds
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
            self.close()


def close_overdue(connections: Iterable[Connection], now: float) -> int:
    """End the connections whose clients have had their time; how many."""
    return sum([one.close_if_overdue(now) for one in list(connections)])
