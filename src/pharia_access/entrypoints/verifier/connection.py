"""A connection's answers: in the order of their requests, each once, and how the connection ends.

uvicorn lets any number of requests wait, writes an error in between, closes in the midst of what is sent, and waits for
ever for a client that does not read. Leans on its internals as `guarded` does, which is the other half: the reading.
"""

import socket
from collections import deque
from contextlib import suppress
from http import HTTPStatus
from math import inf
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pharia_access.entrypoints.verifier.limits import (
    CLOSING,
    LINGER_SECONDS,
    PATIENCE_WITH_BODIES,
    UNTAKEN_BYTES,
    Closed,
    Limits,
)
from pharia_access.entrypoints.verifier.room import Room
from pharia_access.entrypoints.verifier.turns import Flow, Outlet, Turn, give_up_all

__all__ = ["Connection"]


class Connection(HttpToolsProtocol):
    """What is due on one connection. A subclass has `limits` and `room`: uvicorn makes the instances.

    It is open; then it has heard enough (`deaf`: what comes is dropped, what is due is still answered); then it is over
    (`is_over`: the last answer was written).
    """

    limits: Limits = Limits()
    room: Room
    flow: Flow
    cycle: Turn | None  # type: ignore[assignment] # ours, and None before the first request

    def __init__(self, *arguments: Any, **keywords: Any) -> None:  # noqa: ANN401 - uvicorn's own, passed on
        super().__init__(*arguments, **keywords)
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
        self._kept_until = inf
        self.turns: deque[Turn] = deque()
        """Requests without a whole answer: the first is being answered."""
        self._taken_by = inf
        """By the loop's clock: when the client must have taken the answers that wait for it."""
        self._last_words = b""
        self._at_end = False
        self._dropped = 0
        self._accepted_socket: socket.socket | None = None

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - uvloop's transports are no asyncio.Transport
        """Take a connection."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=UNTAKEN_BYTES, low=0)
        self.flow = Flow(transport)
        self._outlet = Outlet(self)
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
        give_up_all(self.turns)
        self.room.leave(self)
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override] # asyncio's own has an answer; uvicorn's has none
        """The client sends no more: what is due is answered all the same, which TLS has no way to do."""
        self._at_end = True
        self.hear_no_more()
        return bool(self.turns) and self.scheme != "https"

    def pause_writing(self) -> None:
        """The client does not take its answers."""
        super().pause_writing()
        self._taken_by = self.loop.time() + self.limits.request_seconds

    def resume_writing(self) -> None:
        """It takes them again."""
        super().resume_writing()
        self._taken_by = inf

    def shutdown(self) -> None:
        """The process ends: what is due is answered, and told that it is the last answer."""
        if self.turns:
            self.turns[-1].keep_alive = False
        else:
            self.transport.close()

    # --- its place among all

    def is_kept(self) -> bool:
        """A token was accepted: whether the connection may stay open behind the answer."""
        self.shown = True
        self.kept = self.kept or self.room.keep(self)
        return self.kept

    def turn_out(self) -> None:
        """Close at once, since another one needs the place. Whose request is not answered yet is told so."""
        if self.transport is None:
            self._cut_before_it_is_made()
            return
        started = self.deaf or any(turn.response_started for turn in self.turns)
        if (self.half_read or self.turns) and not started:
            self.transport.write(CLOSING[HTTPStatus.SERVICE_UNAVAILABLE])
        self.deaf = self.is_over = True
        give_up_all(self.turns)
        if self.flow.write_paused or self.scheme == "https":
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

    # --- the turns of requests

    def begin_turn(self, turn: Turn) -> None:
        """Have a request answered, once those before it are."""
        self.cycle = turn
        self.turns.append(turn)
        if len(self.turns) == 1:
            self._start_asgi_task(turn, self.app)
        else:
            self.deadline = inf
            self.flow.hold_reading()

    def on_response_complete(self) -> None:
        """A request was answered: now it is the next one's turn, or the client's."""
        self.server_state.total_requests += 1
        if not self.turns:
            return
        self.turns.popleft().body = bytearray()  # it may go on to come; nobody wants what came so far
        if self.turns:
            self._start_asgi_task(self.turns[0], self.app)
            self.deadline = self.loop.time() + self.limits.request_seconds if self.turns[0].more_body else inf
        elif not self.half_read:
            self.deadline = self.loop.time() + self.limits.idle_seconds
        if not self.deaf:
            self.flow.release_reading()
        elif not self.turns:
            self.end(self._last_words)

    def hear_no_more(self, last_words: bytes = b"") -> None:
        """Drop what comes from now on. What is due is answered, then `last_words` are said, and the connection ends.

        A request that is half read has no other answer than those.
        """
        if self.deaf:
            return
        self.deaf = True
        self.flow.hold_reading()
        turn = self.cycle
        if turn is not None and turn.more_body:
            if turn.response_started:
                last_words = b""
            else:
                turn.give_up()
                self.turns.remove(turn)
        self._last_words = last_words
        if not self.turns:
            self.end(last_words)
        elif not last_words:
            self.turns[-1].keep_alive = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send a part of an answer, unless the connection is over."""
        if not (self.is_over or self.transport.is_closing()):
            self.transport.write(data)

    def end(self, last_words: bytes = b"") -> None:
        """Close, once all is sent and the client had a moment to take it.

        A socket that is closed with bytes unread is reset, and the client may lose the answer (RFC 9112 section 9.6).
        """
        if self.is_over:
            return
        self.write(last_words)
        self.deaf = self.is_over = True
        give_up_all(self.turns)
        if self.transport.is_closing():
            return
        if self._at_end or not self.transport.can_write_eof():
            self.transport.close()
            return
        self.deadline = self.loop.time() + LINGER_SECONDS
        self.flow.release_reading()
        try:
            self.transport.write_eof()
        except OSError:  # the client has gone; asyncio's loop tells it here, uvloop does not
            self.transport.abort()

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
            self.transport.close()

    def drop(self, count: int) -> None:
        """So many bytes came that are not read: for a while that is waited for, see `end`."""
        self._dropped += count
        if self.is_over and self._dropped > self.limits.body_bytes * PATIENCE_WITH_BODIES:
            self.transport.abort()
