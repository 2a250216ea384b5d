"""uvicorn's protocol with what it leaves out: bounds on a request's head and body, and an end to slow senders.

Leans on internals of uvicorn's `HttpToolsProtocol` (0.54; the version is pinned and a test holds what is used of it).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import Any, Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from pharia_access.entrypoints.verifier.answers import Answer, render

__all__ = ["GuardedProtocol", "Limits", "cut_slow_senders"]

_HEAD_TOO_LARGE: Final = render(Answer(431), keep_alive=False)
_MALFORMED: Final = render(Answer(400), keep_alive=False)
_PATIENCE_WITH_BODIES: Final = 16
"""How many times a body's bound may come: a connection that is closed at once may lose the answer that says why."""

_TOO_MANY: Final = render(Answer(503), keep_alive=False)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may cost.

    Attributes:
        head_bytes: request line and headers.
        body_bytes: a body, decoded.
        request_seconds: from a connection's or a request's first byte to the request's last.
        idle_seconds: between two requests of a connection.
        connections: open at a time; more are answered 503 and closed.
    """

    head_bytes: int = 16384
    body_bytes: int = 65536
    request_seconds: float = 5.0
    idle_seconds: float = 75.0
    connections: int = 4096


class GuardedProtocol(HttpToolsProtocol):
    """One connection. `limits` is set on a subclass, since uvicorn makes the instances.

    Where a bound is passed, a last answer is sent and the connection closed; the parser may still call back for what it
    holds, so every callback looks whether it is closing.
    """

    limits: Limits = Limits()

    def __init__(self, *arguments: Any, **keywords: Any) -> None:  # noqa: ANN401 - uvicorn's own, passed on
        super().__init__(*arguments, **keywords)
        self.deadline = inf
        """By the loop's clock: when the request that is read must be whole, or an idle connection has had its time."""
        self._in_head = True
        self._unparsed = 0
        self._body_bytes = 0

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - uvloop's transports are no asyncio.Transport
        """Take a connection, or turn it away."""
        super().connection_made(transport)
        self.deadline = self.loop.time() + self.limits.request_seconds
        if len(self.connections) > self.limits.connections:
            self.refuse(_TOO_MANY)

    def data_received(self, data: bytes) -> None:
        """Read on, as far as the bounds allow."""
        if self.transport.is_closing():
            return
        if self._in_head:
            self._unparsed += len(data)
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # nothing here can become another protocol; the request is answered as it is
        except httptools.HttpParserError:
            # uvicorn would log each: whoever sends nonsense could fill the log.
            self.refuse(_MALFORMED)
        if self._in_head and self._unparsed > self.limits.head_bytes and not self.transport.is_closing():
            self.refuse(_HEAD_TOO_LARGE)

    def on_message_begin(self) -> None:
        """A request begins: the clock runs."""
        self.deadline = self.loop.time() + self.limits.request_seconds
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        if self.head_is_welcome():
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body. The application answers one that is too long; far more than that is cut off."""
        if self.transport.is_closing():
            return
        self._body_bytes += len(body)
        if self._body_bytes > self.limits.body_bytes * _PATIENCE_WITH_BODIES:
            self.transport.close()
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole: from here on only we can be slow."""
        if not self.transport.is_closing():
            self.request_read(inf)
            super().on_message_complete()

    def head_is_welcome(self) -> bool:
        """Whether the head that was just read is within its bound; if not, that is answered."""
        self._in_head, self._body_bytes = False, 0
        # More than the bound came since the head began: then it is worth counting how much of that is head.
        if self._unparsed > self.limits.head_bytes:
            head = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
            if head > self.limits.head_bytes:
                self.refuse(_HEAD_TOO_LARGE)
        return not self.transport.is_closing()

    def request_read(self, deadline: float) -> None:
        """The request is whole; the connection is left alone until `deadline`."""
        self._in_head, self._unparsed = True, 0
        self.deadline = deadline

    def refuse(self, answer: bytes) -> None:
        """Send a last answer and close; without it where another answer is being written, or was the last."""
        if not (self.is_answering or self.transport.is_closing()):
            self.transport.write(answer)
        self.transport.close()

    @property
    def is_answering(self) -> bool:
        """Whether the application is at work on an earlier request."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete


def cut_slow_senders(connections: Iterable[object], now: float) -> int:
    """Close the connections whose deadline has passed; how many."""
    slow = [one for one in list(connections) if isinstance(one, GuardedProtocol) and one.deadline < now]
    for connection in slow:
        connection.transport.close()
    return len(slow)
