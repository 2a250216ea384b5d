"""The endpoints that read more of a request than a gateway's check: each authorizes its caller, reads, and answers.

The modules of the protocols parse bodies and word answers. What may take long runs in pieces here (`long_work`).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request
from starlette.routing import Route

from pharia_access.domain.verdict import Refusal
from pharia_access.entrypoints.verifier import check_user, introspection, token_review, whoami
from pharia_access.entrypoints.verifier.answers import HttpAnswer, refusal_answer
from pharia_access.entrypoints.verifier.asgi import Reply, authorizations
from pharia_access.entrypoints.verifier.bodies import TOO_LARGE, may_exceed, media_type, read_body
from pharia_access.entrypoints.verifier.long_work import SHORT_BYTES, LongRequest, LongWork
from pharia_access.services.verifier.authorizer import Authorizer, Contract
from pharia_access.services.verifier.verifier import Allowed, AuthorizationResult, Denied

__all__ = ["Protocols"]

_MAX_TRIES: Final = 4
"""Long answers to prepare for one request. Where none still holds when it is ready, the client must ask again."""
_API_SERVER: Final = "kube-apiserver"
"""Owns the places of its port. No credential has this key, since the keys of credentials contain a slash."""


@dataclass(frozen=True, slots=True)
class Protocols:
    """The endpoints, with the authorizer and the limit of a body."""

    authorizer: Authorizer
    max_body_bytes: int
    work: LongWork = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "work", LongWork(lambda: self.authorizer.checks))

    def routes(self) -> list[Route]:
        """Return the routes of the port of checks, beside the gateways' own."""
        return [
            Route("/check_user", self.check_user, methods=["POST"]),
            Route("/oauth2/introspect", self.introspect, methods=["POST"]),
            Route("/whoami", self.whoami, methods=["GET"]),
        ]

    async def check_user(self, request: Request) -> Reply:
        """Answer PhariaAI's services."""
        values = authorizations(request.scope["headers"])
        caller = await self.authorizer.authorize(Contract.CHECK_USER, values)
        if isinstance(caller, Denied):
            # Keep no body of a client that may not ask: four thousand such bodies exceed the pod's memory.
            return Reply(check_user.refuse(caller.refusal))
        with self.work.request(caller.token.credential_key) as long:
            body = await self._body(request, long)
            if body is None:
                return Reply(TOO_LARGE)
            answer = await self._answer_as_of_now(
                caller,
                lambda: self._authorize_again(Contract.CHECK_USER, values, long),
                lambda allowed: check_user.answer_check_user(allowed, body, long),
            )
        return Reply(check_user.refuse(answer.refusal) if isinstance(answer, Denied) else answer)

    async def introspect(self, request: Request) -> Reply:
        """Answer resource servers that speak OAuth."""
        values = authorizations(request.scope["headers"])
        caller = await self._caller(values)
        if isinstance(caller, Denied):
            return Reply(refusal_answer(caller.refusal))
        with self.work.request(caller.token.credential_key) as long:
            body = await self._body(request, long)
            if body is None:
                return Reply(TOO_LARGE)
            if len(body) > SHORT_BYTES:
                await long.piece()
            token = introspection.asked_token(media_type(request), body)
        if not self.authorizer.still_holds(caller):
            caller = await self._caller(values)
        if isinstance(caller, Denied):
            return Reply(refusal_answer(caller.refusal))
        if token is None:
            return Reply(introspection.bad_form())
        return Reply(
            introspection.answer_introspection(await self.authorizer.authorize_text(Contract.INTROSPECT, token))
        )

    async def whoami(self, request: Request) -> Reply:
        """Describe the caller's own token."""
        values = authorizations(request.scope["headers"])
        caller = await self.authorizer.authorize(Contract.WHOAMI, values)
        if isinstance(caller, Denied):
            return Reply(whoami.refuse(caller.refusal))
        with self.work.request(caller.token.credential_key) as long:
            answer = await self._answer_as_of_now(
                caller,
                lambda: self._authorize_again(Contract.WHOAMI, values, long),
                lambda allowed: whoami.answer_whoami(allowed, long),
            )
        return Reply(whoami.refuse(answer.refusal) if isinstance(answer, Denied) else answer)

    async def review(self, request: Request, audiences: Sequence[str]) -> Reply:
        """Answer a kube-apiserver."""
        with self.work.request(_API_SERVER) as long:
            body = await self._body(request, long)
            if body is not None and len(body) > SHORT_BYTES:
                await long.piece()
            review = None if body is None else token_review.parse_review(body)
        if review is None:
            return Reply(token_review.bad_review())
        presented = review.spec.token.encode("utf-8", "replace")
        result = await self.authorizer.authorize_text(Contract.TOKEN_REVIEW, presented, token_review.REQUIREMENT)
        return Reply(token_review.answer_review(result, token_review.wanted_audiences(review, audiences)))

    async def _answer_as_of_now(
        self,
        caller: AuthorizationResult,
        authorize: Callable[[], Awaitable[AuthorizationResult]],
        answer: Callable[[Allowed], Awaitable[HttpAnswer]],
    ) -> HttpAnswer | Denied:
        """Answer by a verdict that still holds: a long answer may have waited for seconds."""
        for _ in range(_MAX_TRIES):
            if isinstance(caller, Denied):
                return caller
            prepared = await answer(caller)
            if self.authorizer.still_holds(caller):
                return prepared
            caller = await authorize()
        return Denied(Refusal.OVERLOADED)

    async def _authorize_again(
        self, contract: Contract, values: Sequence[bytes], long: LongRequest
    ) -> AuthorizationResult:
        """Authorize between two pieces: this may wait for Argon2id, and others' long work must not wait for that."""
        long.end_piece()
        return await self.authorizer.authorize(contract, values)

    async def _caller(self, values: Sequence[bytes]) -> AuthorizationResult:
        return await self.authorizer.authorize(Contract.INTROSPECT, values, introspection.CALLER_REQUIREMENT)

    async def _body(self, request: Request, long: LongRequest) -> bytes | None:
        """Read the body. Return None if it is too long. Raises OverloadedError."""
        if may_exceed(request, SHORT_BYTES):
            long.take_place()
        body = await read_body(request, limit=self.max_body_bytes)
        if body is None:
            await long.piece()  # reading it has cost as much as a piece
        return body
