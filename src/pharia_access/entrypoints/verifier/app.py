"""The verifier as an ASGI application: a short way for the gateways' checks, starlette's routes for everything else."""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pharia_access.domain.verdict import Refusal
from pharia_access.domain.verification.requirement_headers import Asked
from pharia_access.entrypoints.verifier.answers import (
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    HttpAnswer,
    method_not_allowed,
    refusal_answer,
)
from pharia_access.entrypoints.verifier.asgi import Reply
from pharia_access.entrypoints.verifier.check_headers import USUAL, CheckHeaders
from pharia_access.entrypoints.verifier.endpoints import Protocols
from pharia_access.entrypoints.verifier.gateways import Gateway
from pharia_access.errors import OverloadedError
from pharia_access.services.verifier.authorizer import Costly
from pharia_access.services.verifier.client_word import ClientWord
from pharia_access.services.verifier.signature_queue import SignatureQueue
from pharia_access.services.verifier.verifier import AuthorizationResult, Denied, Unverified

__all__ = ["VerifierApp", "review_app"]

_FAULT: Final = HttpAnswer(HTTPStatus.INTERNAL_SERVER_ERROR.value)


class VerifierApp:
    """The application of the port of checks: everything but TokenReview.

    Args:
        headers: of gateways' checks; the other protocols read `Authorization`.
    """

    def __init__(
        self, protocols: Protocols, *, client_word: ClientWord | None = None, headers: CheckHeaders = USUAL
    ) -> None:
        self._protocols = protocols
        self._headers = headers
        self._client_word = client_word
        self._rest = _starlette(protocols.routes())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._client_word is not None:
            self._client_word.hold(scope["headers"])  # in this request's own task
        found = self._headers.find(scope["raw_path"], scope["query_string"])
        if found is None:
            await self._rest(scope, receive, send)
        else:
            reply = await self._check(scope, *found)
            await reply(scope, receive, send)

    async def _check(self, scope: Scope, gateway: Gateway, requirement: str) -> Reply:
        if gateway.methods is not None and scope["method"].encode("ascii") not in gateway.methods:
            return Reply(METHOD_NOT_ALLOWED)
        token = self._headers.token(scope["headers"])
        asked = self._headers.asked(requirement, scope["headers"])
        return Reply(gateway.answer(await self._authorize(gateway, token, asked)))

    async def _authorize(self, gateway: Gateway, token: bytes | Refusal, asked: Asked) -> AuthorizationResult:
        """Authorize at once, or after Argon2id, or in turn with other long work."""
        authorizer, work = self._protocols.authorizer, self._protocols.work
        result = authorizer.authorize_nowait(gateway.contract, token, asked)
        if isinstance(result, Unverified | SignatureQueue):
            return await authorizer.authorize(gateway.contract, token, asked)
        if not isinstance(result, Costly):
            return result
        try:
            with work.request(result.client) as long:
                await long.piece()
                return await authorizer.authorize(gateway.contract, token, asked)
        except OverloadedError:
            return Denied(Refusal.OVERLOADED)


def review_app(protocols: Protocols, audiences: Sequence[str]) -> ASGIApp:
    """Make the application of the TokenReview port."""

    async def review(request: Request) -> Reply:
        return await protocols.review(request, audiences)

    return _starlette([Route("/tokenreview", review, methods=["POST"])])


def _starlette(routes: list[Route]) -> ASGIApp:
    handlers: dict[int | type[Exception], Callable[[Request, Exception], Awaitable[Reply]]] = {
        HTTPStatus.NOT_FOUND.value: _always(NOT_FOUND),
        HTTPStatus.METHOD_NOT_ALLOWED.value: _name_methods,
        OverloadedError: _always(refusal_answer(Refusal.OVERLOADED)),
        Exception: _always(_FAULT),
    }
    app = Starlette(routes=routes, exception_handlers=handlers)
    # A redirect would carry a POST, and the token in it, to another path.
    app.router.redirect_slashes = False
    return app


async def _name_methods(_request: Request, error: Exception) -> Reply:
    # starlette joins the names in the order of a set, which differs in each process.
    named = error.headers or {} if isinstance(error, HTTPException) else {}
    return Reply(method_not_allowed(named.get("Allow", "").split(", ")))


def _always(answer: HttpAnswer) -> Callable[[Request, Exception], Awaitable[Reply]]:
    async def handle(_request: Request, _error: Exception) -> Reply:
        return Reply(answer)

    return handle
