"""Takes connections off a listening socket: a few at a time, and counted from there.

An event loop's own server takes all that wait before the first is looked at, tells of a TLS connection only once its
handshake is over, so that until then nobody could count or close it, and uvloop's closes itself for good where
descriptors have run out.
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
"""Then those that were taken are looked at."""
_MOST_AT_THE_END: Final = 64
"""How many times that is done before the socket is closed: all that fit in the backlog."""
_PAUSE_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Handshakes:
    """How long a client may take to begin and to end TLS, in seconds."""

    begin: float
    end: float


class Acceptor:
    """Takes connections from `start` to `stop`, in the event loop that starts it.

    Args:
        bound: a listening socket that does not block; it is closed by `stop`.
        protocol: makes what a connection speaks.
    """

    def __init__(self, bound: socket.socket, protocol: Callable[[], Connection], *, handshakes: Handshakes) -> None:
        self.tls: ssl.SSLContext | None = None
        """For connections from now on; None for plain ones."""
        self._bound = bound
        self._protocol = protocol
        self._handshakes = handshakes
        self._loop = asyncio.get_running_loop()
        self.begun: set[asyncio.Task[None]] = set()
        """Connections that were accepted and do not speak yet."""
        self._pause: asyncio.TimerHandle | None = None
        self._failing = False

    def start(self) -> None:
        """Begin, or go on."""
        self._loop.add_reader(self._bound, self._take)

    def stop(self) -> None:
        """Take those that wait already, and no more: who connected before is served. Handshakes go on."""
        for _ in range(_MOST_AT_THE_END):
            if not self._take():
                break
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._bound)
        self._bound.close()

    async def end_handshakes(self) -> None:
        """Close what has not begun to be served. A connection without TLS begins in a moment, and does."""
        begun = list(self.begun)
        for task in begun if self.tls is not None else ():
            task.cancel()  # uvloop, cancelled where there is no TLS, would tell nobody that the connection ends
        await asyncio.gather(*begun, return_exceptions=True)

    def _take(self) -> int:
        """Take a few of those that wait; how many."""
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
        """Leave the others where they wait, for a moment: the socket stays readable, and would be tried without end."""
        if not self._failing:
            log.error("no connection can be taken; tried again", extra={"problem": error.strerror})
        self._failing = True
        self._loop.remove_reader(self._bound)
        self._pause = self._loop.call_later(_PAUSE_SECONDS, self.start)
