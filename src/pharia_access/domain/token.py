"""The token's text and its wire format; the only module that parses or builds a token's text.

A token is `<prefix>_<id>_<secret><crc>`, ASCII, at most 77 characters:

- `prefix`: the installation that minted the token, `[a-z][a-z0-9]{1,9}`.
- `id`: 16 characters of lower-case base32 (RFC 4648, no padding), 80 random bits. Public, safe to log.
- `secret`: 43 base62 digits, 256 random bits read as one big-endian number. `0-9A-Za-z`, most significant
  digit first, padded with `0`.
- `crc`: CRC-32 (ISO 3309, as in zlib) of everything before it, as 6 base62 digits of the same kind. It lets
  a scanner drop look-alikes offline. The checksum has no key: it catches typing errors, and stops no attacker.

`_` is not a base62 digit, and a double click does not stop at `_`: one double click selects the whole token.

`TokenText` keeps the text and shows only the prefix and the ID. No error of this module contains a part of an
input.
"""

import base64
import re
import zlib
from collections.abc import Callable
from hmac import compare_digest
from typing import NoReturn, Self, SupportsIndex, final

from pharia_access.domain.grammar import counted
from pharia_access.errors import TokenFormatError

__all__ = [
    "MAX_BYTES",
    "PREFIX_PATTERN",
    "TOKEN_ID_PATTERN",
    "TokenText",
    "holds_digits",
    "holds_token",
    "may_be_of_token",
    "mint",
    "parse",
    "scanner_pattern",
]

PREFIX_PATTERN = "[a-z][a-z0-9]{1,9}"
"""The form of a prefix, as an unanchored regular expression."""

TOKEN_ID_PATTERN = "[a-z2-7]{16}"  # noqa: S105 - a pattern, not a password
"""The form of a token's ID, as an unanchored regular expression."""

MAX_BYTES = 256
"""Longer input is refused unread. No token is nearly as long, and an input of this length is cheap to parse."""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_BYTES = 10
_SECRET_BYTES = 32
_SECRET_DIGITS = 43
_CRC_DIGITS = 6
_TAIL_PATTERN = f"[0-9A-Za-z]{{{_SECRET_DIGITS + _CRC_DIGITS}}}"
_PREFIX = re.compile(PREFIX_PATTERN)
_SHAPE = re.compile(f"{PREFIX_PATTERN}_{TOKEN_ID_PATTERN}_{_TAIL_PATTERN}")
_LEAST_DIGITS = 8
_HELD = re.compile(f"{PREFIX_PATTERN}_{TOKEN_ID_PATTERN}_[0-9A-Za-z]{{{_LEAST_DIGITS}}}")
_ID_AT_LEAST = re.compile(f"{TOKEN_ID_PATTERN}_|_{TOKEN_ID_PATTERN}")
_RUN = re.compile(r"[0-9A-Za-z]{24,}")
_MIXED = tuple(map(re.compile, ("[0-9]", "[A-Z]", "[a-z]")))


@final
class TokenText:
    """A whole token. Only `mint` and `parse` create tokens, and only `reveal` returns the text.

    `str` and `repr` show `<prefix>_<id>_…`. A token cannot be pickled, changed, or used as a dictionary key, and
    comparisons take constant time. The class is not a dataclass: `dataclasses.asdict` on an owner would unfold it.
    """

    __slots__ = ("_text", "prefix", "token_id")

    _text: str
    prefix: str
    token_id: str

    def __init__(self, text: str) -> None:
        prefix, token_id, _ = text.split("_")
        object.__setattr__(self, "_text", text)
        object.__setattr__(self, "prefix", prefix)
        object.__setattr__(self, "token_id", token_id)

    def reveal(self) -> str:
        """Return the text: for the one-time Secret and for hashing, never for a message."""
        return self._text

    def __str__(self) -> str:
        return f"{self.prefix}_{self.token_id}_…"

    def __repr__(self) -> str:
        return f"<TokenText {self}>"

    def __format__(self, format_spec: str) -> str:
        return format(str(self), format_spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TokenText) and compare_digest(self._text, other._text)

    __hash__ = None  # type: ignore[assignment] # a hash table compares early and keeps what it was given

    def __setattr__(self, name: str, value: object) -> NoReturn:
        msg = "a token's text cannot be changed"
        raise AttributeError(msg)

    def __delattr__(self, name: str) -> NoReturn:
        msg = "a token's text cannot be changed"
        raise AttributeError(msg)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        msg = "a token's text is never serialized"
        raise TypeError(msg)


