"""The connection to the API server, one call at a time. The only maker of an `ApiClient`.

Goes below the library's generated methods, to `ApiClient.call_api`: those validate every argument anew, and raise
exceptions that hold the answer's body.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import aiohttp
from kubernetes.aio.client import ApiClient, Configuration

from pharia_access.errors import UnavailableError
from pharia_access.kube.errors import TRANSPORT_ERRORS, concerns_secrets, unreachable
from pharia_access.kube.exchange import JSON, Answer, Call, Stream
from pharia_access.kube.login import Login, configuration_of

__all__ = ["JSON_PATCH", "MERGE_PATCH", "Call", "Connection", "connect"]

MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"

_OFFSET_TIMEOUT_SECONDS = 5.0


class Connection:
    """A pool of connections to the API server; made by `connect`."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api
        self._configuration: Configuration = api.configuration

    async def send(self, call: Call) -> bytes:
        """Send one request; the body of the answer. Raises the leaves of ApiError, without any part of a Secret.

        Writes go out with `fieldValidation=Strict`: an older CRD must not drop a field in silence.
        """
        return (await self.fetch(call)).body

    async def fetch(self, call: Call) -> Answer:
        """As `send`; the whole answer."""
        answer = await self._answer(call)
        answer.require_success(call)
        return answer

    @asynccontextmanager
    async def stream(self, call: Call, *, silence_seconds: float) -> AsyncIterator[Stream]:
        """Send a request whose answer goes on: a watch, or a long list. `timeout_seconds` is for its beginning.

        Raises the leaves of ApiError; no byte for `silence_seconds` is an UnavailableError.
        """
        response = await self._begin(call, silence_seconds)
        try:
            yield Stream(response, call)
        finally:
            response.close()

    async def server_time_offset(self, now: Callable[[], datetime]) -> timedelta:
        """How far the API server's clock is ahead of ours, to about a second; raises UnavailableError.

        Its `Date` header is cut to whole seconds and belongs to some moment between request and answer.
        """
        before = now()
        answer = await self._answer(Call("GET", "/version", _OFFSET_TIMEOUT_SECONDS))
        middle = before + (now() - before) / 2
        if answer.date is None:
            msg = "GET /version: the answer has no date"
            raise UnavailableError(msg)
        return answer.date + timedelta(milliseconds=500) - middle

    def login(self) -> dict[str, Any]:
        """What `kopf.ConnectionInfo` takes, with the ServiceAccount's token as it is now. Call from any thread."""
        configuration = self._configuration
        if configuration.refresh_api_key_hook is not None:
            configuration.refresh_api_key_hook(configuration)
        scheme, _, token = configuration.api_key.get("BearerToken", "").strip().partition(" ")
        return {
            "server": configuration.host,
            "ca_path": configuration.ssl_ca_cert,
            "insecure": not configuration.verify_ssl,
            "scheme": scheme or None,
            "token": token or None,
            "certificate_path": configuration.cert_file,
            "private_key_path": configuration.key_file,
        }

    async def _answer(self, call: Call) -> Answer:
        try:
            return await self._exchange(call)
        except TRANSPORT_ERRORS as error:
            failure = unreachable(error, method=call.method, path=call.path)
            if not concerns_secrets(call.path):
                raise failure from error
        # Outside of `except`: a parser's error can quote bytes of the answer, and would come along as the context.
        raise failure

    async def _begin(self, call: Call, silence_seconds: float) -> aiohttp.ClientResponse:
        patience = aiohttp.ClientTimeout(total=None, sock_read=silence_seconds)
        try:
            async with asyncio.timeout(call.timeout_seconds):
                answer = await self._request(call, patience)
                if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
                    Answer(answer.status, answer.headers, await answer.read()).require_success(call)
        except TRANSPORT_ERRORS as error:
            raise unreachable(error, method=call.method, path=call.path) from error
        response: aiohttp.ClientResponse = answer.response
        return response

    async def _exchange(self, call: Call) -> Answer:
        response = await self._request(call, call.timeout_seconds)
        return Answer(response.status, response.headers, await response.read())

    async def _request(self, call: Call, patience: float | aiohttp.ClientTimeout) -> Any:  # noqa: ANN401 - the library's
        headers = {"Accept": JSON, "Accept-Encoding": "identity", "User-Agent": self._api.user_agent}
        query = dict(call.query)
        if call.body is not None:
            headers["Content-Type"] = call.content_type
        if call.method in {"POST", "PUT", "PATCH"}:
            query["fieldValidation"] = "Strict"
        # Reads a projected ServiceAccount token anew once a minute (InClusterConfigLoader).
        await self._api.update_params_for_auth(headers, [], ["BearerToken"], call.path, call.method, None)
        url = self._configuration.host + call.path
        if query:
            url += "?" + urlencode(query)
        return await self._api.call_api(
            call.method, url, header_params=headers, body=call.body, _request_timeout=patience
        )


@asynccontextmanager
async def connect(
    login: Login | str | None, *, pool_size: int, user_agent: str = "pharia-access"
) -> AsyncIterator[Connection]:
    """Connect as a kubeconfig's current context says, or, without one, as the pod's ServiceAccount; closes at the end.

    Nothing is sent yet. At most `pool_size` requests are under way at a time, the others wait. Raises SettingsError.
    """
    login = login if isinstance(login, Login) else Login(login)
    configuration = await configuration_of(login)
    configuration.connection_pool_maxsize = pool_size
    # trust_env would look for proxies and a .netrc at every single request, three times the cost of the rest.
    configuration.client_session_kwargs = {
        "trust_env": False,
        "cookie_jar": aiohttp.DummyCookieJar(),
        "headers": login.impersonation(),
    }
    api = ApiClient(configuration)
    api.user_agent = user_agent
    try:
        yield Connection(api)
    finally:
        await api.close()  # type: ignore[no-untyped-call] # so the library says
