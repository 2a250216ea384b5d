"""What kubectl writes to standard error while it lends its login: an exec plugin's words, and log lines of its own.

The words are for the person, at once and byte by byte, since a prompt ends without a line end. The log lines say what
the answer of the request says too, and are left out. They quote the other side: a certificate that nobody trusts yet
may hold names of any bytes.
"""

import re
from typing import Final

__all__ = ["PluginWords"]

_LOG_LINE: Final = re.compile(rb"[IWEF]\d{4} \d{2}:\d{2}:\d{2}\.\d{6} +\d+ [\w./-]+:\d+\] ")
"""The header of klog: severity and date, time, process, place."""
_BEGUN: Final = re.compile(rb"[IWEF](\d{0,3}|\d{4}( [\d:. ]{0,40}([\w./-]{1,80}(:\d*\]?)?)?)?)")
"""A piece that may be the beginning of one."""


class PluginWords:
    """Lets the words pass, some bytes at a time.

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
        """What of it is for the person. A beginning that may be a log line's is held until it is known."""
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
        """What was held, at the end."""
        held, self._held = self._held, b""
        return held


def _ended(line: bytes) -> bool:
    return line.endswith((b"\n", b"\r"))
