"""The verifier as an ASGI application: the gateways' checks on a short way, everything else by starlette's routes."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pharia_access.domain.verification import Refusal
from pharia_access.entrypoints.verifier import check_user, introspection, token_review, whoami
from pharia_access.entrypoints.verifier.answers import METHOD_NOT_ALLOWED, NOT_FOUND, Answer, refusal_answer
from pharia_access.entrypoints.verifier.exchange import (
    TOO_LARGE,
    Reply,
    authorizations,
    may_exceed,
    media_type,
    read_body,
)
from pharia_access.entrypoints.verifier.gateways import Gateway, gateway_for
from pharia_access.entrypoints.verifier.long_work import SHORT_BYTES, LongWork
from pharia_access.errors import OverloadedError
from pharia_access.services.gate import Contract, Gate

__all__ = ["Protocols", "VerifierApp", "review_app"]

_API_SERVER: Final = "kube-apiserver"
"""Holds the places of its port: no credential, whose names have a slash."""
_FAULT: Final = Answer(HTTPStatus.INTERNAL_SERVER_ERROR.value)


@dataclass(frozen=True, slots=True)
class Protocols:
    """What the endpoints need: the gate, and how long a body may be."""

    gate: Gate
    max_body_bytes: int
    work: LongWork = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "work", LongWork(lambda: self.gate.checks))

    async def check_user(self, request: Request) -> Reply:
        """PhariaAI's services."""
        decision = await self.gate.decide(Contract.CHECK_USER, authorizations(request.scope["headers"]))
        accepted = decision.accepted
        if accepted is None:
            # Of who may not ask nothing is kept: four thousand strangers' bodies are more than the pod may have.
            return Reply(await check_user.answer_check_user(decision, b"", self.work))
        with self._place(accepted.token.credential, long=may_exceed(request, SHORT_BYTES)):
            body = await read_body(request, limit=self.max_body_bytes)
            return Reply(TOO_LARGE if body is None else await check_user.answer_check_user(decision, body, self.work))

    async def introspect(self, request: Request) -> Reply:
        """Resource servers that speak OAuth."""
        values = authorizations(request.scope["headers"])
        caller = await self.gate.decide(Contract.INTROSPECT, values, introspection.CALLER_REQUIREMENT)
        if caller.accepted is None:
            return Reply(introspection.refuse_caller(caller.refusal or Refusal.OVERLOADED))
        body = await self._body(request, caller.accepted.token.credential)
        if body is None:
            return Reply(TOO_LARGE)
        token = introspection.asked_token(media_type(request), body)
        if token is None:
            return Reply(introspection.bad_form())
        return Reply(introspection.answer_introspection(await self.gate.decide_text(Contract.INTROSPECT, token)))

    async def whoami(self, request: Request) -> Reply:
        """Whoever holds a token."""
        decision = await self.gate.decide(Contract.WHOAMI, authorizations(request.scope["headers"]))
        accepted = decision.accepted
        if accepted is None:
            return Reply(await whoami.answer_whoami(decision, self.work))
        with self._place(accepted.token.credential, long=whoami.tells_much(accepted.held)):
            return Reply(await whoami.answer_whoami(decision, self.work))

    async def review(self, request: Request, audiences: Sequence[str]) -> Reply:
        """A kube-apiserver."""
        body = await self._body(request, _API_SERVER)
        review = None if body is None else token_review.parse_review(body)
        if review is None:
            return Reply(token_review.bad_review())
        presented = review.spec.token.encode("utf-8", "replace")
        decision = await self.gate.decide_text(Contract.TOKEN_REVIEW, presented, token_review.REQUIREMENT)
        return Reply(token_review.answer_review(decision, token_review.wanted_audiences(review, audiences)))

    def _place(self, holder: str, *, long: bool) -> AbstractContextManager[None]:
        """Raises OverloadedError. What is short waits for nobody's long work."""
        return self.work.place(holder) if long else nullcontext()

    async def _body(self, request: Request, holder: str) -> bytes | None:
        """The body, once it may be understood. Raises OverloadedError."""
        with self._place(holder, long=may_exceed(request, SHORT_BYTES)):
            body = await read_body(request, limit=self.max_body_bytes)
            if body is not None and len(body) > SHORT_BYTES:
                await self.work.piece()
        return body


class VerifierApp:
    """Everything but TokenReview, which has a port of its own."""

    def __init__(self, protocols: Protocols) -> None:
        self._gate = protocols.gate
        self._rest = _starlette(
            [
                Route("/check_user", protocols.check_user, methods=["POST"]),
                Route("/oauth2/introspect", protocols.introspect, methods=["POST"]),
                Route("/whoami", protocols.whoami, methods=["GET"]),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        found = gateway_for(scope["raw_path"], scope["query_string"])
        if found is None:
            await self._rest(scope, receive, send)
        else:
            reply = await self._check(scope, *found)
            await reply(scope, receive, send)

    async def _check(self, scope: Scope, gateway: Gateway, requirement: str) -> Reply:
        if gateway.methods is not None and scope["method"].encode("ascii") not in gateway.methods:
            return Reply(METHOD_NOT_ALLOWED)
        decision = await self._gate.decide(gateway.contract, authorizations(scope["headers"]), requirement)
        return Reply(gateway.answer(decision))


def review_app(protocols: Protocols, audiences: Sequence[str]) -> ASGIApp:
    """The application of the TokenReview port."""

    async def review(request: Request) -> Reply:
        return await protocols.review(request, audiences)

    return _starlette([Route("/tokenreview", review, methods=["POST"])])


def _starlette(routes: list[Route]) -> ASGIApp:
    handlers: dict[int | type[Exception], Callable[[Request, Exception], Awaitable[Reply]]] = {
        HTTPStatus.NOT_FOUND.value: _always(NOT_FOUND),
        HTTPStatus.METHOD_NOT_ALLOWED.value: _always(METHOD_NOT_ALLOWED),
        OverloadedError: _always(refusal_answer(Refusal.OVERLOADED)),
        Exception: _always(_FAULT),
    }
    app = Starlette(routes=routes, exception_handlers=handlers)
    # A redirect would carry a POST, and the token in it, to another path.
    app.router.redirect_slashes = False
    return app


def _always(answer: Answer) -> Callable[[Request, Exception], Awaitable[Reply]]:
    async def handle(_request: Request, _error: Exception) -> Reply:
        return Reply(answer)

    return handle
