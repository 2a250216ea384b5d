"""Accept connections of a listening socket, a few at a time, and count them from there.

An event loop's own server accepts all that wait before it serves the first. It reports a TLS connection only after the
handshake, so that until then nobody could count or close the connection. And uvloop's server closes itself for good
where descriptors have run out.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from pharia_access.entrypoints.verifier.connection import Connection
from pharia_access.entrypoints.verifier.limits import Closed

__all__ = ["Acceptor", "Handshakes"]

log = logging.getLogger(__name__)

_AT_A_TIME: Final = 32
"""Connections to accept before the event loop serves them."""
_MOST_AT_THE_END: Final = 64
"""Rounds of accepting before the socket closes: enough for the whole backlog."""
_PAUSE_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Handshakes:
    """The seconds that a client may take to begin and to end TLS."""

    begin: float
    end: float


class Acceptor:
    """Accepts connections from `start` to `stop`, in the event loop that starts it.

    Args:
        bound: a non-blocking listening socket; `stop` closes it.
        protocol: makes the protocol of a connection.
    """

    def __init__(self, bound: socket.socket, protocol: Callable[[], Connection], *, handshakes: Handshakes) -> None:
        self.tls: ssl.SSLContext | None = None
        """TLS for connections from now on; None for plain HTTP."""
        self._bound = bound
        self._protocol = protocol
        self._handshakes = handshakes
        self._loop = asyncio.get_running_loop()
        self.begun: set[asyncio.Task[None]] = set()
        """Connections that were accepted and do not speak yet."""
        self._pause: asyncio.TimerHandle | None = None
        self._failing = False

    def start(self) -> None:
        """Start or resume."""
        self._loop.add_reader(self._bound, self._take)

    def stop(self) -> None:
        """Accept the connections that wait, and no more: earlier clients are served. Handshakes go on."""
        for _ in range(_MOST_AT_THE_END):
            if not self._take():
                break
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._bound)
        self._bound.close()

    async def end_handshakes(self) -> None:
        """Cancel the handshakes. A connection without TLS begins in a moment, so wait for it."""
        begun = list(self.begun)
        for task in begun if self.tls is not None else ():
            task.cancel()  # uvloop, cancelled where there is no TLS, would tell nobody that the connection ends
        await asyncio.gather(*begun, return_exceptions=True)

    def _take(self) -> int:
        """Accept a few of the waiting connections. Return how many."""
        for count in range(_AT_A_TIME):
            try:
                connection, _ = self._bound.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return count
            except OSError as error:
                self._rest(error)
                return count
            self._failing = False
            self._admit(connection)
        return _AT_A_TIME

    def _admit(self, connection: socket.socket) -> None:
        connection.setblocking(False)  # noqa: FBT003 - the library's signature
        protocol = self._protocol()
        protocol.take_place(connection, shakes_hands=self.tls is not None)
        task = self._loop.create_task(self._begin(connection, protocol, self.tls))
        self.begun.add(task)
        task.add_done_callback(partial(self._ended, connection, protocol))

    async def _begin(self, connection: socket.socket, protocol: Connection, tls: ssl.SSLContext | None) -> None:
        began = self._loop.time()
        try:
            await self._loop.connect_accepted_socket(
                lambda: protocol,
                connection,
                ssl=tls,
                ssl_handshake_timeout=None if tls is None else self._handshakes.begin,
                ssl_shutdown_timeout=None if tls is None else self._handshakes.end,
            )
        except OSError:  # the client went, was late, or speaks no TLS that is spoken here
            if self._loop.time() - began >= self._handshakes.begin:
                protocol.room.closed(Closed.LATE)

    def _ended(self, connection: socket.socket, protocol: Connection, task: asyncio.Task[None]) -> None:
        self.begun.discard(task)
        if protocol.transport is None:  # it never began, perhaps since the task was cancelled before it did
            protocol.room.leave(protocol)
            with suppress(OSError):
                connection.close()

    def _rest(self, error: OSError) -> None:
        """Pause: the socket stays readable, so that the event loop would try again without end."""
        if not self._failing:
            log.error("no connection can be taken; tried again", extra={"problem": error.strerror})
        self._failing = True
        self._loop.remove_reader(self._bound)
        self._pause = self._loop.call_later(_PAUSE_SECONDS, self.start)
