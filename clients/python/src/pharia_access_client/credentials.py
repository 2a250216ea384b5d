"""Take the token out of a request's headers, as the verifier does, and everything that looks like an identity.

The codec works on raw values, before anything is asked. Nothing here tells a part of a token in a `repr` or an error.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NoReturn, SupportsIndex, final

from pharia_access_client.verdicts import Refused

__all__ = ["Headers", "Token", "read_token", "without_credentials"]

Headers = Sequence[tuple[bytes, bytes]]
"""Names and values, as ASGI has them."""

_MOST_BYTES = 4096
"""Longer tokens are refused unread. The verifier's own limit is lower."""

_SPACE = b" \t"
_READABLE = re.compile(rb"[!-~]+")
_IDENTITY = re.compile(rb"x[-_]auth[-_]")
_AUTHORIZATION = b"authorization"


@final
class Token:
    """A token's text. Only `reveal` returns it: for the request to the verifier, never for a message."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text."""
        return self._text

    def __repr__(self) -> str:
        return "<Token>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        msg = "a token's text is never serialized"
        raise TypeError(msg)


def read_token(headers: Headers, others: Sequence[bytes] = ()) -> Token | Refused:
    """Return the request's one token, or why there is none.

    Args:
        headers: those of the request.
        others: names, in lower case, of headers that hold a token without a scheme, such as `x-api-key`.
    """
    bearers = [value.strip(_SPACE) for name, value in headers if name.lower() == _AUTHORIZATION]
    bare = [value.strip(_SPACE) for name, value in headers if name.lower() in others]
    filled = [value for value in bare if value]
    if len(bearers) + len(filled) > 1:
        return Refused.two_tokens()
    text = _after_scheme(bearers[0]) if bearers else b"".join(filled)
    return _token(text)


def without_credentials(headers: Headers, others: Iterable[bytes] = ()) -> list[tuple[bytes, bytes]]:
    """Return the headers without the token, and without what claims to be an identity that the verifier told.

    `X_Auth_Roles` goes too: many servers show `-` and `_` alike to an application.
    """
    dropped = {_AUTHORIZATION, *others}
    return [
        (name, value) for name, value in headers if name.lower() not in dropped and not _IDENTITY.match(name.lower())
    ]


def _after_scheme(value: bytes) -> bytes:
    scheme, _, rest = value.partition(b" ")
    return rest.lstrip(b" ") if scheme.lower() == b"bearer" else b""


def _token(text: bytes) -> Token | Refused:
    if not text:
        return Refused.no_token()
    if len(text) > _MOST_BYTES:
        return Refused.bad_token()
    if b"," in text:
        return Refused.two_tokens()
    if not _READABLE.fullmatch(text):
        return Refused.bad_token()
    return Token(text.decode("ascii"))
