"""Tell an ASGI server that a request is refused: by an answer, or for a websocket before it is accepted."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from pharia_access_client.verdicts import Refused

__all__ = ["Message", "Receive", "Scope", "Send", "refuse"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_POLICY_VIOLATION = 1008
_TRY_AGAIN_LATER = 1013
_DENIAL = "websocket.http.response"


async def refuse(refused: Refused, scope: Scope, send: Send) -> None:
    """Answer with the refusal.

    A websocket's client is told the status where the server can send one. Elsewhere the server makes a 403 of a close
    before the handshake.
    """
    if scope["type"] == "http":
        await _answer(refused, send, "http.response")
    elif _DENIAL in (scope.get("extensions") or {}):
        await _answer(refused, send, _DENIAL)
    else:
        code = _TRY_AGAIN_LATER if "Retry-After" in refused.headers else _POLICY_VIOLATION
        await send({"type": "websocket.close", "code": code, "reason": refused.error})


async def _answer(refused: Refused, send: Send, kind: str) -> None:
    body = json.dumps({"error": refused.error, "error_description": refused.description}).encode()
    told = {"Content-Type": "application/json", "Content-Length": str(len(body)), **refused.headers}
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in told.items()]
    await send({"type": f"{kind}.start", "status": refused.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": body})
