"""A listening port: its socket, its TLS, and how it ends without a request being lost."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp

from pharia_access.domain.verification.certificates import Validity, is_cut, validities
from pharia_access.entrypoints.verifier.accepting import Acceptor, Handshakes
from pharia_access.entrypoints.verifier.checks import ChecksConnection, EarlyAnswers
from pharia_access.entrypoints.verifier.client_checks import ClientChecksConnection
from pharia_access.entrypoints.verifier.connection import Connection, close_overdue
from pharia_access.entrypoints.verifier.limited_protocol import LimitedProtocol
from pharia_access.entrypoints.verifier.limits import Closed, Limits
from pharia_access.entrypoints.verifier.ports import Port
from pharia_access.entrypoints.verifier.room import Room
from pharia_access.errors import SettingsError

__all__ = ["Listener", "Tls"]

_BACKLOG: Final = 2048
_SWEEP_SECONDS: Final = 0.5
_DRAIN_STEP_SECONDS: Final = 0.05
_GRACE: Final = 0.2
"""The share of the drain time in which idle connections stay open, for requests on their way."""
_TLS_SHUTDOWN_SECONDS: Final = 1.0
"""How long a client may take to confirm the end of TLS."""
_SEND_BUFFER_BYTES: Final = 32768
_RECEIVE_BUFFER_BYTES: Final = 65536
"""The kernel's buffers of each connection; Linux doubles them. By default the kernel takes megabytes for a client that
does not read, or whose requests wait, and the pod's limit counts them."""
_TLS_RECEIVE_BUFFER_BYTES: Final = 16384
"""Smaller with TLS, which keeps two copies of the largest read for good."""


@dataclass(frozen=True, slots=True)
class Tls:
    """Files in PEM.

    Attributes:
        client_ca: the authority of the certificates that clients must show; None if clients need none.
    """

    certificate: Path
    key: Path
    client_ca: Path | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """All TLS files."""
        return tuple(file for file in (self.certificate, self.key, self.client_ca) if file is not None)

    def context(self) -> ssl.SSLContext:
        """Load the files. Raises SettingsError."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            # Without a password OpenSSL would prompt on a terminal for that of an encrypted key, and wait.
            context.load_cert_chain(self.certificate, self.key, password="")
            if self.client_ca is not None:
                context.load_verify_locations(self.client_ca)
                context.verify_mode = ssl.CERT_REQUIRED
            self._require_whole()
        except (OSError, ValueError) as error:
            names = ", ".join(map(str, self.files))
            msg = f"the TLS files cannot be used ({names}): {type(error).__name__}: {error}"
            raise SettingsError(msg) from error
        return context

    def ends(self) -> Validity | None:
        """Return the validity of the chain's certificate that ends first. Raises OSError, CertificateError."""
        return min(validities(self.certificate.read_bytes()), key=lambda one: one.not_after, default=None)

    def authorities_end(self) -> Validity | None:
        """Return the validity of the authority that ends last: a file may keep expired ones."""
        if self.client_ca is None:
            return None
        return max(validities(self.client_ca.read_bytes()), key=lambda one: one.not_after, default=None)

    def _require_whole(self) -> None:
        """Reject a truncated file, of which OpenSSL loads the beginning. Raises ValueError."""
        for file in self.files:
            if is_cut(file.read_bytes()):
                msg = f"{file.name} breaks off in the middle"
                raise ValueError(msg)


class Listener:
    """Serves an application from `start` to `stop`.

    Args:
        early: answers gateways' checks; None leaves them to the application.
        tls: None for plain HTTP.
        closed: counts closed connections, by reason.
    """

    def __init__(
        self,
        app: ASGIApp,
        limits: Limits,
        *,
        early: EarlyAnswers | None = None,
        tls: Tls | None = None,
        closed: Callable[[Closed], None] | None = None,
    ) -> None:
        room = Room(limits.connections) if closed is None else Room(limits.connections, closed=closed)
        self._state = Port(app, limits, room)
        self._early = early
        self._handshakes = Handshakes(begin=limits.request_seconds, end=_TLS_SHUTDOWN_SECONDS)
        self._tls = tls
        self._port = 0
        self._acceptor: Acceptor | None = None
        self._sweeper: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port number; 0 before the start."""
        return self._port

    @property
    def connections(self) -> int:
        """The number of open connections."""
        return len(self._state.connections)

    @property
    def tls(self) -> Tls | None:
        """The TLS files, which must be read again when they change; None for plain HTTP."""
        return self._tls

    async def start(self, host: str, port: int) -> None:
        """Begin to listen. Raises SettingsError where the address is in use, or where the TLS files are bad."""
        context = None if self._tls is None else self._tls.context()
        bound = _bound(host, port, receive=_RECEIVE_BUFFER_BYTES if context is None else _TLS_RECEIVE_BUFFER_BYTES)
        self._port = bound.getsockname()[1]
        self._acceptor = Acceptor(bound, self._connection, handshakes=self._handshakes)
        self._acceptor.tls = context
        self._acceptor.start()
        self._sweeper = asyncio.create_task(self._sweep())

    async def renew_tls(self) -> None:
        """Reload the TLS files for new connections. Raises SettingsError, and the last files stay in use."""
        if self._acceptor is not None and self._tls is not None:
            self._acceptor.tls = self._tls.context()

    async def stop(self, drain_seconds: float) -> None:
        """Accept no more connections, let requests end, then abort the rest.

        A client with an idle connection may have sent a request that has not arrived. So each further answer says that
        it is the last, and idle connections close only after a share of the time. Handshakes go on as long.
        """
        acceptor, self._acceptor = self._acceptor, None
        if acceptor is None or self._sweeper is None:
            return
        self._state.drain()
        acceptor.stop()
        await self._empty(drain_seconds * _GRACE, acceptor)
        await acceptor.end_handshakes()
        for connection in list(self._state.connections):
            connection.end_idle()
        await self._empty(drain_seconds * (1 - _GRACE), acceptor)
        self._sweeper.cancel()
        for connection in list(self._state.connections):
            connection.abort()

    async def _empty(self, seconds: float, acceptor: Acceptor) -> None:
        """Wait until no connection is left, for so many seconds at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._state.connections or self._state.tasks or acceptor.begun:  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(_DRAIN_STEP_SECONDS)

    def _connection(self) -> Connection:
        if self._early is None:
            return LimitedProtocol(self._state)
        word = self._early.client_word
        if word is None:
            return ChecksConnection(self._state, self._early)
        return ClientChecksConnection(self._state, self._early, word)

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            # The time before the sleep: after a pause of this process, the loop reads what came meanwhile first.
            looked = loop.time()
            await asyncio.sleep(_SWEEP_SECONDS)
            close_overdue(self._state.connections, looked)


def _bound(host: str, port: int, *, receive: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        bound.bind((host, port))
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        msg = f"cannot listen on {host} port {port}: {error.strerror}"
        raise SettingsError(msg) from error
    bound.setblocking(False)  # noqa: FBT003 - the library's signature
    return bound
