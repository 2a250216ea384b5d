"""Read the token of a gateway's check where an administrator lets clients send it in other headers than `Bearer`.

The clients of LLM APIs send their key in `x-api-key` (Anthropic), `api-key` (Azure OpenAI) or `x-goog-api-key`
(Google); many tools have HTTP Basic alone. The list is closed: a gateway must know what to remove. A request may have
one of them. Two are refused, whichever would be good: the gateway might believe one, and the verifier the other.
"""

from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import Final

from pharia_access.domain.verdict import Refusal
from pharia_access.domain.verification.basic import BASIC_SCHEME, name_and_password
from pharia_access.domain.verification.bearer import bearer_token, single_token

__all__ = ["AUTHORIZATION", "TokenHeader", "TokenHeaders"]

AUTHORIZATION: Final = b"authorization"
_SPACE: Final = b" \t"
_LONGEST_BASIC: Final = 1024
"""Bytes of the credentials of Basic, encoded: a token, and a user name of some hundred bytes."""


class TokenHeader(StrEnum):
    """Where a token may come beside `Authorization: Bearer`."""

    X_API_KEY = "x-api-key"
    API_KEY = "api-key"
    X_GOOG_API_KEY = "x-goog-api-key"
    BASIC = "basic"
    """`Authorization: Basic`, the token as the password (RFC 7617). The user name says nothing."""


class TokenHeaders:
    """The headers that are read. Without any configured, what `bearer_token` reads.

    Args:
        configured: beside `Authorization: Bearer`.

    Attributes:
        names: of the headers, in lower case, `Authorization` first.
        basic: whether `Authorization: Basic` is read.
    """

    def __init__(self, configured: Collection[TokenHeader] = ()) -> None:
        self.basic = TokenHeader.BASIC in configured
        named = (header for header in TokenHeader if header in configured and header is not TokenHeader.BASIC)
        self.names = (AUTHORIZATION, *(name.encode("ascii") for name in named))

    def read(self, headers: Iterable[tuple[bytes, bytes]]) -> bytes | Refusal:
        """Return the token of a request, or the refusal. An empty header counts for none, but not twice.

        Args:
            headers: all of the request; names in lower case.
        """
        found = [(name, value.strip(_SPACE)) for name, value in headers if name in self.names]
        given = [(name, value) for name, value in found if value]
        if len(given) > 1 or len(dict(found)) < len(found):
            return Refusal.AMBIGUOUS_CREDENTIALS
        return self.token_in(*given[0]) if given else Refusal.NO_CREDENTIALS

    def token_in(self, name: bytes, value: bytes) -> bytes | Refusal:
        """Return the token in the only header that is not empty. `name` is in lower case."""
        if name != AUTHORIZATION:
            return single_token(value.strip(_SPACE))
        scheme, _, encoded = value.strip(_SPACE).partition(b" ")
        if not (self.basic and scheme.lower() == BASIC_SCHEME):
            return bearer_token((value,))
        pair = name_and_password(encoded.lstrip(b" "), longest=_LONGEST_BASIC)
        return pair if isinstance(pair, Refusal) else single_token(pair[1])
