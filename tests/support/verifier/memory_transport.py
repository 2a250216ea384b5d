"""A connection to the verifier without a socket: bytes in, bytes out, packets cut just as a test wants."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pharia_access.entrypoints.verifier.app import VerifierApp
from pharia_access.entrypoints.verifier.busy_poll import BusyPoll
from pharia_access.entrypoints.verifier.checks import ChecksConnection, EarlyAnswers
from pharia_access.entrypoints.verifier.client_checks import ClientChecksConnection
from pharia_access.entrypoints.verifier.endpoints import Protocols
from pharia_access.entrypoints.verifier.limited_protocol import LimitedProtocol
from pharia_access.entrypoints.verifier.limits import Limits
from pharia_access.entrypoints.verifier.ports import Port
from pharia_access.entrypoints.verifier.room import Room
from tests.support.verifier.verifier_server import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp

    from pharia_access.domain.token import TokenText
    from tests.support.verifier.verifier_server import VerifierServer

__all__ = ["MemoryTransport", "read_replies", "request", "settle"]

_ROUNDS = 20
"""Of the event loop: more than any request takes that waits for nothing."""


class MemoryTransport(asyncio.Transport):
    """One connection to a door. The gateways' checks need no event loop; for the rest there must be a running one.

    Args:
        fast: whether checks are answered before they become requests of the application.
        app: the door's own, if it is not given.
    """

    def __init__(
        self,
        server: VerifierServer,
        *,
        fast: bool = True,
        app: ASGIApp | None = None,
        limits: Limits | None = None,
        room: Room | None = None,
        early: EarlyAnswers | None = None,
    ) -> None:
        super().__init__()
        self.written = b""
        self.closed = False
        self.aborted = False
        self.reading = True
        chosen = limits or Limits()
        self.early = early or EarlyAnswers(server.authorizer, BusyPoll(0, now=lambda: 0.0))
        word = self.early.client_word
        served = app or VerifierApp(Protocols(server.authorizer, chosen.body_bytes), client_word=word)
        self.port = Port(served, chosen, room or Room(chosen.connections))
        self.protocol: Any = _checks(self.port, self.early) if fast else LimitedProtocol(self.port, _loop())
        self.protocol.connection_made(self)

    def feed(self, packet: bytes) -> None:
        """Some bytes arrive, as one packet."""
        self.protocol.data_received(packet)

    async def talk(self, packets: Iterable[bytes], *, in_haste: bool = False) -> None:
        """Packets arrive one after the other, each once all that follows from the one before has happened.

        Args:
            in_haste: they come while nothing else happens; but never while the connection does not read.
        """
        for packet in packets:
            if not (in_haste and self.reading):
                await settle()
            self.feed(packet)
        await settle()

    def send(self, request: bytes) -> Reply:
        """One request in one packet, and its answer."""
        before = len(self.written)
        self.feed(request)
        return Reply.read(self.written[before:])

    def replies(self) -> list[Reply]:
        """All answers after the first."""
        parts = self.written.split(b"HTTP/1.1 ")[2:]
        return [Reply.read(b"HTTP/1.1 " + part) for part in parts]

    def statuses(self) -> list[int]:
        """Of all answers."""
        return [reply.status for reply in read_replies(self.written)]

    def closings(self) -> list[bool]:
        """Of each answer, whether it says that it is the last."""
        return [reply.header("connection") == "close" for reply in read_replies(self.written)]

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed, "an answer after the last one"
        self.written += bytes(data)

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = self.aborted = True

    def is_closing(self) -> bool:
        return self.closed

    def can_write_eof(self) -> bool:
        return False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert (high, low) == (2048, 0)

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


async def settle() -> None:
    """Let happen all that waits for nothing but its turn."""
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)


def read_replies(received: bytes) -> list[Reply]:
    """The answers in what was received, to its last byte. Raises AssertionError where something else is in it."""
    replies = []
    while received:
        assert received.startswith(b"HTTP/1.1 "), received
        head, end, _ = received.partition(b"\r\n\r\n")
        assert end, received
        replies.append(Reply.read(received))
        received = received[len(head) + len(end) + len(replies[-1].body) :]
    return replies


def request(token: TokenText, target: str = "/auth/nginx?role=studio-user", *lines: str) -> bytes:
    """A plain request with this token, and with these header lines beside."""
    head = [f"GET {target} HTTP/1.1", "host: verifier", f"authorization: Bearer {token.reveal()}", *lines, "", ""]
    return "\r\n".join(head).encode()


def _checks(port: Port, early: EarlyAnswers) -> ChecksConnection:
    if early.client_word is None:
        return ChecksConnection(port, early, _loop())
    return ClientChecksConnection(port, early, early.client_word, _loop())


def _loop() -> Any:  # noqa: ANN401 - the running one, or what the fast path needs of one
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return _Loop()


class _Loop:
    """As much of an event loop as the fast path asks for."""

    def time(self) -> float:
        return 0.0
