"""The token's text and its wire format; the only place that takes a token's text apart or puts one together.

A token is `<prefix>_<id>_<secret><crc>`, ASCII, at most 77 characters:

- `prefix`: which installation's tokens these are, `[a-z][a-z0-9]{1,9}`.
- `id`: 16 characters of lower-case base32 (RFC 4648, no padding), 80 random bits. Public, safe to log.
- `secret`: 43 base62 digits, 256 random bits read as one big-endian number. `0-9A-Za-z`, most significant
  digit first, padded with `0`.
- `crc`: CRC-32 (ISO 3309, as in zlib) of everything before it, as 6 base62 digits of the same kind. It lets
  a scanner drop look-alikes offline. It has no key, so it stops typing errors, not attackers.

`_` is no base62 digit and a double click does not stop at it, so one double click selects the whole token.

The text lives in `TokenText`, which never shows it by itself. Nothing here may put a part of an input into
an error.
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
"""What a prefix may be, as an unanchored regular expression."""

TOKEN_ID_PATTERN = "[a-z2-7]{16}"  # noqa: S105 - a pattern, not a password
"""What a token's ID looks like, as an unanchored regular expression."""

MAX_BYTES = 256
"""Anything longer is refused unread: well above any token, well below what could cost something."""

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
    """A whole token. Only `mint` and `parse` make one; only `reveal` gives its text away.

    It shows itself as `<prefix>_<id>_…`, cannot be pickled or changed, is no dictionary key, and compares in
    constant time. It is a plain class on purpose: `dataclasses.asdict` on an owner must not unfold it.
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
        """The text itself: for the one-time Secret and for hashing, never for a message."""
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
    """Make a new token: 10 bytes of `entropy` for its ID, then 32 for its secret.

    Args:
        prefix: matches `PREFIX_PATTERN`.
        entropy: returns as many bytes as it is asked for, from a generator fit for keys.

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
    """Read a token that somebody presents. Whether it is a good one is not known here.

    Total: whatever the input, the answer is a token or a TokenFormatError that holds no part of the input,
    not even in its cause or context.

    Raises:
        TokenFormatError: too long, not ASCII, the wrong shape, or a checksum that does not match.
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
    r"""The regular expression for secret scanners (RE2 and PCRE), for tokens with this prefix.

    No `\b` in front: in JSON a token often follows an escaped line break, whose `n` is a word character.

    Raises:
        TokenFormatError: the prefix is malformed.
    """
    if not _PREFIX.fullmatch(prefix):
        msg = f"a token's prefix must match {PREFIX_PATTERN}"
        raise TokenFormatError(msg)
    return rf"{prefix}_{TOKEN_ID_PATTERN}_{_TAIL_PATTERN}\b"


def holds_token(text: str) -> bool:
    """Whether a token's text stands in it, whole or with eight digits of its secret, whatever is around it."""
    return _HELD.search(text) is not None


def may_be_of_token(text: str) -> bool:
    """Whether a piece of a token may stand in it: with its ID, or a long part of its secret alone.

    No name of Kubernetes is one: it has neither `_` nor capitals.
    """
    return holds_token(text) or holds_digits(text) or _ID_AT_LEAST.search(text) is not None


def holds_digits(text: str) -> bool:
    """Whether a long part of a token's secret may stand in it: 24 digits, with capitals, small letters and numbers."""
    return any(all(kind.search(run) for kind in _MIXED) for run in _RUN.findall(text))


def _ascii(text: object) -> str:
    # Checked before decoding: a UnicodeError would carry the input along in the exception's context.
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
