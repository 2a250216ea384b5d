"""The gateways' checks, answered in the parser's callback: no ASGI scope, no task, twice the requests of a core.

Takes a request only if it is plain: HTTP/1.1, no body, no upgrade, nothing of an earlier request still under way, and
decided without waiting. Everything else goes the common way, with the same answer; one table of requests tests both.
The choice falls in `on_headers_complete`, before uvicorn makes its request.

A request that is byte for byte one that was accepted is not even parsed: see `familiar`.
"""

from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

from pharia_access.domain.requirements import MAX_REQUIREMENT_BYTES
from pharia_access.entrypoints.verifier.answers import METHOD_NOT_ALLOWED, Answer, render
from pharia_access.entrypoints.verifier.busy_poll import BusyPoll
from pharia_access.entrypoints.verifier.familiar import LONGEST, Familiar, FamiliarRequests
from pharia_access.entrypoints.verifier.gateways import Gateway, gateway_for
from pharia_access.entrypoints.verifier.guarded import GuardedProtocol
from pharia_access.services.gate import Decision, Gate

__all__ = ["FastPathProtocol"]

_PREFIX: Final = b"/auth/"
_ROUTES_READY: Final = 1024
"""How many URLs are kept ready. nginx, Traefik and Caddy ask for the same few."""
_LONGEST_READY: Final = MAX_REQUIREMENT_BYTES + 64
"""Longer ones say nothing that is understood, and a client might fill the memory with them."""
_COMPLICATED: Final = frozenset({b"content-length", b"transfer-encoding", b"upgrade", b"expect"})
"""What announces a body, or wants something else than an answer."""
_MOST_IN_ONE_READ: Final = 16
"""Requests that are answered of the bytes that come at once: others wait meanwhile. The last one closes."""

_PATIENCE: Final = 1000
_ONE_IN: Final = 16
"""After so many packets in a row that were not familiar, so many go by for each that is looked at: where a gateway
sends no two requests alike, a look at each would be a tenth of the work."""


class FastPathProtocol(GuardedProtocol):
    """One connection. What is declared here is set on a subclass, since uvicorn makes the instances."""

    gate: Gate
    familiar: FamiliarRequests
    busy_poll: BusyPoll

    def __init__(self, *arguments: Any, **keywords: Any) -> None:  # noqa: ANN401 - uvicorn's own, passed on
        super().__init__(*arguments, **keywords)
        self._answer: Answer | None = None
        self._accepted: Familiar | None = None
        self._begun = 0
        """Requests that began in the bytes that are read."""
        self._strangers = 0
        """Packets since the last familiar request."""

    def data_received(self, data: bytes) -> None:
        """Answer what is familiar; read everything else, and learn from it."""
        self._begun = 0
        self._strangers += 1
        worth_a_look = self._strangers < _PATIENCE or not self._strangers % _ONE_IN
        if not worth_a_look or self.half_read or len(data) > LONGEST:
            super().data_received(data)
            return
        digest = self.familiar.digest(data)
        known = self.familiar.find(digest)
        if known is None or not self._passes_again(known):
            self._learn(data, digest)

    def _passes_again(self, known: Familiar) -> bool:
        """Answer a familiar request without the parser, if it still may pass."""
        if (
            self._is_busy
            or self.deaf
            or self.transport.is_closing()
            or not self.gate.passes_again(known.contract, known.accepted)
        ):
            return False
        self._strangers = 0
        self._count_request()
        self.shown = True
        if self.kept or self.is_kept():
            self.transport.write(known.wire)
        else:
            self.end(known.last_wire)
        return True

    def _learn(self, data: bytes, digest: bytes) -> None:
        """Read, and remember what was accepted, if it was one request and all of these bytes."""
        self._accepted = None
        super().data_received(data)
        if self._accepted is not None and self._begun == 1 and not self.half_read:
            self.familiar.remember(digest, self._accepted)

    def on_message_begin(self) -> None:
        """A request begins."""
        self._begun += not self.offered
        super().on_message_begin()

    def take(self) -> None:
        """Decide, if this request is one of ours and plain; else it goes the common way."""
        if self.url.startswith(_PREFIX) and not self.offered:
            values = self._plain_credentials()
            self._answer = None if values is None else self._decide(values)
        if self._answer is None:
            super().take()

    def whole(self) -> None:
        """Send what was decided."""
        answer = self._answer
        if answer is None:
            super().whole()
            return
        self._answer = None
        self._count_request()
        kept = answer.status != HTTPStatus.OK or self.is_kept()
        keep_alive = kept and self._begun < _MOST_IN_ONE_READ and self.parser.should_keep_alive()
        head = self.parser.get_method() == b"HEAD"
        if keep_alive and not head:
            self.transport.write(answer.wire)
            return
        self._accepted = None
        self.transport.write(render(answer, keep_alive=keep_alive, head=head))
        if not keep_alive:
            self.end()

    @property
    def _is_busy(self) -> bool:
        return self.flow.write_paused or bool(self.turns)

    def _count_request(self) -> None:
        self.request_read(self.loop.time() + self.limits.idle_seconds)
        self.server_state.total_requests += 1
        self.busy_poll.answered()

    def _plain_credentials(self) -> list[bytes] | None:
        """The values of `Authorization`; None where the request or the connection is not plain."""
        if self._is_busy or b"#" in self.url or b"\\" in self.url:
            return None  # such a target is judged there
        values = []
        for name, value in self.headers:
            if name == b"authorization":
                values.append(value)
            elif name in _COMPLICATED:
                return None
        return values if self.parser.get_http_version() == "1.1" else None

    def _decide(self, values: list[bytes]) -> Answer | None:
        found = _route(self.url) if len(self.url) <= _LONGEST_READY else _way(self.url)
        if found is None:
            return None
        gateway, requirement = found
        if gateway.methods is not None and self.parser.get_method() not in gateway.methods:
            return METHOD_NOT_ALLOWED
        decision = self.gate.decide_at_once(gateway.contract, values, requirement)
        return None if decision is None else self._answer_to(decision, gateway)

    def _answer_to(self, decision: Decision, gateway: Gateway) -> Answer:
        answer = gateway.answer(decision)
        if decision.accepted is not None:
            self._accepted = Familiar(gateway.contract, decision.accepted, answer.wire)
        return answer


def _way(url: bytes) -> tuple[Gateway, str] | None:
    path, _, query = url.partition(b"?")
    return gateway_for(path, query)


_route = lru_cache(_ROUTES_READY)(_way)
