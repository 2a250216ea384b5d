"""Requirements of single routes, for FastAPI and Starlette."""

from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException, WebSocketException
from starlette.requests import HTTPConnection

from pharia_access_client.caller import Caller, caller_of
from pharia_access_client.requirements import Requirement
from pharia_access_client.verdicts import Refused

__all__ = ["require"]

_POLICY_VIOLATION = 1008


def require(requirement: str = "") -> Callable[[HTTPConnection], Awaitable[Caller]]:
    """Return a dependency: `caller: Annotated[Caller, Depends(require("role=admin"))]`.

    The application has the middleware `Access`, which checked the token already. A requirement of the route is a second
    question to the verifier; without one nothing more is asked.

    Raises:
        ValueError: the requirement cannot be understood.
    """
    parsed = Requirement.parse(requirement)

    async def dependency(connection: HTTPConnection) -> Caller:
        caller = caller_of(connection.scope)
        if caller is None:
            msg = "the route requires a token and has none: add the middleware Access, and do not name the path as open"
            raise RuntimeError(msg)
        verdict = await caller.check(parsed) if requirement else None
        if isinstance(verdict, Refused):
            raise _refusal(verdict, connection)
        return caller

    return dependency


def _refusal(refused: Refused, connection: HTTPConnection) -> Exception:
    if connection.scope["type"] == "websocket":
        return WebSocketException(_POLICY_VIOLATION, refused.error)
    return HTTPException(refused.status, refused.description, refused.headers)
