"""The verifier as an ASGI application: the gateways' checks on a short way, everything else by starlette's routes."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pharia_access.domain.verdict import Refusal
from pharia_access.entrypoints.verifier import check_user, introspection, token_review, whoami
from pharia_access.entrypoints.verifier.answers import (
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    HttpAnswer,
    method_not_allowed,
    refusal_answer,
)
from pharia_access.entrypoints.verifier.asgi import (
    TOO_LARGE,
    Reply,
    authorizations,
    may_exceed,
    media_type,
    read_body,
)
from pharia_access.entrypoints.verifier.gateways import Gateway, gateway_for
from pharia_access.entrypoints.verifier.long_work import SHORT_BYTES, LongRequest, LongWork
from pharia_access.errors import OverloadedError
from pharia_access.services.verifier.authorizer import AuthorizationResult, Authorizer, Contract
from pharia_access.services.verifier.verifier import Accepted

__all__ = ["Protocols", "VerifierApp", "review_app"]

_MOST_TRIES: Final = 4
"""Answers that are worked out and then no longer hold, before the client is asked to come again."""
_API_SERVER: Final = "kube-apiserver"
"""Holds the places of its port: no credential, whose names have a slash."""
_FAULT: Final = HttpAnswer(HTTPStatus.INTERNAL_SERVER_ERROR.value)


@dataclass(frozen=True, slots=True)
class Protocols:
    """What the endpoints need: the gate, and how long a body may be."""

    gate: Authorizer
    max_body_bytes: int
    work: LongWork = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "work", LongWork(lambda: self.gate.checks))

    async def check_user(self, request: Request) -> Reply:
        """PhariaAI's services."""
        values = authorizations(request.scope["headers"])
        decision = await self.gate.decide(Contract.CHECK_USER, values)
        if decision.accepted is None:
            # Of who may not ask nothing is kept: four thousand strangers' bodies are more than the pod may have.
            return Reply(check_user.refuse(decision.refusal or Refusal.OVERLOADED))
        with self.work.request(decision.accepted.token.credential) as long:
            body = await self._body(request, long)
            if body is None:
                return Reply(TOO_LARGE)
            said = await self._as_of_now(
                decision,
                lambda: self._decide_anew(Contract.CHECK_USER, values, long),
                lambda accepted: check_user.answer_check_user(accepted, body, long),
            )
        return Reply(check_user.refuse(said) if isinstance(said, Refusal) else said)

    async def introspect(self, request: Request) -> Reply:
        """Resource servers that speak OAuth."""
        values = authorizations(request.scope["headers"])
        caller = await self._caller(values)
        if caller.accepted is None:
            return Reply(introspection.refuse_caller(caller.refusal or Refusal.OVERLOADED))
        with self.work.request(caller.accepted.token.credential) as long:
            body = await self._body(request, long)
            if body is None:
                return Reply(TOO_LARGE)
            if len(body) > SHORT_BYTES:
                await long.piece()
            token = introspection.asked_token(media_type(request), body)
        if not self.gate.still_holds(caller.accepted):
            caller = await self._caller(values)
        if caller.accepted is None:
            return Reply(introspection.refuse_caller(caller.refusal or Refusal.OVERLOADED))
        if token is None:
            return Reply(introspection.bad_form())
        return Reply(introspection.answer_introspection(await self.gate.decide_text(Contract.INTROSPECT, token)))

    async def whoami(self, request: Request) -> Reply:
        """Whoever holds a token."""
        values = authorizations(request.scope["headers"])
        decision = await self.gate.decide(Contract.WHOAMI, values)
        if decision.accepted is None:
            return Reply(refusal_answer(decision.refusal or Refusal.OVERLOADED))
        with self.work.request(decision.accepted.token.credential) as long:
            said = await self._as_of_now(
                decision,
                lambda: self._decide_anew(Contract.WHOAMI, values, long),
                lambda accepted: whoami.answer_whoami(accepted, long),
            )
        return Reply(refusal_answer(said) if isinstance(said, Refusal) else said)

    async def review(self, request: Request, audiences: Sequence[str]) -> Reply:
        """A kube-apiserver."""
        with self.work.request(_API_SERVER) as long:
            body = await self._body(request, long)
            if body is not None and len(body) > SHORT_BYTES:
                await long.piece()
            review = None if body is None else token_review.parse_review(body)
        if review is None:
            return Reply(token_review.bad_review())
        presented = review.spec.token.encode("utf-8", "replace")
        decision = await self.gate.decide_text(Contract.TOKEN_REVIEW, presented, token_review.REQUIREMENT)
        return Reply(token_review.answer_review(decision, token_review.wanted_audiences(review, audiences)))

    async def check(self, gateway: Gateway, values: Sequence[bytes], requirement: str) -> HttpAnswer:
        """A gateway. Decided at once, or when Argon2id has told, or when it is its turn, where that takes long."""
        decision = self.gate.authorize_nowait(gateway.contract, values, requirement)
        if decision is not None:
            return gateway.answer(decision)
        holder = self.gate.asks_much_of(values, requirement)
        if holder is None:
            return gateway.answer(await self.gate.decide(gateway.contract, values, requirement))
        try:
            with self.work.request(holder) as long:
                await long.piece()
                return gateway.answer(await self.gate.decide(gateway.contract, values, requirement))
        except OverloadedError:
            return gateway.answer(AuthorizationResult(refusal=Refusal.OVERLOADED))

    async def _as_of_now(
        self,
        decision: AuthorizationResult,
        decide: Callable[[], Awaitable[AuthorizationResult]],
        answer: Callable[[Accepted], Awaitable[HttpAnswer]],
    ) -> HttpAnswer | Refusal:
        """The answer, by a decision that is no older: what takes long may have waited for seconds."""
        for _ in range(_MOST_TRIES):
            if decision.accepted is None:
                return decision.refusal or Refusal.OVERLOADED
            said = await answer(decision.accepted)
            if self.gate.still_holds(decision.accepted):
                return said
            decision = await decide()
        return Refusal.OVERLOADED

    async def _decide_anew(self, contract: Contract, values: Sequence[bytes], long: LongRequest) -> AuthorizationResult:
        """Between two pieces: this may wait for Argon2id, and others' long work does not wait for that."""
        long.end_piece()
        return await self.gate.decide(contract, values)

    async def _caller(self, values: Sequence[bytes]) -> AuthorizationResult:
        return await self.gate.decide(Contract.INTROSPECT, values, introspection.CALLER_REQUIREMENT)

    async def _body(self, request: Request, long: LongRequest) -> bytes | None:
        """The body; None if it is too long. Raises OverloadedError."""
        if may_exceed(request, SHORT_BYTES):
            long.take_place()
        body = await read_body(request, limit=self.max_body_bytes)
        if body is None:
            await long.piece()  # to have read it has cost as much
        return body


class VerifierApp:
    """Everything but TokenReview, which has a port of its own."""

    def __init__(self, protocols: Protocols) -> None:
        self._protocols = protocols
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
        return Reply(await self._protocols.check(gateway, authorizations(scope["headers"]), requirement))


def review_app(protocols: Protocols, audiences: Sequence[str]) -> ASGIApp:
    """The application of the TokenReview port."""

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
    # starlette names them in the order of a set, another in each process.
    named = error.headers or {} if isinstance(error, HTTPException) else {}
    return Reply(method_not_allowed(named.get("Allow", "").split(", ")))


def _always(answer: HttpAnswer) -> Callable[[Request, Exception], Awaitable[Reply]]:
    async def handle(_request: Request, _error: Exception) -> Reply:
        return Reply(answer)

    return handle
