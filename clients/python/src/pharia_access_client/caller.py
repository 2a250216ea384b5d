"""Who calls, for a handler: its identity, and further questions about what it may do."""

from collections.abc import Mapping
from typing import Any

from pharia_access_client.credentials import Token
from pharia_access_client.requirements import Permission, Requirement
from pharia_access_client.verdicts import AccessRefused, Identity, Refused
from pharia_access_client.verifier import Verifier

__all__ = ["Caller", "caller_of"]

STATE = "access"


class Caller:
    """Whoever sent the request. The token that came with it is in no attribute that is shown."""

    __slots__ = ("_token", "_verifier", "identity")

    def __init__(self, identity: Identity, token: Token, verifier: Verifier) -> None:
        self.identity = identity
        self._token = token
        self._verifier = verifier

    def __repr__(self) -> str:
        return f"<Caller {self.identity.credential} {self.identity.token_id}>"

    async def check(self, requirement: str | Requirement) -> Identity | Refused:
        """Ask the verifier again, with another requirement: for what only the handler knows, such as a model.

        A requirement that cannot be understood is refused: the client may have chosen the model's name.
        """
        return await self._verifier.check(self._token, requirement)

    async def may(self, requirement: str | Requirement) -> bool:
        """Tell whether the caller meets a requirement.

        Raises:
            AccessRefused: the token is not good any more, or nobody can tell.
        """
        verdict = await self.check(requirement)
        if isinstance(verdict, Identity):
            return True
        if verdict.error == Refused.insufficient().error:
            return False
        raise AccessRefused(verdict)

    async def require(self, requirement: str | Requirement) -> None:
        """Go on only if the caller meets a requirement.

        Raises:
            AccessRefused: it does not, or nobody can tell.
        """
        verdict = await self.check(requirement)
        if isinstance(verdict, Refused):
            raise AccessRefused(verdict)

    async def held(self, *permissions: Permission) -> tuple[Permission, ...]:
        """Tell which of the permissions the caller holds, in the order asked.

        Raises:
            AccessRefused: the token is not good any more, or nobody can tell.
        """
        held = await self._verifier.held(self._token, permissions)
        if isinstance(held, Refused):
            raise AccessRefused(held)
        return held.permissions


def caller_of(scope: Mapping[str, Any]) -> Caller | None:
    """Return who sent the request of this ASGI scope; None on an open path."""
    caller = scope.get("state", {}).get(STATE)
    return caller if isinstance(caller, Caller) else None
