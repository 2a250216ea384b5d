"""What stands between a browser and every route: the Host and the Origin, and the headers of every answer.

Here: one ASGI application around another. Nothing passes it by, static files and refusals included.
See docs/decisions/0046-the-console-on-loopback.md.
"""

import secrets
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["NONCE", "SAFE_METHODS", "Defence", "hosts_of"]

NONCE: Final = "console_nonce"
"""Where a request's nonce is in the ASGI scope."""

SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
"""They change nothing, and so need no Origin; no route takes another method than these and POST."""

_NONCE_BYTES: Final = 18

_POLICY: Final = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # With no-referrer browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "clipboard-read=(), clipboard-write=(self), camera=(), microphone=(), geolocation=()",
}


def hosts_of(port: int) -> frozenset[str]:
    """How a browser may name the console: a name that was rebound to 127.0.0.1 is none of these."""
    return frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})


class Defence:
    """Answers only requests that are meant for us, and only as we mean it."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        nonce = secrets.token_urlsafe(_NONCE_BYTES)
        scope[NONCE] = nonce

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _guard(MutableHeaders(scope=message), nonce)
            await send(message)

        refused = self._refusal(scope["method"], Headers(scope=scope))
        await (self._app if refused is None else refused)(scope, receive, guarded)

    def _refusal(self, method: str, headers: Headers) -> PlainTextResponse | None:
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return PlainTextResponse("This is not the address of the console.\n", HTTPStatus.MISDIRECTED_REQUEST)
        if method in SAFE_METHODS:
            return None
        sites = headers.getlist("sec-fetch-site")
        if origins != [f"http://{hosts[0]}"] or sites not in ([], ["same-origin"]):
            return PlainTextResponse("Another site sent this request.\n", HTTPStatus.FORBIDDEN)
        return None


def _guard(headers: MutableHeaders, nonce: str) -> None:
    headers["Content-Security-Policy"] = _POLICY.format(nonce=nonce)
    headers.setdefault("Cache-Control", "no-store")
    for name, value in _ALWAYS.items():
        headers[name] = value
