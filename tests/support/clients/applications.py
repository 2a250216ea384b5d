"""An ASGI application that keeps what it was shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import httpx

from pharia_access_client import Caller, caller_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from pharia_access_client.middleware import Access
    from pharia_access_client.refusing import Receive, Scope, Send

__all__ = ["Recorder"]

Headers = Mapping[str, str] | Iterable[tuple[bytes, bytes]]


class Recorder:
    """Answers 200 to everything, and accepts every websocket.

    Args:
        handler: what is done with the caller before the answer.
    """

    def __init__(self, handler: Callable[[Caller], Awaitable[None]] | None = None) -> None:
        self.handler = handler
        self.scopes: list[Scope] = []
        self.messages: list[MutableMapping[str, Any]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        if self.handler is not None:
            await self.handler(self.caller)
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
        elif scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"seen"})

    @property
    def scope(self) -> Scope:
        """What it was shown last."""
        return self.scopes[-1]

    @property
    def caller(self) -> Caller:
        """Who sent what it was shown last."""
        found = caller_of(self.scope)
        assert found is not None
        return found

    async def asked(
        self, access: Access, path: str = "/", *, headers: Headers = (), root_path: str = "", kind: str = "http"
    ) -> httpx.Response:
        """Send a request through the middleware as a server would; the path is not tidied up.

        The connections to the verifier are closed afterwards.
        """
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        raw = [(_bytes(name).lower(), _bytes(value)) for name, value in pairs]
        self.messages.clear()
        try:
            await access(
                {"type": kind, "path": path, "root_path": root_path, "headers": raw, "method": "GET"},
                self.nothing,
                self.sent,
            )
        finally:
            await access.verifier.aclose()
        start = next((each for each in self.messages if each["type"] == "http.response.start"), None)
        return httpx.Response(599) if start is None else httpx.Response(start["status"], headers=start["headers"])

    async def nothing(self) -> MutableMapping[str, Any]:
        """Receive nothing."""
        return {"type": "websocket.connect"}

    async def sent(self, message: MutableMapping[str, Any]) -> None:
        """Keep what is sent to a client."""
        self.messages.append(message)


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")
