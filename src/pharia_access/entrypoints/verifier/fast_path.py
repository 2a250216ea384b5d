"""The gateways' checks, answered in the parser's callback: no ASGI scope, no task, twice the requests of a core.

Takes a request only if it is plain: HTTP/1.1, no body, no upgrade, nothing of an earlier request still under way, and
decided without waiting. Everything else goes the common way, with the same answer; one table of requests tests both.
The choice falls in `on_headers_complete`, before uvicorn makes its request.
"""

from functools import lru_cache
from typing import Any, Final

from pharia_access.entrypoints.verifier.answers import METHOD_NOT_ALLOWED, Answer, render
from pharia_access.entrypoints.verifier.gateways import Gateway, gateway_for
from pharia_access.entrypoints.verifier.guarded import GuardedProtocol
from pharia_access.services.gate import Gate

__all__ = ["FastPathProtocol"]

_PREFIX: Final = b"/auth/"
_ROUTES_READY: Final = 1024
"""How many URLs are kept ready. nginx, Traefik and Caddy ask for the same few."""
_COMPLICATED: Final = frozenset({b"content-length", b"transfer-encoding", b"upgrade", b"expect"})
"""What announces a body, or a connection that becomes something else."""


class FastPathProtocol(GuardedProtocol):
    """One connection. `gate` is set on a subclass, since uvicorn makes the instances."""

    gate: Gate

    def __init__(self, *arguments: Any, **keywords: Any) -> None:  # noqa: ANN401 - uvicorn's own, passed on
        super().__init__(*arguments, **keywords)
        self._answer: Answer | None = None

    def on_message_begin(self) -> None:
        """A request begins. What uvicorn prepares for ASGI here is left until the request turns out to need it."""
        self.deadline = self.loop.time() + self.limits.request_seconds
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        """Decide, if this request is one of ours; else make up for what was left out, and go the common way."""
        if self.url.startswith(_PREFIX) and self.head_is_welcome():
            values = self._plain_credentials()
            self._answer = None if values is None else self._decide(values)
        if self._answer is None and not self.transport.is_closing():
            url, headers, expect = self.url, self.headers, self.expect_100_continue
            super().on_message_begin()
            self.headers.extend(headers)
            self.url, self.expect_100_continue = url, expect
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Send what was decided."""
        answer, self._answer = self._answer, None
        if answer is None:
            super().on_message_complete()
            return
        self.request_read(self.loop.time() + self.limits.idle_seconds)
        self.server_state.total_requests += 1
        keep_alive, head = self.parser.should_keep_alive(), self.parser.get_method() == b"HEAD"
        if keep_alive and not head:
            self.transport.write(answer.wire)
            return
        self.transport.write(render(answer, keep_alive=keep_alive, head=head))
        if not keep_alive:
            self.transport.close()

    def _plain_credentials(self) -> list[bytes] | None:
        """The values of `Authorization`; None where the request or the connection is not plain."""
        if self.flow.write_paused or self.is_answering or b"#" in self.url:
            return None
        values = []
        for name, value in self.headers:
            if name == b"authorization":
                values.append(value)
            elif name in _COMPLICATED:
                return None
        return values if self.parser.get_http_version() == "1.1" else None

    def _decide(self, values: list[bytes]) -> Answer | None:
        found = _route(self.url)
        if found is None:
            return None
        gateway, requirement = found
        if gateway.methods is not None and self.parser.get_method() not in gateway.methods:
            return METHOD_NOT_ALLOWED
        decision = self.gate.decide_at_once(gateway.contract, values, requirement)
        return None if decision is None else gateway.answer(decision)


@lru_cache(_ROUTES_READY)
def _route(url: bytes) -> tuple[Gateway, str] | None:
    path, _, query = url.partition(b"?")
    return gateway_for(path, query)
