"""Takes connections off a listening socket: a few at a time, counted from there, and never more than there is room for.

An event loop's own server takes all that wait before the first is looked at, counts none whose TLS handshake is under
way, and uvloop's closes itself for good where descriptors have run out.
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

__all__ = ["Acceptor", "Handshakes"]

log = logging.getLogger(__name__)

_AT_A_TIME: Final = 32
"""Then those that were taken are looked at."""
_BEYOND: Final = 32
"""So many more than may be open are taken: the protocol turns them away, or others in their place."""
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
        is_open: how many connections are open.
        most: how many should be.
    """

    def __init__(
        self,
        bound: socket.socket,
        protocol: Callable[[], asyncio.Protocol],
        *,
        is_open: Callable[[], int],
        most: int,
        handshakes: Handshakes,
    ) -> None:
        self.tls: ssl.SSLContext | None = None
        """For connections from now on; None for plain ones."""
        self._bound = bound
        self._protocol = protocol
        self._is_open = is_open
        self._most = most
        self._handshakes = handshakes
        self._loop = asyncio.get_running_loop()
        self._begun: dict[asyncio.Task[None], None] = {}
        self._pause: asyncio.TimerHandle | None = None
        self._failing = False

    def start(self) -> None:
        """Begin, or go on."""
        self._loop.add_reader(self._bound, self._take)

    def stop(self) -> None:
        """Take no more, and close what has not begun to be served."""
        self._loop.remove_reader(self._bound)
        if self._pause is not None:
            self._pause.cancel()
        self._bound.close()
        for task in list(self._begun):
            task.cancel()

    def _take(self) -> None:
        for _ in range(_AT_A_TIME):
            try:
                connection, _ = self._bound.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._rest(error)
                return
            self._failing = False
            self._admit(connection)

    def _admit(self, connection: socket.socket) -> None:
        if self._is_open() + len(self._begun) >= self._most + _BEYOND:
            if not self._begun:
                connection.close()
                return
            # The oldest of those that have not even shaken hands.
            oldest = next(iter(self._begun))
            del self._begun[oldest]
            oldest.cancel()
        connection.setblocking(False)  # noqa: FBT003 - the library's signature
        task = self._loop.create_task(self._begin(connection))
        self._begun[task] = None
        task.add_done_callback(partial(self._ended, connection))

    def _ended(self, connection: socket.socket, task: asyncio.Task[None]) -> None:
        self._begun.pop(task, None)
        if task.cancelled():  # perhaps before it began
            connection.close()

    async def _begin(self, connection: socket.socket) -> None:
        tls = self.tls
        with suppress(OSError):  # the client went, was late, or speaks no TLS that is spoken here
            await self._loop.connect_accepted_socket(
                self._protocol,
                connection,
                ssl=tls,
                ssl_handshake_timeout=None if tls is None else self._handshakes.begin,
                ssl_shutdown_timeout=None if tls is None else self._handshakes.end,
            )

    def _rest(self, error: OSError) -> None:
        """Leave the others where they wait, for a moment: the socket stays readable, and would be tried without end."""
        if not self._failing:
            log.error("no connection can be taken; tried again", extra={"problem": error.strerror})
        self._failing = True
        self._loop.remove_reader(self._bound)
        self._pause = self._loop.call_later(_PAUSE_SECONDS, self.start)
