"""The endpoints that read more of a request than a gateway's check: each authorizes its caller, reads, and answers.

The modules of the protocols parse bodies and word answers. What may take long runs in pieces here (`long_work`).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.routing import Route

from pharia_access.domain.verdict import Refusal
from pharia_access.domain.verification.client_credentials import ClientCredentials, credentials_in_header
from pharia_access.entrypoints.verifier import check_user, introspection, token_review, whoami
from pharia_access.entrypoints.verifier.answers import HttpAnswer, refusal_answer
from pharia_access.entrypoints.verifier.asgi import Reply, authorizations, bearer
from pharia_access.entrypoints.verifier.bodies import TOO_LARGE, declared_length, may_exceed, media_type, read_body
from pharia_access.entrypoints.verifier.introspection import Introspector
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
    introspector: Introspector = field(default_factory=Introspector)
    work: LongWork = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "work", LongWork(lambda: self.authorizer.checks))

    def routes(self) -> list[Route]:
        """Return the routes of the port of checks, beside the gateways' own."""
        routes = [
            Route("/check_user", self.check_user, methods=["POST"]),
            Route("//check_user", self.check_user, methods=["POST"]),  # a service's base URL that ends with a slash
            Route("/oauth2/introspect", self.introspect, methods=["POST"]),
            Route("/whoami", self.whoami, methods=["GET"]),
        ]
        if self.introspector.issuer:
            routes.append(Route(self.introspector.metadata_path, self.metadata, methods=["GET"]))
        return routes

    async def check_user(self, request: Request) -> Reply:
        """Answer PhariaAI's services."""
        token = bearer(request.scope["headers"])
        caller = await self.authorizer.authorize(Contract.CHECK_USER, token)
        if isinstance(caller, Denied):
            # Keep no body of a client that may not ask: four thousand such bodies exceed the pod's memory.
            return Reply(check_user.refuse(caller.refusal))
        with self.work.request(caller.token.credential_key) as long:
            body = await self._body(request, long)
            if body is None:
                return Reply(TOO_LARGE)
            answer = await self._answer_as_of_now(
                caller,
                long,
                lambda: self.authorizer.authorize(Contract.CHECK_USER, token),
                lambda allowed: check_user.answer_check_user(allowed, body, long),
            )
        return Reply(check_user.refuse(answer.refusal) if isinstance(answer, Denied) else answer)

    async def introspect(self, request: Request) -> Reply:
        """Answer resource servers that speak OAuth."""
        presented = credentials_in_header(authorizations(request.scope["headers"]))
        if presented is None:
            return await self._introspect_by_form(request)
        caller = await self._caller(presented)
        if isinstance(caller, Denied):
            return Reply(introspection.refuse(caller.refusal))
        with self.work.request(caller.token.credential_key) as long:
            body = await self._body(request, long)
            if body is None:
                return Reply(TOO_LARGE)
            if len(body) > SHORT_BYTES:
                await long.piece()
            form = introspection.parse_form(media_type(request), body)
        if form.client is not None:
            return await self._refused(Refusal.AMBIGUOUS_CREDENTIALS)
        if not self.authorizer.still_holds(caller):
            caller = await self._caller(presented)
        return await self._introspected(caller, form)

    async def _introspect_by_form(self, request: Request) -> Reply:
        """Answer a caller whose token is in the form. Read little of it: nobody knows yet who asks."""
        body = None if declared_length(request) > SHORT_BYTES else await read_body(request, limit=SHORT_BYTES)
        form = introspection.parse_form(media_type(request), body or b"")
        return await self._introspected(await self._caller(form.client or Refusal.NO_CREDENTIALS), form)

    async def _introspected(self, caller: AuthorizationResult, form: introspection.Form) -> Reply:
        if isinstance(caller, Denied):
            return Reply(introspection.refuse(caller.refusal))
        token = form.token
        if token is None:
            return Reply(introspection.bad_form())
        found = await self.authorizer.authorize_text(Contract.INTROSPECT, token, form.requirement)
        with self.work.request(caller.token.credential_key) as long:
            answer = await self._answer_as_of_now(
                found,
                long,
                lambda: self.authorizer.authorize_text(Contract.INTROSPECT, token, form.requirement),
                lambda allowed: self.introspector.answer(allowed, long),
            )
        if not isinstance(answer, Denied):
            return Reply(answer)
        cannot_tell = refusal_answer(answer.refusal).status == HTTPStatus.SERVICE_UNAVAILABLE
        return Reply(introspection.refuse(answer.refusal) if cannot_tell else introspection.INACTIVE)

    async def _refused(self, refusal: Refusal) -> Reply:
        """Refuse a caller, and count it."""
        await self.authorizer.authorize_client(Contract.INTROSPECT, refusal)
        return Reply(introspection.refuse(refusal))

    async def metadata(self, _request: Request) -> Reply:
        """Describe the endpoint to clients that look for it (RFC 8414)."""
        return Reply(self.introspector.metadata())

    async def whoami(self, request: Request) -> Reply:
        """Describe the caller's own token."""
        token = bearer(request.scope["headers"])
        caller = await self.authorizer.authorize(Contract.WHOAMI, token)
        if isinstance(caller, Denied):
            return Reply(whoami.refuse(caller.refusal))
        with self.work.request(caller.token.credential_key) as long:
            answer = await self._answer_as_of_now(
                caller,
                long,
                lambda: self.authorizer.authorize(Contract.WHOAMI, token),
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
        long: LongRequest,
        authorize: Callable[[], Awaitable[AuthorizationResult]],
        answer: Callable[[Allowed], Awaitable[HttpAnswer]],
    ) -> HttpAnswer | Denied:
        """Answer by a verdict that still holds: a long answer may have waited for seconds.

        Authorizes between two pieces: that may wait for Argon2id, and others' long work must not wait for that.
        """
        for _ in range(_MAX_TRIES):
            if isinstance(caller, Denied):
                return caller
            prepared = await answer(caller)
            if self.authorizer.still_holds(caller):
                return prepared
            long.end_piece()
            caller = await authorize()
        return Denied(Refusal.OVERLOADED)

    async def _caller(self, presented: ClientCredentials | Refusal) -> AuthorizationResult:
        return await self.authorizer.authorize_client(Contract.INTROSPECT, presented, introspection.CALLER_REQUIREMENT)

    async def _body(self, request: Request, long: LongRequest) -> bytes | None:
        """Read the body. Return None if it is too long. Raises OverloadedError."""
        if may_exceed(request, SHORT_BYTES):
            long.take_place()
        body = await read_body(request, limit=self.max_body_bytes)
        if body is None:
            await long.piece()  # reading it has cost as much as a piece
        return body
