"""What came of a check: who calls, or why the request is refused. Both are values; neither holds a token."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pharia_access_client.requirements import Permission

__all__ = ["AccessRefused", "Held", "Identity", "Refused"]

_REALM = 'Bearer realm="pharia-access"'


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose token it is.

    Attributes:
        subject: the credential's UID: of this credential only, also when another of its name is made.
        credential: `namespace/name`.
        token_id: the token's ID; no secret.
        roles: the roles that count now.
        expires: when the token ends.
    """

    subject: str
    credential: str
    token_id: str
    roles: tuple[str, ...]
    expires: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """What a credential holds of the permissions that were asked for, in the order asked."""

    subject: str
    permissions: tuple[Permission, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a request is refused, as HTTP tells it.

    Attributes:
        status: 400, 401, 403, or 503 where nobody could tell.
        error: a word for programs.
        description: a sentence for people.
        challenge: the value of `WWW-Authenticate`.
    """

    status: int
    error: str
    description: str
    challenge: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """What goes with the status."""
        told = {"Cache-Control": "no-store"}
        if self.challenge is not None:
            told["WWW-Authenticate"] = self.challenge
        if self.status == 503:  # noqa: PLR2004 - as HTTP names it
            told["Retry-After"] = "1"
        return told

    @classmethod
    def no_token(cls) -> Self:
        """No bearer token came along."""
        return cls(401, "no_token", "The request has no token", _REALM)

    @classmethod
    def bad_token(cls, challenge: str = f'{_REALM}, error="invalid_token"') -> Self:
        """A bad token, whatever is bad about it."""
        return cls(401, "invalid_token", "The token is not accepted", challenge)

    @classmethod
    def two_tokens(cls, challenge: str = f'{_REALM}, error="invalid_request"') -> Self:
        """More than one came along, and nobody can tell which counts."""
        return cls(400, "invalid_request", "The request has more than one token", challenge)

    @classmethod
    def insufficient(cls, challenge: str = f'{_REALM}, error="insufficient_scope"') -> Self:
        """A good token whose credential lacks what is required."""
        return cls(403, "insufficient_scope", "The token does not have the right that this needs", challenge)

    @classmethod
    def ambiguous_path(cls) -> Self:
        """The path means one thing as it stands and another one when it is tidied up."""
        return cls(400, "invalid_request", "The path is ambiguous: it has empty, . or .. segments")

    @classmethod
    def unavailable(cls) -> Self:
        """There is no verdict."""
        return cls(503, "temporarily_unavailable", "The token could not be checked; try again")


class AccessRefused(Exception):  # noqa: N818 - a refusal is an answer, no error of the program
    """Raised where a handler asked for more than the caller may do; the middleware answers with it."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.description)
        self.refused = refused
