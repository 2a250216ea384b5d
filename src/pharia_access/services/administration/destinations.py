"""Where a token's text may go. A face has the places; a use case only asks them, once, whether they take a secret."""

from typing import Protocol

from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.token import TokenText
from pharia_access.errors import AccessError

__all__ = ["SecretDestination", "SecretDestinationError"]


class SecretDestinationError(AccessError):
    """A place did not take a token's text; the error's own text does not hold any of it."""


class SecretDestination(Protocol):
    """A place for a token's text."""

    async def check(self) -> None:
        """Raise AccessError if it cannot take one."""
        ...

    async def put(self, token: TokenSummary, text: TokenText) -> None:
        """Put it there, whole, or raise AccessError."""
        ...
