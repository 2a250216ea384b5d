"""What may stand in a request's target, and which part of one is a client's own.

A check's target is written in a gateway's configuration, up to Envoy's `/-/`: behind that comes what a client asked its
gateway for. A character in the first part that has no business in a URI (RFC 3986, 2) is somebody's slip, and whoever
reads on may read another requirement than was meant: a `#` would end it, and the rest of it count for nothing. The
second part means nothing here. A client may write into it what its gateway lets through.
"""

import re
from typing import Final

from pharia_access.entrypoints.verifier.gateways import ENVOY_PREFIX

__all__ = ["RequestLines", "is_of_nginx", "is_sound", "judged"]

_ORIGIN: Final = rb"(?:[Hh][Tt][Tt][Pp][Ss]?://[!-\"$-.0->@-\[\]-~]*)?"
"""Of a target in absolute form (RFC 9112, 3.2.2)."""
_BEFORE_CLIENTS: Final = re.compile(_ORIGIN + re.escape(ENVOY_PREFIX) + rb"[^/?#]*/-/")
_OF_NGINX: Final = re.compile(_ORIGIN + rb"/auth/nginx(?![!-\"$->@-\[\]-~])")
"""The path, and nothing behind it that makes it another one."""
_UNSOUND: Final = re.compile(rb"[^!-~]|[#\\]")

_PLAIN: Final = re.compile(rb"[A-Z]+ [!-\"$-\[\]-~]+ HTTP/1\.[01]\r\n")
_METHOD: Final = re.compile(rb"[\r\n]*[A-Z-]+ +")
_LONGEST_START: Final = 64
"""Bytes before a target: line ends, a method, blanks. After more the parser decides."""
_TARGET: Final = re.compile(rb"(?:[^ \r]|\r(?=[^\n]))*")
"""Up to a blank or the line's end, which is both characters."""
_SHOWN: Final = bytes(
    byte if chr(byte).isascii() and (chr(byte).isprintable() or byte in b"\r\n") else ord("x") for byte in range(256)
)
"""What the parser is shown of a client's own part: it would refuse the message for bytes that nobody reads. What ends a
target or a line stays what it is."""


def judged(target: bytes) -> bytes:
    """The part of a target that is not a client's own."""
    found = _BEFORE_CLIENTS.match(target)
    return target if found is None else found.group()


def is_sound(target: bytes) -> bool:
    """Whether the part that is judged is printable ASCII without `#` and backslash."""
    return _UNSOUND.search(judged(target)) is None


def is_of_nginx(target: bytes) -> bool:
    """Whether it asks for nginx's check, whose caller understands few statuses."""
    return _OF_NGINX.match(target) is not None


class RequestLines:
    """Looks at the targets of a connection before the parser does, which refuses some bytes wherever they stand.

    Only at requests that begin with the bytes that come in. Of one that comes right behind another the parser decides.
    """

    def __init__(self) -> None:
        self.unsound: bytes | None = None
        """A target in which stands what may not, as far as it came. Nothing is to be read after it."""
        self._line: bytearray | None = None
        """What came of a request line; None once its target is whole."""

    def read(self, data: bytes, *, at_beginning: bool) -> bytes:
        """What the parser is to be shown of these bytes.

        Args:
            data: as it came in.
            at_beginning: no part of a request has come before them.
        """
        if at_beginning:
            self._line = None if _PLAIN.match(data) else bytearray()
        if self._line is None:
            return data
        before = len(self._line)
        self._line += data
        method = _METHOD.match(self._line)
        if method is not None:
            return self._judge(data, method.end(), before)
        if len(self._line) > _LONGEST_START:
            self._line = None  # this is no request, as the parser will find
        return data

    def _judge(self, data: bytes, start: int, before: int) -> bytes:
        """The target begins at `start` of the line, these bytes at `before`."""
        line = bytes(self._line or b"")
        target = line[start : _end(line, start)]
        own = start + len(judged(target))
        end = start + len(target)
        if not is_sound(target):
            self.unsound = target
        if end < len(line.rstrip(b"\r")):
            self._line = None
        if own == end:
            return data
        own, end = max(own - before, 0), end - before
        return data[:own] + data[own:end].translate(_SHOWN) + data[end:]


def _end(line: bytes, start: int) -> int:
    found = _TARGET.match(line, start)
    return start if found is None else found.end()
