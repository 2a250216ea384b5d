"""Cut the bytes of a connection into pieces for the parser, so that each message ends with a piece.

The parser reports what it has read, not where that ended. Some bounds depend on the place of a message (the length of
its head on the wire, its request line), and would fail for a message that begins within a packet.

A head ends with an empty line, and so does a body in chunks. A body with a length ends by its length. A piece may also
end elsewhere: that means nothing.
"""

import re
from typing import Final

__all__ = ["Pieces"]

_EMPTY_LINE: Final = b"\r\n\r\n"
_PART: Final = len(_EMPTY_LINE) - 1
_LINE_ENDS: Final = re.compile(rb"[\r\n]+")
_STEP: Final = 16384
"""Bytes to parse between two checks of the bounds. A socket may deliver sixteen times as many."""
_MOST_EMPTY_LINES: Final = 256
"""The most empty lines in a body in chunks. Each ends a piece, and so many take a third of a millisecond."""


class Pieces:
    """Cuts the bytes of one connection."""

    __slots__ = ("_body_left", "_empty_lines", "_last")

    def __init__(self) -> None:
        self._body_left = self._empty_lines = 0
        self._last = b""
        """The end of the last piece: an empty line may come in parts."""

    @property
    def is_lost(self) -> bool:
        """Whether the end of this body is unknown: then nothing after it may be read."""
        return self._empty_lines > _MOST_EMPTY_LINES

    def begin(self, length: int = 0) -> None:
        """Begin a body of that length; or without a length, a body in chunks or a message."""
        self._body_left, self._empty_lines, self._last = length, 0, b""

    def next(self, data: bytes, at: int, *, at_beginning: bool) -> bytes:
        """Return the next piece, never empty.

        Args:
            data: a packet.
            at: where in the packet the piece begins.
            at_beginning: no byte of the message has come. Line ends before the message are a piece.
        """
        if self._body_left:
            piece = data[at : at + min(self._body_left, _STEP)]
            self._body_left -= len(piece)
            return piece
        if at_beginning and (found := _LINE_ENDS.match(data, at)):
            return found[0]
        piece = data[at : at + self._size(data, at)]
        self._last = piece[-_PART:] if len(piece) >= _PART else (self._last + piece)[-_PART:]
        return piece

    def _size(self, data: bytes, at: int) -> int:
        if self.is_lost:
            return _STEP
        found = data.find(_EMPTY_LINE, at, at + _STEP) - at
        if self._last and (in_parts := (self._last + data[at : at + _PART]).find(_EMPTY_LINE)) >= 0:
            found = in_parts - len(self._last)
        elif found < 0:
            return _STEP
        self._empty_lines += 1
        return found + len(_EMPTY_LINE)
