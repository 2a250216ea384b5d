"""Text of other people, made harmless for a terminal. Pure; `printing` asks it for everything that is printed.

As kubectl does since CVE-2021-25743, what drives a terminal is shown as text: `^[` for an escape. kubectl stops there;
here the same goes for whatever hides or reorders text, or has no width that terminals agree on.
"""

import unicodedata
from functools import lru_cache
from typing import Final

__all__ = ["escaped"]

_WRITTEN: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_LAST_OF_C0: Final = "\x1f"
_DELETE: Final = "\x7f"
_CARET: Final = 0x40
"""Between a control character and the letter that stands for it behind a caret."""

_UNSEEN: Final = frozenset(
    chr(code)
    for first, last in (
        (0x034F, 0x034F),  # combining grapheme joiner
        (0x115F, 0x1160),  # Hangul fillers
        (0x17B4, 0x17B5),  # Khmer vowels that are not written
        (0x180B, 0x180F),  # Mongolian variation selectors
        (0x2800, 0x2800),  # a Braille cell without dots
        (0x3164, 0x3164),  # Hangul filler
        (0xFE00, 0xFE0F),  # variation selectors: they carry hidden bytes, and change a character's width
        (0xFFA0, 0xFFA0),  # Hangul filler, half as wide
        (0xE0100, 0xE01EF),  # more variation selectors
    )
    for code in range(first, last + 1)
)
"""Letters and marks that show nothing: Unicode's Default_Ignorable_Code_Point, but for what is no letter anyway."""


def escaped(text: str) -> str:
    """The text in one line, in which each character is seen where it stands. Never fails.

    Written out are the categories Cc, Cf, Cs, Co, Cn, Zl and Zp: control characters, line breaks, bidirectional
    controls, characters without width, lone surrogates, and what is unknown to this Python.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


@lru_cache(maxsize=1024)
def _shown(char: str) -> str:
    if char in _UNSEEN:
        return _by_number(char)
    if char.isprintable() or unicodedata.category(char) == "Zs":
        return char
    if char in _WRITTEN:
        return _WRITTEN[char]
    if char <= _LAST_OF_C0 or char == _DELETE:
        return f"^{chr(ord(char) ^ _CARET)}"
    return _by_number(char)


def _by_number(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
