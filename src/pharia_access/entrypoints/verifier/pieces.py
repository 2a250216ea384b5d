"""Cuts what comes on a connection into pieces for the parser, such that where a message ends, a piece does.

The parser tells what it has read, and not where that ended. So what counts for each message by its place (how long its
head is on the wire, what its request line says) could not be told of one that begins within a packet.

A head ends with an empty line, and so does a body in chunks; a body that has a length ends by that. A piece may end
elsewhere too: it says nothing.
"""

import re
from typing import Final

__all__ = ["Pieces"]

_EMPTY_LINE: Final = b"\r\n\r\n"
_PART: Final = len(_EMPTY_LINE) - 1
_LINE_ENDS: Final = re.compile(rb"[\r\n]+")
_STEP: Final = 16384
"""Bytes that are parsed between two looks at the bounds; a socket hands over up to sixteen times as many."""
_MOST_EMPTY_LINES: Final = 256
"""Of a body in chunks, each of which ends a piece: a third of a millisecond. A packet has place for thousands."""


class Pieces:
    """Of one connection."""

    __slots__ = ("_body_left", "_empty_lines", "_last")

    def __init__(self) -> None:
        self._body_left = self._empty_lines = 0
        self._last = b""
        """The end of the piece before: an empty line may come in parts."""

    @property
    def is_lost(self) -> bool:
        """Whether nobody knows where this body ends: then nothing behind it is to be read."""
        return self._empty_lines > _MOST_EMPTY_LINES

    def begin(self, length: int = 0) -> None:
        """With the next piece a body of that length begins; or one in chunks, or a message."""
        self._body_left, self._empty_lines, self._last = length, 0, b""

    def next(self, data: bytes, at: int, *, at_beginning: bool) -> bytes:
        """The next piece, never empty.

        Args:
            data: a packet.
            at: where in it the piece begins.
            at_beginning: no byte of the message has come, but line ends before it: those are a piece.
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
