"""The connection to the API server, independent of its transport."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from pharia_access.errors import UnavailableError
from pharia_access.kube.errors import TRANSPORT_ERRORS, concerns_secrets, unreachable
from pharia_access.kube.http import Answer, Request, Response, Stream

__all__ = ["JSON_PATCH", "MERGE_PATCH", "Connection", "Transport"]

MERGE_PATCH: Final = "application/merge-patch+json"
JSON_PATCH: Final = "application/json-patch+json"

_OFFSET_TIMEOUT_SECONDS = 5.0


class Transport(Protocol):
    """An authenticated transport of requests.

    Attributes:
        least_seconds: the shortest timeout of an answer, whatever the request says: a login may wait for a person.
    """

    least_seconds: float

    async def request(
        self, call: Request, target: str, headers: Mapping[str, str], *, silence_seconds: float | None
    ) -> Answer:
        """Send the request and return the answer before its body has arrived. Raises TRANSPORT_ERRORS.

        The other side may send nothing for `silence_seconds`; None: for ever.
        """
        ...

    def login(self) -> dict[str, Any]:
        """Return the arguments of `kopf.ConnectionInfo`; call from any thread."""
        ...


class Connection:
    """A pool of connections to the API server; made by `client.connect`, or `lent.connect_lent` for a person."""

    def __init__(self, transport: Transport, *, user_agent: str) -> None:
        self._transport = transport
        self._user_agent = user_agent

    def named(self, user_agent: str) -> "Connection":
        """The same connection, under another name in the audit log."""
        return Connection(self._transport, user_agent=user_agent)

    async def send(self, call: Request) -> bytes:
        """Send one request and return the answer's body. Raises the leaves of ApiError, without any part of a Secret.

        Writes use `fieldValidation=Strict`: an older CRD must not drop a field silently.
        """
        return (await self.fetch(call)).body

    async def fetch(self, call: Request) -> Response:
        """Send one request and return the whole answer."""
        answer = await self._answer(call)
        answer.require_success(call)
        return answer

    @asynccontextmanager
    async def stream(self, call: Request, *, silence_seconds: float) -> AsyncIterator[Stream]:
        """Send a request with a streamed answer: a watch or a long list. `timeout_seconds` is for its start.

        Raises the leaves of ApiError; no byte for `silence_seconds` is an UnavailableError.
        """
        answer = await self._begin(call, silence_seconds)
        try:
            yield Stream(answer, call)
        finally:
            answer.close()

    async def server_time_offset(self, now: Callable[[], datetime]) -> timedelta:
        """Return how far the API server's clock is ahead of ours, to about a second. Raises UnavailableError.

        Its `Date` header is cut to whole seconds and belongs to some moment between request and answer.
        """
        before = now()
        answer = await self._answer(Request("GET", "/version", _OFFSET_TIMEOUT_SECONDS))
        middle = before + (now() - before) / 2
        if answer.date is None:
            msg = "GET /version: the answer has no date"
            raise UnavailableError(msg)
        return answer.date + timedelta(milliseconds=500) - middle

    def login(self) -> dict[str, Any]:
        """Return the arguments of `kopf.ConnectionInfo` with the current ServiceAccount token. Call from any thread."""
        return self._transport.login()

    async def _answer(self, call: Request) -> Response:
        try:
            return await self._exchange(call)
        except TRANSPORT_ERRORS as error:
            failure = unreachable(error, method=call.method, path=call.path)
            if not concerns_secrets(call.path):
                raise failure from error
        # Outside of `except`: a parser's error can quote bytes of the answer, and would come along as the context.
        raise failure

    async def _begin(self, call: Request, silence_seconds: float) -> Answer:
        try:
            async with asyncio.timeout(self._seconds(call)):
                answer = await self._request(call, silence_seconds)
                if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
                    Response(answer.status, answer.headers, await answer.read()).require_success(call)
        except TRANSPORT_ERRORS as error:
            raise unreachable(error, method=call.method, path=call.path) from error
        return answer

    async def _exchange(self, call: Request) -> Response:
        async with asyncio.timeout(self._seconds(call)):
            answer = await self._request(call, None)
            return Response(answer.status, answer.headers, await answer.read())

    async def _request(self, call: Request, silence_seconds: float | None) -> Answer:
        headers = {"Accept": call.accept, "Accept-Encoding": "identity", "User-Agent": self._user_agent}
        query = dict(call.query)
        if call.body is not None:
            headers["Content-Type"] = call.content_type
        if call.method in {"POST", "PUT", "PATCH"}:
            query["fieldValidation"] = "Strict"
        target = f"{call.path}?{urlencode(query)}" if query else call.path
        return await self._transport.request(call, target, headers, silence_seconds=silence_seconds)

    def _seconds(self, call: Request) -> float:
        return max(call.timeout_seconds, self._transport.least_seconds)
