"""Every form in which a text may show in what somebody is answered, or in what is left behind."""

from __future__ import annotations

import base64
import re
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Bait", "base64_forms"]

_MARK = 12  # characters: whole groups of base64, and too many to be there by chance
_REPEATED = 4
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def base64_forms(text: str) -> list[str]:
    """What base64 makes of a text within a longer one, at each of its three alignments: what depends on it alone."""
    return [_aligned(text.encode(), before) for before in range(3)]


def _aligned(content: bytes, before: int) -> str:
    encoded = base64.b64encode(bytes(before) + content)
    first, last = (8 * before + 5) // 6, (8 * (before + len(content))) // 6
    return encoded[first:last].decode("ascii")


class Bait:
    """A text for somebody's Secret, made of one mark again and again: so that a part of it is known as well."""

    def __init__(self) -> None:
        mark = "".join(secrets.choice(_LETTERS) for _ in range(_MARK))
        self.text = mark * _REPEATED
        """May be a label's value, too."""
        self._pattern = re.compile(b"|".join(re.escape(form) for form in _forms(mark)), re.IGNORECASE)

    def is_in(self, content: bytes | str) -> bool:
        """Whether it shows there: as it is, in base64, in hexadecimal, or as numbers."""
        return self._pattern.search(content if isinstance(content, bytes) else content.encode()) is not None


def _forms(mark: str) -> Iterator[bytes]:
    numbers = mark.encode()
    yield numbers
    yield from (form.encode() for form in base64_forms(mark))
    yield numbers.hex().encode()
    yield " ".join(str(number) for number in numbers).encode()  # Go's %v
    yield ", ".join(f"{number:#x}" for number in numbers).encode()  # Go's %#v
    yield ",".join(str(number) for number in numbers).encode()
