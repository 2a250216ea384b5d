"""What the listener makes of a stream: which requests it has answered, how, and whether it goes on.

Knows of the listener how to make a connection (`ways_in`), and that it is an `asyncio.Protocol`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pharia_access.entrypoints.verifier.check_headers import USUAL
from tests.support.streams.stream_writer import BODY_BYTES
from tests.support.verifier.memory_transport import read_replies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from tests.support.fakes.step_loop import StepLoop
    from tests.support.verifier.verifier_server import Reply

__all__ = ["Asked", "Heard", "Recorder", "Told", "checks_and", "mark", "talk"]

TOO_LARGE = 413


@dataclass(frozen=True, slots=True)
class Asked:
    """A request.

    Attributes:
        tokens: of all `Authorization` headers, without the blanks around (RFC 9110 section 5.5).
    """

    method: bytes
    path: bytes
    query: bytes
    tokens: tuple[bytes, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """A final answer, as far as it says which request it is for.

    Attributes:
        says: its headers, but for those of the connection.
        last: it says `Connection: close`.
    """

    status: int
    says: tuple[tuple[str, str], ...]
    last: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back over one connection."""

    answers: tuple[Told, ...]
    closed: bool


def mark(asked: Asked) -> bytes:
    """Short, and hardly of another request; of this process alone."""
    return b"%x" % (hash(asked) % 2**64)


class Recorder:
    """An application that reads each request to its end, and whose answer names it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_whole(receive)
        if body is None:
            return
        values = tuple(value.strip(b" \t") for name, value in scope["headers"] if name == b"authorization")
        asked = Asked(scope["method"].encode(), scope["raw_path"], scope["query_string"], values, body)
        is_long = len(body) > BODY_BYTES
        status, says = (TOO_LARGE, b"too-large") if is_long else (200, mark(asked))
        headers = [(b"x-seen", says), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def checks_and(recorder: Recorder, checks: ASGIApp) -> ASGIApp:
    """An application of which one part answers the gateways' checks, once each is whole, and the other all else."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if USUAL.find(scope["raw_path"], scope["query_string"]) is None:
            await recorder(scope, receive, send)
        elif await read_whole(receive) is not None:
            await checks(scope, receive, send)

    return answer


async def read_whole(receive: Receive) -> bytes | None:
    """The body; None where it does not come to its end."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += bytes(message["body"])
        if not message["more_body"]:
            return body


class _Transport(asyncio.Transport):
    """Keeps what is written, and delivers it at once."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False
        self.reading = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed, "an answer after the last one"
        self.written.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def can_write_eof(self) -> bool:
        return False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_reading(self) -> bool:
        return self.reading


def talk(connect: Callable[[], Any], loop: StepLoop, packets: Iterable[bytes]) -> Heard:
    """Send packets over a new connection, each once all that follows from the one before has happened."""
    transport = _Transport()
    protocol = connect()
    protocol.connection_made(transport)
    for packet in packets:
        if transport.closed:
            break
        assert transport.reading, "a connection that has answered everything does not read"
        protocol.data_received(packet)
        loop.settle()
    heard = Heard(tuple(map(_told, _final(b"".join(transport.written)))), transport.closed)
    protocol.connection_lost(None)
    loop.settle()
    assert not loop.failures, loop.failures
    return heard


def _final(written: bytes) -> list[Reply]:
    return [reply for reply in read_replies(written) if reply.status >= 200]


def _told(reply: Reply) -> Told:
    says = tuple(header for header in reply.headers if header[0] not in {"connection", "content-length"})
    return Told(reply.status, says, reply.header("connection") == "close")
