"""A connection's place among all connections of its port, and its deadlines."""

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
    """One connection, without reading and answering."""

    def __init__(self, port: Port, loop: asyncio.AbstractEventLoop | None = None) -> None:
        super().__init__(port, loop)
        self.half_read = False
        """A request has begun, and is not complete."""
        self.asked = False
        """A complete request has come."""
        self.active = False
        """A check was answered since the last `close_if_overdue`, which reads the clock for it."""
        self.kept = False
        """A token was accepted lately, so the connection may stay."""
        self.shown = False
        """A token was accepted since the last `close_if_overdue`."""
        self._kept_until = inf
        self._accepted_socket: socket.socket | None = None

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - uvloop's transports are no asyncio.Transport
        """Begin to serve."""
        super().connection_made(transport)
        self.port.connections.add(self)
        self.deadline = self.loop.time() + self.limits.request_seconds
        if self._accepted_socket is None:
            self.room.enter(self)
        elif self.is_over:
            transport.abort()  # its place was taken meanwhile
        self.room.end_handshake(self)

    def take_place(self, accepted: socket.socket, *, shakes_hands: bool) -> None:
        """Take a place for an accepted socket, before `connection_made` and before its handshake."""
        self._accepted_socket = accepted
        self.room.enter(self, shakes_hands=shakes_hands)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the client has gone."""
        super().connection_lost(exc)
        self.room.leave(self)
        self.port.connections.discard(self)

    # --- its place among all

    def may_stay(self, status: int, *, more: bool = False) -> bool:
        """Tell whether the connection may stay open after this status. Only good tokens get 200.

        `more`: another request has come or begun, and gets an answer too.
        """
        if self.port.draining:
            return more
        return status != HTTPStatus.OK or self.is_kept()

    def is_kept(self) -> bool:
        """Note an accepted token. Return whether the connection may stay open after the answer."""
        self.shown = True
        self.kept = self.kept or self.room.keep(self)
        return self.kept

    def drain(self) -> None:
        """Begin to drain: the next answer is the last."""
        self.kept = False

    def end_idle(self) -> None:
        """Close, if no request is pending: the process ends and has waited."""
        if not (self.turns or self.half_read):
            self.close()

    def turn_out(self) -> None:
        """Close at once, since another connection needs the place. A pending request gets 503."""
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
        """Shut the socket down. The event loop owns it, and takes this for a client that has gone."""
        self.deaf = self.is_over = True
        if self._accepted_socket is not None:
            with suppress(OSError):
                self._accepted_socket.shutdown(socket.SHUT_RDWR)

    # --- time

    def close_if_overdue(self, now: float) -> bool:
        """Close the connection if it is overdue. Return whether it was."""
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
        """Take the place from a client without an accepted token: a revoked token must not keep its places."""
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
        """Whether the client cannot send: the application has not asked for the body, or does not read."""
        if not self.turns or not self.turns[0].more_body:
            return False
        return self.turns[0].waiting_for_100_continue or self.flow.read_paused

    def _close_late(self) -> None:
        """Close after pending requests got their answers."""
        if not self.is_over:
            self.room.closed(Closed.IDLE if self.asked and not self.half_read else Closed.LATE)
        if any(not turn.more_body for turn in self.turns):
            self.discard_input()
        else:
            self.close()


def close_overdue(connections: Iterable[Connection], now: float) -> int:
    """Close the overdue connections. Return how many."""
    return sum([one.close_if_overdue(now) for one in list(connections)])
