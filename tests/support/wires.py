"""The verifier's fast path without a socket: bytes in, bytes out, packets cut just as a test wants."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from uvicorn import Config
from uvicorn.server import ServerState

from pharia_access.entrypoints.verifier.app import Protocols, VerifierApp
from pharia_access.entrypoints.verifier.busy_poll import BusyPoll
from pharia_access.entrypoints.verifier.familiar import FamiliarRequests
from pharia_access.entrypoints.verifier.fast_path import FastPathProtocol
from tests.support.http_door import Reply

if TYPE_CHECKING:
    from pharia_access.domain.token import TokenText
    from tests.support.http_door import Door

__all__ = ["Wire", "request"]


class Wire(asyncio.Transport):
    """One connection to a door. The gateways' checks need no event loop; for the rest there must be a running one."""

    def __init__(self, door: Door, familiar: FamiliarRequests | None = None) -> None:
        super().__init__()
        self.written = b""
        self._closing = False
        members: dict[str, Any] = {
            "gate": door.gate,
            "familiar": FamiliarRequests() if familiar is None else familiar,
            "busy_poll": BusyPoll(0, now=lambda: 0.0),
        }
        config = Config(VerifierApp(Protocols(door.gate, 65536)), lifespan="off", ws="none", log_config=None)
        self._protocol = type("Protocol", (FastPathProtocol,), members)(
            config=config, server_state=ServerState(), app_state={}, _loop=_loop()
        )
        self._protocol.connection_made(self)

    @property
    def familiar(self) -> FamiliarRequests:
        """What the connection remembers."""
        known: FamiliarRequests = self._protocol.familiar
        return known

    @familiar.setter
    def familiar(self, familiar: FamiliarRequests) -> None:
        self._protocol.familiar = familiar

    def feed(self, packet: bytes) -> None:
        """Some bytes arrive, as one packet."""
        self._protocol.data_received(packet)

    def send(self, request: bytes) -> Reply:
        """One request in one packet, and its answer."""
        before = len(self.written)
        self.feed(request)
        return Reply.read(self.written[before:])

    def replies(self) -> list[Reply]:
        """All answers after the first."""
        parts = self.written.split(b"HTTP/1.1 ")[2:]
        return [Reply.read(b"HTTP/1.1 " + part) for part in parts]

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self._closing = True

    def is_closing(self) -> bool:
        return self._closing


def request(token: TokenText, target: str = "/auth/nginx?role=studio-user", *lines: str) -> bytes:
    """A plain request with this token, and with these header lines beside."""
    head = [f"GET {target} HTTP/1.1", "host: verifier", f"authorization: Bearer {token.reveal()}", *lines, "", ""]
    return "\r\n".join(head).encode()


def _loop() -> Any:  # noqa: ANN401 - the running one, or what the fast path needs of one
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return _Loop()


class _Loop:
    """As much of an event loop as the fast path asks for."""

    def time(self) -> float:
        return 0.0
