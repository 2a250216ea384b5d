"""A request's turn on its connection: uvicorn's cycle of request and response, and what it may do to the connection.

An application goes on for a moment after its client has gone, or after the connection's last answer. What it sends then
goes nowhere: uvicorn's own cycle would write to a closed transport, and log each time that this cannot be done.
"""

import asyncio
from collections import deque
from http import HTTPStatus
from typing import Any, Protocol

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

__all__ = ["ExpectingTurn", "Flow", "Outlet", "Turn", "give_up_all"]


class _Connection(Protocol):
    """What a turn needs of its connection."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more may be written."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send a part of an answer."""

    def end(self) -> None:
        """Close: the last answer was written."""

    def is_kept(self) -> bool:
        """A token was accepted: whether the connection stays open."""


class Outlet(asyncio.Transport):
    """What turns take for the transport: it writes, and closes, as far as the connection still lets them."""

    def __init__(self, connection: _Connection) -> None:
        super().__init__()
        self._connection = connection

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send, or drop what comes too late."""
        self._connection.write(data)

    def close(self) -> None:
        """The answer that was written is the last one."""
        self._connection.end()

    def is_closing(self) -> bool:
        """Whether nothing more can be sent."""
        return self._connection.is_over

    def is_kept(self) -> bool:
        """A token was accepted: whether what is answered now need not be the last answer."""
        return self._connection.is_kept()


class Turn(RequestResponseCycle):
    """A request, from its head to the end of its answer."""

    transport: Outlet

    def give_up(self) -> None:
        """Nobody waits for the answer: the application is told, and what it still sends is dropped."""
        self.disconnected = True
        self.message_event.set()

    async def send(self, message: Any) -> None:  # noqa: ANN401 - ASGI's, passed on
        """Send a part of the answer. Only who shows a good token is answered 200."""
        if not self.response_started and message.get("status") == HTTPStatus.OK and not self.transport.is_kept():
            self.keep_alive = False
        await super().send(message)

    async def run_asgi(self, app: Any) -> None:  # noqa: ANN401 - ASGI's, passed on
        """Have the application answer."""
        self._application = app
        await super().run_asgi(self._answer)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - the same
        """Ask it. Where the process ends and this is cancelled, uvicorn would still answer, and log."""
        try:
            await self._application(scope, receive, send)
        except asyncio.CancelledError:
            self.give_up()


class ExpectingTurn(Turn):
    """One whose client may wait for a 100 before it sends the body. A final answer instead is the connection's last.

    RFC 9110 section 10.1.1: such a client may leave the body out, or send it all the same. Nobody but it knows whether
    what comes next is the body or a request.
    """

    async def send(self, message: Any) -> None:  # noqa: ANN401 - the same
        """Send a part of the answer."""
        if self.waiting_for_100_continue:
            self.keep_alive = False
        await super().send(message)


class Flow(FlowControl):
    """uvicorn's flow control, in which reading waits for answers that are not taken, and for requests not answered."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__(transport)
        self._alive = transport
        self._held = False

    def hold_reading(self) -> None:
        """Do not read before it is released, whoever wants to."""
        self._held = True
        self.pause_reading()

    def release_reading(self) -> None:
        """Read again, once answers are taken."""
        self._held = False
        self.resume_reading()

    def pause_reading(self) -> None:
        """Do not read for now."""
        if not self._alive.is_closing():
            super().pause_reading()

    def resume_reading(self) -> None:
        """Read again, unless there is another reason not to."""
        if not (self._held or self.write_paused or self._alive.is_closing()):
            super().resume_reading()

    def pause_writing(self) -> None:
        """Answers are not taken: who does not read is not read from."""
        super().pause_writing()
        self.pause_reading()

    def resume_writing(self) -> None:
        """Answers are taken again."""
        super().resume_writing()
        self.resume_reading()


def give_up_all(turns: deque[Turn]) -> None:
    """Nobody waits for any of these answers."""
    for turn in turns:
        turn.give_up()
    turns.clear()
