"""Which tokens a text mentions: a log line, a line of an `.env` file, a quoted, cut or encoded token, an ID.

Ordered rules, the surest first; the first rule that finds something counts. Total: any text is an input. Only public
IDs come out.
"""

import re
from base64 import b64decode
from collections.abc import Callable, Iterable
from typing import Final

from pharia_access.domain.token import PREFIX_PATTERN, TOKEN_ID_PATTERN

__all__ = ["MOST_MENTIONED", "MOST_READ", "is_token_id", "mentioned_ids"]

MOST_READ: Final = 64 * 1024
"""Characters of a text that are looked at."""

MOST_MENTIONED: Final = 16
"""IDs that are looked for, at most: each costs a request."""

_END: Final = "(?![0-9A-Za-z])"
_ID = re.compile(TOKEN_ID_PATTERN)
_OF_TEXT = re.compile(rf"{PREFIX_PATTERN}_({TOKEN_ID_PATTERN})_[0-9A-Za-z]")
_BY_KEY = re.compile(rf"(?i:token[-_ ]?id)[^0-9A-Za-z]{{1,8}}({TOKEN_ID_PATTERN}){_END}")
_PUBLIC_HALF = re.compile(rf"{PREFIX_PATTERN}_({TOKEN_ID_PATTERN}){_END}")
_WITHOUT_PREFIX = re.compile(rf"(?<![0-9A-Za-z])({TOKEN_ID_PATTERN})_[0-9A-Za-z]")
_WORD = re.compile(rf"(?<![0-9A-Za-z])({TOKEN_ID_PATTERN}){_END}")
_ENCODED = re.compile(r"[0-9A-Za-z+/]{24,}={0,2}")

Rule = Callable[[str], Iterable[str]]


def mentioned_ids(text: str) -> tuple[str, ...]:
    """Return the IDs of the tokens that the text mentions, in its order; an ID alone may also be any other word."""
    seen = text[:MOST_READ].replace("\0", "")  # as UTF-16 has them
    for rule in _RULES:
        found = tuple(dict.fromkeys(rule(seen)))
        if found:
            return found[:MOST_MENTIONED]
    return ()


def is_token_id(word: str) -> bool:
    """Tell whether a word may be a token's ID, and has nothing else in it."""
    return _ID.fullmatch(word) is not None


def _encoded(text: str) -> Iterable[str]:
    """Find tokens in base64, as `kubectl get secret -o yaml` shows them."""
    for run in _ENCODED.findall(text):
        data = run.rstrip("=")
        decoded = b64decode(data[: len(data) - len(data) % 4], validate=False)
        yield from _OF_TEXT.findall(decoded.decode("latin-1"))


_RULES: Final[tuple[Rule, ...]] = (
    _OF_TEXT.findall,  # whole, or cut off at its end
    _BY_KEY.findall,  # a line of a log
    _PUBLIC_HALF.findall,
    _WITHOUT_PREFIX.findall,  # cut off at its beginning
    _encoded,
    _WORD.findall,  # by chance any word of 16 letters
)
