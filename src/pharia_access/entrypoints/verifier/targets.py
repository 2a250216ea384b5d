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
_METHOD: Final = re.compile(rb"[\r\n]*[A-Z-]+ +(?=[^ ])")
_LONGEST_START: Final = 64
"""Bytes before a target: line ends, a method, blanks. After more the parser decides."""
_FARTHEST: Final = 4096
"""Bytes of a target within which Envoy's `/-/` is looked for: an origin, and the longest requirement (2,048)."""
_TARGET: Final = re.compile(rb"[^ \r]*(?:\r(?=[^\n])[^ \r]*)*")
"""Up to a blank or the line's end, which is both characters."""
_SHOWN: Final = bytes(
    byte if chr(byte).isascii() and (chr(byte).isprintable() or byte in b"\r\n") else ord("x") for byte in range(256)
)
"""What the parser is shown of a client's own part: it would refuse the message for bytes that nobody reads. What ends a
target or a line stays what it is."""


def judged(target: bytes) -> bytes:
    """The part of a target that is not a client's own."""
    return target[: _before_clients(target)]


def is_sound(target: bytes) -> bool:
    """Whether the part that is judged is printable ASCII without `#` and backslash."""
    return _UNSOUND.search(judged(target)) is None


def is_of_nginx(target: bytes) -> bool:
    """Whether it asks for nginx's check, whose caller understands few statuses."""
    return _OF_NGINX.match(target) is not None


def _before_clients(target: bytes | bytearray) -> int | None:
    """Where the client's own part begins; None if there is none."""
    found = _BEFORE_CLIENTS.match(target, 0, _FARTHEST)
    return None if found is None else found.end()


class RequestLines:
    """Looks at the targets of a connection before the parser does, which refuses some bytes wherever they stand.

    Only at requests that begin with the bytes that come in. Of one that comes right behind another the parser decides.
    Each byte is looked at once, however few come at a time: else who sends them one by one has all of them looked at
    for each.
    """

    def __init__(self) -> None:
        self.unsound: bytes | None = None
        """A target in which stands what may not, as far as it came. Nothing is to be read after it."""
        self._start: bytes | None = None
        """What came of a request line before its target; None behind the first byte of that."""
        self._target: bytearray | None = None
        """What came of a target; None before it, and once it is whole."""
        self._is_clients = False
        """What still comes of it is the client's own."""
        self._line_end = b""
        """A carriage return that came last: the next byte tells whether the line ended."""

    def read(self, data: bytes, *, at_beginning: bool) -> bytes:
        """What the parser is to be shown of these bytes.

        Args:
            data: as it came in.
            at_beginning: no part of a request has come before them.
        """
        if at_beginning:
            self._start, self._target = (None if _PLAIN.match(data) else b""), None
        if self._target is not None:
            return self._look(data)
        if self._start is None:
            return data
        before = len(self._start)
        self._start += data
        method = _METHOD.match(self._start)
        if method is None:
            if len(self._start) > _LONGEST_START:
                self._start = None  # this is no request, as the parser will find
            return data
        at = method.end() - before
        self._start, self._target, self._is_clients, self._line_end = None, bytearray(), False, b""
        return data[:at] + self._look(data[at:])

    def _look(self, data: bytes) -> bytes:
        """The target goes on with these bytes."""
        waited = len(self._line_end)
        data = self._line_end + data
        end = _end(data)
        self._line_end = data[end:] if data[end:] == b"\r" else b""
        ours = self._judge(data[:end])
        if end < len(data) and not self._line_end:
            self._target = None
        return (data[:ours] + data[ours:end].translate(_SHOWN) + data[end:])[waited:]

    def _judge(self, part: bytes) -> int:
        """Look at a part of the target; how much of it is not the client's own."""
        target = self._target
        if target is None or self._is_clients:
            return 0
        before = len(target)
        target += part
        clients = _before_clients(target) if before < _FARTHEST else None
        self._is_clients = clients is not None
        ours = len(target) if clients is None else clients
        if _UNSOUND.search(target, before, ours):
            self.unsound = bytes(target)
        return ours - before


def _end(line: bytes) -> int:
    found = _TARGET.match(line)
    return 0 if found is None else found.end()
