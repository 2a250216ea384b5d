"""ASGI middleware: an application behind it sees requests of good tokens only, and never a token."""

from collections.abc import Awaitable, Callable, Collection, Mapping

from pharia_access_client.caller import STATE, Caller
from pharia_access_client.credentials import read_token, without_credentials
from pharia_access_client.refusing import Message, Receive, Scope, Send, refuse
from pharia_access_client.requirements import Requirement
from pharia_access_client.rules import Rules, route_path
from pharia_access_client.verdicts import AccessRefused, Refused
from pharia_access_client.verifier import Verifier

__all__ = ["Access", "Application"]

Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_BEGINS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start", "websocket.close"})


class Access:
    """Checks each request before the application sees it. Every path needs a good token, unless it is named as open.

    Args:
        app: the application.
        verifier: the verifier, or its URL.
        requirements: a path, and what it and all below it require; see `Rules`.
        open_paths: paths that need no token: exactly these.
        token_headers: further headers that may hold the token, without a scheme, such as `x-api-key`.

    Raises:
        ValueError: a path, a requirement or the URL cannot be used.
    """

    def __init__(
        self,
        app: Application,
        verifier: Verifier | str,
        *,
        requirements: Mapping[str, str] | None = None,
        open_paths: Collection[str] = (),
        token_headers: Collection[str] = (),
    ) -> None:
        self.app = app
        self.verifier = Verifier(verifier) if isinstance(verifier, str) else verifier
        self._rules = Rules(requirements or {}, open_paths)
        self._token_headers = tuple(name.lower().encode("ascii") for name in token_headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif scope["type"] in {"http", "websocket"}:
            await self._serve(scope, receive, send)
        else:
            msg = f"the ASGI scope {scope['type']!r} cannot be checked, and is not served"
            raise RuntimeError(msg)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        finally:
            await self.verifier.aclose()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        requirement = self._rules.of(route_path(scope))
        caller: Caller | Refused | None = None
        if requirement is None:
            caller = Refused.ambiguous_path()
        elif isinstance(requirement, Requirement):
            caller = await self._check(scope, requirement)
        if isinstance(caller, Refused):
            await refuse(caller, scope, send)
        else:
            await self._hand_on(self._shown(scope, caller), receive, send)

    async def _check(self, scope: Scope, requirement: Requirement) -> Caller | Refused:
        token = read_token(scope["headers"], self._token_headers)
        if isinstance(token, Refused):
            return token
        identity = await self.verifier.check(token, requirement)
        return identity if isinstance(identity, Refused) else Caller(identity, token, self.verifier)

    def _shown(self, scope: Scope, caller: Caller | None) -> Scope:
        headers = without_credentials(scope["headers"], self._token_headers)
        return {**scope, "headers": headers, "state": {**scope.get("state", {}), STATE: caller}}

    async def _hand_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] in _BEGINS
            await send(message)

        try:
            await self.app(scope, receive, sent)
        except AccessRefused as error:
            if begun:
                raise
            await refuse(error.refused, scope, send)