def mint(prefix: str, entropy: Callable[[int], bytes]) -> TokenText:
    """Create a token: 10 bytes of `entropy` for its ID, then 32 for its secret.

    Args:
        prefix: matches `PREFIX_PATTERN`.
        entropy: returns the requested number of bytes, from a generator fit for keys.

    Raises:
        TokenFormatError: the prefix is malformed, or `entropy` returned fewer or more bytes than asked.
    """
    if not _PREFIX.fullmatch(prefix):
        msg = f"a token's prefix must match {PREFIX_PATTERN}"
        raise TokenFormatError(msg)
    token_id = base64.b32encode(_draw(entropy, _ID_BYTES)).decode("ascii").lower()
    secret = _base62(int.from_bytes(_draw(entropy, _SECRET_BYTES), "big"), _SECRET_DIGITS)
    body = f"{prefix}_{token_id}_{secret}"
    return TokenText(body + _checksum(body))


def parse(text: str | bytes) -> TokenText:
    """Parse a presented text. A verifier decides whether the token is valid.

    Any input gives a token or a TokenFormatError. The error contains no part of the input, not even in its cause
    or context.

    Raises:
        TokenFormatError: the text is too long, is not ASCII, or has another form or another checksum.
    """
    presented = _ascii(text)
    if not _SHAPE.fullmatch(presented):
        msg = "not a token: it does not have the form <prefix>_<id>_<secret>"
        raise TokenFormatError(msg)
    if _checksum(presented[:-_CRC_DIGITS]) != presented[-_CRC_DIGITS:]:
        msg = "not a token: its checksum does not match, so a part is missing or mistyped"
        raise TokenFormatError(msg)
    return TokenText(presented)


def scanner_pattern(prefix: str) -> str:
    r"""Return the regular expression for secret scanners (RE2 and PCRE), for tokens with this prefix.

    The expression does not begin with `\b`: in JSON a token often follows an escaped line break, whose `n` is a
    word character.

    Raises:
        TokenFormatError: the prefix is malformed.
    """
    if not _PREFIX.fullmatch(prefix):
        msg = f"a token's prefix must match {PREFIX_PATTERN}"
        raise TokenFormatError(msg)
    return rf"{prefix}_{TOKEN_ID_PATTERN}_{_TAIL_PATTERN}\b"


def holds_token(text: str) -> bool:
    """Return whether the text contains a token, whole or with the first eight digits of its secret."""
    return _HELD.search(text) is not None


def may_be_of_token(text: str) -> bool:
    """Return whether the text may contain a piece of a token: with its ID, or a long part of its secret alone.

    A Kubernetes name never matches: it has neither `_` nor capital letters.
    """
    return holds_token(text) or holds_digits(text) or _ID_AT_LEAST.search(text) is not None


def holds_digits(text: str) -> bool:
    """Return whether the text may contain a part of a secret: 24 digits with capitals, small letters and numbers."""
    return any(all(kind.search(run) for kind in _MIXED) for run in _RUN.findall(text))


def _ascii(text: object) -> str:
    # Check before decoding: a UnicodeError would keep the input in the exception's context.
    if not isinstance(text, str | bytes) or len(text) > MAX_BYTES or not text.isascii():
        msg = f"not a token: more than {MAX_BYTES} bytes, or not ASCII text"
        raise TokenFormatError(msg)
    return text if isinstance(text, str) else text.decode("ascii")


def _draw(entropy: Callable[[int], bytes], count: int) -> bytes:
    drawn = entropy(count)
    if len(drawn) != count:
        msg = f"the entropy source returned {counted(len(drawn), 'byte')} where {count} were asked for"
        raise TokenFormatError(msg)
    return drawn


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode("ascii")), _CRC_DIGITS)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
