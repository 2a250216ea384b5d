"""Splits kubectl's standard error into an exec plugin's words and kubectl's own log lines.

The words go to the person at once, byte by byte, since a prompt has no line end. The log lines repeat the answer of
the request and are dropped. They quote the other side: an untrusted certificate may hold names of any bytes.
"""

import re
from typing import Final

__all__ = ["PluginWords"]

_LOG_LINE: Final = re.compile(rb"[IWEF]\d{4} \d{2}:\d{2}:\d{2}\.\d{6} +\d+ [\w./-]+:\d+\] ")
"""The header of klog: severity and date, time, process, place."""
_BEGUN: Final = re.compile(rb"[IWEF](\d{0,3}|\d{4}( [\d:. ]{0,40}([\w./-]{1,80}(:\d*\]?)?)?)?)")
"""A possible beginning of a log line."""


class PluginWords:
    """Passes the words on, some bytes at a time.

    klog writes an entry of several lines by one call and marks the first alone, so that everything up to the end of
    the piece that was read, and of the line that this ends in, belongs to it. A long entry comes in several pieces, and
    nothing tells its rest from a plugin's words.

    Attributes:
        exact: what is fed next is the plugin's alone. Not so from the first log line on.
    """

    def __init__(self) -> None:
        self.exact = True
        self._held = b""
        self._logged = False
        self._in_line = False

    def feed(self, piece: bytes) -> bytes:
        """Return the words for the person. Hold a possible beginning of a log line until it is known."""
        piece, self._held = self._held + piece, b""
        shown = b""
        for line in piece.splitlines(keepends=True):
            if self._logged:
                self._logged = not _ended(line)
            elif not self._in_line and _LOG_LINE.match(line):
                self.exact, self._logged = False, not _ended(piece)
                break
            elif not self._in_line and _BEGUN.fullmatch(line):
                self._held = line
            else:
                shown += line
                self._in_line = not _ended(line)
        return shown

    def end(self) -> bytes:
        """Return the held bytes at the end."""
        held, self._held = self._held, b""
        return held


def _ended(line: bytes) -> bool:
    return line.endswith((b"\n", b"\r"))
