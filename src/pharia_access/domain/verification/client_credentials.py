"""Read who asks to introspect: the bearer of a token, or an OAuth client whose secret is its token (RFC 6749 2.3.1).

The codec works on raw values, before any lookup. No answer contains a part of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

from pharia_access.domain.token import MAX_BYTES
from pharia_access.domain.verdict import Refusal
from pharia_access.domain.verification.basic import BASIC_SCHEME, name_and_password
from pharia_access.domain.verification.bearer import bearer_token

__all__ = ["LONGEST_SECRET", "ClientCredentials", "credentials_in_header", "form_decoded"]

LONGEST_SECRET: Final = 3 * MAX_BYTES
"""Bytes of a secret, percent-encoded."""

_SPACE: Final = b" \t"
_LONGEST_ID: Final = 3 * (63 + 1 + 253)
"""Bytes of `namespace/name`, percent-encoded."""
_LONGEST: Final = (_LONGEST_ID + 1 + LONGEST_SECRET) * 4 // 3 + 4


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """What a caller presents.

    Attributes:
        secret: its token, as it came.
        client_id: the name that it gives itself; empty for the bearer of a token.
    """

    secret: bytes = field(repr=False)
    client_id: str = ""

    def may_be(self, credential_key: str) -> bool:
        """Tell whether the ID fits: with a slash it is a credential's key, else it says nothing to us."""
        return "/" not in self.client_id or self.client_id == credential_key


def credentials_in_header(values: Sequence[bytes]) -> ClientCredentials | Refusal | None:
    """Read the values of all `Authorization` headers. Return None where there is no such header."""
    if not values:
        return None
    value = values[0].strip(_SPACE)
    scheme, _, encoded = value.partition(b" ")
    if len(values) == 1 and scheme.lower() == BASIC_SCHEME:
        return _basic(encoded.lstrip(b" "))
    presented = bearer_token(values)
    return presented if isinstance(presented, Refusal) else ClientCredentials(presented)


def form_decoded(text: bytes) -> bytes:
    """Decode a value as a form encodes it: clients encode both parts so, some even `-` and `_` (RFC 6749 2.3.1).

    A token holds neither `%` nor `+`, so that decoding one that nobody encoded changes nothing.
    """
    return unquote_to_bytes(text.replace(b"+", b" "))


def _basic(encoded: bytes) -> ClientCredentials | Refusal:
    pair = name_and_password(encoded, longest=_LONGEST)
    if isinstance(pair, Refusal):
        return pair
    client_id, secret = pair
    if len(secret) > LONGEST_SECRET or len(client_id) > _LONGEST_ID:
        return Refusal.OVERLONG_CREDENTIALS
    return ClientCredentials(form_decoded(secret), form_decoded(client_id).decode("utf-8", "replace"))
