"""The connection of the operator and the verifier. The only maker of an `ApiClient`.

Calls `ApiClient.call_api` instead of the generated methods: those validate every argument again, and raise
exceptions that hold the answer's body.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import aiohttp
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.client.exceptions import OpenApiException
from kubernetes.aio.config import ConfigException

from pharia_access.kube.connection import JSON_PATCH, MERGE_PATCH, Connection
from pharia_access.kube.errors import LibraryError
from pharia_access.kube.http import Answer, Request
from pharia_access.kube.login import Login, configuration_of

__all__ = ["JSON_PATCH", "MERGE_PATCH", "Connection", "Request", "connect"]


@contextmanager
def _own_errors() -> Iterator[None]:
    """Raise LibraryError for what is no OSError already."""
    try:
        yield
    except OSError:  # of which some of aiohttp's are
        raise
    except (aiohttp.ClientError, OpenApiException, ConfigException) as error:
        raise LibraryError from error


class _LibraryAnswer:
    """Implements `Answer`."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers

    async def read(self) -> bytes:
        """See the protocol."""
        with _own_errors():
            return await self._response.read()

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """See the protocol."""
        with _own_errors():
            async for chunk in self._response.content.iter_any():
                yield chunk

    def close(self) -> None:
        """See the protocol."""
        self._response.close()


class _Library:
    """Implements `Transport` with the client library."""

    least_seconds = 0.0

    def __init__(self, api: ApiClient) -> None:
        self._api = api
        self._configuration: Configuration = api.configuration

    async def request(
        self, call: Request, target: str, headers: Mapping[str, str], *, silence_seconds: float | None
    ) -> Answer:
        """See the protocol."""
        signed = dict(headers)
        # Reads a projected ServiceAccount token anew once a minute (InClusterConfigLoader).
        with _own_errors():
            await self._api.update_params_for_auth(signed, [], ["BearerToken"], call.path, call.method, None)
            answer = await self._api.call_api(
                call.method,
                self._configuration.host + target,
                header_params=signed,
                body=call.body,
                _request_timeout=aiohttp.ClientTimeout(total=None, sock_read=silence_seconds),
            )
        return _LibraryAnswer(answer.response)

    def login(self) -> dict[str, Any]:
        """See the protocol."""
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


@asynccontextmanager
async def connect(
    login: Login | str | None, *, pool_size: int, user_agent: str = "pharia-access"
) -> AsyncIterator[Connection]:
    """Connect with a kubeconfig's current context, or as the pod's ServiceAccount without one; close at the end.

    Sends nothing yet. At most `pool_size` requests run at a time, the others wait. Raises SettingsError.
    """
    login = login if isinstance(login, Login) else Login(login)
    configuration = await configuration_of(login)
    configuration.connection_pool_maxsize = pool_size
    # trust_env would look for proxies and a .netrc at every single request, three times the cost of the rest.
    configuration.client_session_kwargs = {
        "trust_env": False,
        "cookie_jar": aiohttp.DummyCookieJar(),
    }
    api = ApiClient(configuration)
    try:
        yield Connection(_Library(api), user_agent=user_agent)
    finally:
        await api.close()  # type: ignore[no-untyped-call] # so the library says
