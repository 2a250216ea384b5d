"""Ask a verifier of pharia-access. The only module that speaks HTTP to it; keeps no answer.

A check goes to `/auth/forward`: the verifier judges token and requirement together, on its short way, and tells who
calls. `/check_user` is asked where only a part of what is asked may be held.

Everything that is no verdict is `Refused.unavailable()`: no answer in time, no connection, another status, an answer
that cannot be read. No exception leaves: httpx's exceptions hold the request, and so the token.
"""

import asyncio
import json
import logging
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from ssl import PROTOCOL_TLS_CLIENT, SSLContext, create_default_context
from typing import Any
from weakref import WeakKeyDictionary

import httpx

from pharia_access_client.credentials import Token
from pharia_access_client.requirements import Permission, Requirement
from pharia_access_client.verdicts import Held, Identity, Refused

__all__ = ["Verifier"]

_LOG = logging.getLogger("pharia_access_client")
_REFUSALS = {
    HTTPStatus.BAD_REQUEST: Refused.two_tokens,
    HTTPStatus.UNAUTHORIZED: Refused.bad_token,
    HTTPStatus.FORBIDDEN: Refused.insufficient,
}
_IDENTITY = ("X-Auth-Subject", "X-Auth-Credential", "X-Auth-Token-Id", "X-Auth-Roles", "X-Auth-Expires")


class Verifier:
    """A verifier at a URL. One for a whole service; safe to use from several event loops.

    Args:
        url: its address without a path, such as `http://pharia-access-verifier.pharia-access-system.svc`.
        timeout: seconds for a check, from beginning to end.
        ca_file: the certificates to trust, where the verifier's is not signed by a public authority.
        connections: how many are open at once; further checks wait, within `timeout`.

    Raises:
        ValueError: the URL is none that can be asked.
    """

    def __init__(
        self, url: str, *, timeout: float = 2.0, ca_file: str | Path | None = None, connections: int = 100
    ) -> None:
        self.url = _base(url)
        self.timeout = timeout
        # Without TLS no certificates are loaded, which takes longer than all the rest; then none is trusted either.
        secure = self.url.startswith("https:")
        self._tls = create_default_context(cafile=ca_file) if secure else SSLContext(PROTOCOL_TLS_CLIENT)
        self._limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()

    async def check(self, token: Token, requirement: str | Requirement) -> Identity | Refused:
        """Tell whose token it is, if it is good and meets the requirement. Nobody meets one that is malformed."""
        text = requirement if isinstance(requirement, str) else requirement.text
        try:
            asked = Requirement.parse(text).text
        except ValueError as error:
            _LOG.warning("%s", error)
            verdict = await self._checked(token, "")
            return verdict if isinstance(verdict, Refused) else Refused.insufficient()
        return await self._checked(token, f"?{asked}" if asked else "")

    async def _checked(self, token: Token, query: str) -> Identity | Refused:
        answer = await self._ask("GET", f"/auth/forward{query}", token)
        return Refused.unavailable() if answer is None else _verdict(answer)

    async def held(self, token: Token, permissions: Sequence[Permission]) -> Held | Refused:
        """Tell which of the permissions are held, in the order asked."""
        asked = {"permissions": [each.as_json() for each in permissions]}
        answer = await self._ask("POST", "/check_user", token, asked)
        if answer is None:
            return Refused.unavailable()
        if answer.status_code == HTTPStatus.OK:
            return _held(answer, permissions)
        return _refusal(answer)

    async def aclose(self) -> None:
        """Close the connections of this event loop. A later check opens new ones."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()

    async def _ask(self, method: str, target: str, token: Token, body: object = None) -> httpx.Response | None:
        headers = {"Authorization": f"Bearer {token.reveal()}"}
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            headers["Content-Type"] = "application/json"
        try:
            async with asyncio.timeout(self.timeout):
                return await self._client().request(method, self.url + target, headers=headers, content=content)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is no verdict, and it may hold the token
            _LOG.warning("check failed: %s did not answer: %s", self.url, type(error).__name__)
            return None

    def _client(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            transport = httpx.AsyncHTTPTransport(
                verify=self._tls, trust_env=False, limits=self._limits, retries=1
            )  # a retry of a connection that could not be opened, never of a request
            self._clients[loop] = httpx.AsyncClient(transport=transport, timeout=self.timeout, trust_env=False)
        return self._clients[loop]


def _base(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in {"http", "https"} or not parsed.host or parsed.query or parsed.fragment or parsed.userinfo:
        msg = "the verifier's URL cannot be used: write http:// or https://, a host and a port, and nothing else"
        raise ValueError(msg)
    return str(parsed).rstrip("/")


def _verdict(answer: httpx.Response) -> Identity | Refused:
    if answer.status_code != HTTPStatus.OK:
        return _refusal(answer)
    values = [answer.headers.get_list(name) for name in _IDENTITY]
    try:
        [subject], [credential], [token_id], [roles], [expires] = values
        ends = datetime.fromisoformat(expires)
    except ValueError:
        return _unreadable(answer)
    if not (subject and credential and token_id and roles and ends.tzinfo):
        return _unreadable(answer)
    return Identity(subject, credential, token_id, () if roles == "-" else tuple(roles.split(",")), ends)


def _held(answer: httpx.Response, asked: Sequence[Permission]) -> Held | Refused:
    try:
        told: Any = answer.json()
        subject, listed = told["sub"], list(told["permissions"])
        held = tuple(each for each in asked if each.as_json() in listed)
    except (ValueError, TypeError, KeyError, RecursionError):
        return _unreadable(answer)
    return Held(subject, held) if isinstance(subject, str) and subject else _unreadable(answer)


def _refusal(answer: httpx.Response) -> Refused:
    """Only the verifier's own challenge makes a verdict: a proxy's 403 between us says nothing of the token."""
    challenges = answer.headers.get_list("WWW-Authenticate")
    refusal = _REFUSALS.get(HTTPStatus(answer.status_code)) if answer.status_code in set(HTTPStatus) else None
    if refusal is None or len(challenges) != 1 or not challenges[0].startswith("Bearer"):
        return _unreadable(answer)
    return refusal(challenges[0])


def _unreadable(answer: httpx.Response) -> Refused:
    _LOG.warning("check failed: the answer is no verdict of a verifier: status %s", answer.status_code)
    return Refused.unavailable()
