"""A person's connection: requests go through the socket of kubectl, which adds the login."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from pharia_access.kube.administration.kubectl_proxy import LentLogin
from pharia_access.kube.administration.kubectl_trouble import (
    carrier_failure,
    plain_request_failure,
    request_failure,
)
from pharia_access.kube.connection import Connection
from pharia_access.kube.errors import concerns_secrets
from pharia_access.kube.http import Request

__all__ = ["PLUGIN_SECONDS", "connect_lent"]

PLUGIN_SECONDS: Final = 600.0
"""The timeout of an answer if an exec plugin may ask a person or open a browser."""

_HOST: Final = "http://localhost"
"""The requests' Host header; kubectl replaces it with the API server's."""
_MOST_TEXT_BYTES: Final = 64 * 1024
_HTTP_TO_HTTPS: Final = b"Client sent an HTTP request to an HTTPS server"


class _Lent:
    """Implements `Transport` with kubectl's socket."""

    def __init__(self, session: aiohttp.ClientSession, login: LentLogin) -> None:
        self.least_seconds = PLUGIN_SECONDS if login.runs_plugin else 0.0
        self._session = session
        self._runs_plugin = login.runs_plugin

    async def request(
        self, call: Request, target: str, headers: Mapping[str, str], client_timeout: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        """See the protocol. Raises UnavailableError with kubectl's reason if there is no answer."""
        response = await self._send(call, target, headers, client_timeout)
        if response.status == HTTPStatus.UNAUTHORIZED and self._runs_plugin:
            # Nothing was done, and kubectl has run the plugin anew by now (client-go's exec authenticator).
            response.release()
            response = await self._send(call, target, headers, client_timeout)
        await _require_answer(call, response)
        return response

    async def _send(
        self, call: Request, target: str, headers: Mapping[str, str], client_timeout: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        body = None if call.body is None else json.dumps(call.body).encode()
        try:
            return await self._session.request(
                call.method,
                f"{_HOST}{target}",
                data=body,
                headers=headers,
                timeout=client_timeout,
                allow_redirects=False,
            )
        except aiohttp.ClientConnectorError as error:
            raise carrier_failure(method=call.method, path=call.path) from error

    def login(self) -> dict[str, Any]:
        """Raise: only kubectl has the login."""
        raise NotImplementedError


async def _require_answer(call: Request, response: aiohttp.ClientResponse) -> None:
    """Raise UnavailableError if kubectl itself answered: plain text without an Audit-Id."""
    if response.content_type != "text/plain" or "Audit-Id" in response.headers:
        return
    match response.status:
        case HTTPStatus.INTERNAL_SERVER_ERROR:
            text = await response.content.read(_MOST_TEXT_BYTES)
            raise request_failure(text.decode(errors="replace"), method=call.method, path=call.path)
        case HTTPStatus.BAD_REQUEST if not concerns_secrets(call.path):
            if _HTTP_TO_HTTPS in await response.read():
                raise plain_request_failure(method=call.method, path=call.path)


@asynccontextmanager
async def connect_lent(login: LentLogin, *, pool_size: int, user_agent: str) -> AsyncIterator[Connection]:
    """Connect to kubectl's socket; close at the end. Sends nothing yet.

    At most `pool_size` requests are under way at a time, the others wait.
    """
    connector = aiohttp.UnixConnector(path=str(login.socket), limit=pool_size)
    async with aiohttp.ClientSession(
        connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        yield Connection(_Lent(session, login), user_agent=user_agent)
