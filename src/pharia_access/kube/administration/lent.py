"""A person's connection: requests go through the socket of kubectl, which adds the login."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from http import HTTPStatus
from typing import Any, Final

from pharia_access.kube.administration.kubectl_proxy import LentLogin
from pharia_access.kube.administration.kubectl_trouble import (
    carrier_failure,
    plain_request_failure,
    request_failure,
)
from pharia_access.kube.administration.unix_http import UnixPool
from pharia_access.kube.connection import Connection
from pharia_access.kube.errors import concerns_secrets
from pharia_access.kube.http import Answer, Request

__all__ = ["PLUGIN_SECONDS", "connect_lent"]

PLUGIN_SECONDS: Final = 600.0
"""The timeout of an answer if an exec plugin may ask a person or open a browser."""

_MOST_TEXT_BYTES: Final = 64 * 1024
_HTTP_TO_HTTPS: Final = b"Client sent an HTTP request to an HTTPS server"


class _Lent:
    """Implements `Transport` with kubectl's socket."""

    def __init__(self, pool: UnixPool, login: LentLogin) -> None:
        self.least_seconds = PLUGIN_SECONDS if login.runs_plugin else 0.0
        self._pool = pool
        self._runs_plugin = login.runs_plugin

    async def request(
        self, call: Request, target: str, headers: Mapping[str, str], *, silence_seconds: float | None
    ) -> Answer:
        """See the protocol. Raises UnavailableError with kubectl's reason if there is no answer."""
        answer = await self._send(call, target, headers, silence_seconds)
        if answer.status == HTTPStatus.UNAUTHORIZED and self._runs_plugin:
            # Nothing was done, and kubectl has run the plugin anew by now (client-go's exec authenticator).
            answer.close()
            answer = await self._send(call, target, headers, silence_seconds)
        try:
            await _require_answer(call, answer)
        except BaseException:
            answer.close()
            raise
        return answer

    async def _send(
        self, call: Request, target: str, headers: Mapping[str, str], silence_seconds: float | None
    ) -> Answer:
        body = b"" if call.body is None else json.dumps(call.body).encode()
        try:
            return await self._pool.request(call.method, target, headers, body, silence_seconds=silence_seconds)
        except (ConnectionRefusedError, FileNotFoundError) as error:
            raise carrier_failure(method=call.method, path=call.path) from error

    def login(self) -> dict[str, Any]:
        """Raise: only kubectl has the login."""
        raise NotImplementedError


async def _require_answer(call: Request, answer: Answer) -> None:
    """Raise UnavailableError if kubectl itself answered: plain text without an Audit-Id."""
    content_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "text/plain" or "audit-id" in answer.headers:
        return
    match answer.status:
        case HTTPStatus.INTERNAL_SERVER_ERROR:
            text = (await _beginning(answer)).decode(errors="replace")
            raise request_failure(text, method=call.method, path=call.path)
        case HTTPStatus.BAD_REQUEST if not concerns_secrets(call.path):
            if _HTTP_TO_HTTPS in await answer.read():
                raise plain_request_failure(method=call.method, path=call.path)


async def _beginning(answer: Answer) -> bytes:
    text = b""
    async with aclosing(answer.chunks()) as chunks:
        async for chunk in chunks:
            text += chunk
            if len(text) >= _MOST_TEXT_BYTES:
                break
    return text[:_MOST_TEXT_BYTES]


@asynccontextmanager
async def connect_lent(login: LentLogin, *, pool_size: int, user_agent: str) -> AsyncIterator[Connection]:
    """Connect to kubectl's socket; close at the end. Sends nothing yet.

    At most `pool_size` requests are under way at a time, the others wait.
    """
    pool = UnixPool(login.socket, size=pool_size)
    try:
        yield Connection(_Lent(pool, login), user_agent=user_agent)
    finally:
        pool.close()
