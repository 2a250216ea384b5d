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
_BEFORE: Final = (re.compile(rb"[\r\n]*[A-Z-]*"), re.compile(rb" *"))
"""What comes before a target: line ends and a method, blanks. Where something else does, it is taken for the target,
and refused: if not here, then by the parser."""
_IN_TARGET: Final = len(_BEFORE)
_BEHIND_TARGET: Final = _IN_TARGET + 1
_DONE: Final = _BEHIND_TARGET + 1
_HTTP: Final = b"HTTP/"
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
    """Looks at the request lines of a connection before the parser does.

    The parser refuses some bytes of a target wherever they stand, and takes two other protocols for HTTP, where the
    method is theirs as well. Each byte is looked at once, however few come at a time: else who sends them one by one
    has all of them looked at for each.

    Attributes:
        unsound: a target in which stands what may not, as far as it came. Nothing is to be read after it.
        is_foreign: the line names another protocol than HTTP. The same.
    """

    def __init__(self) -> None:
        self.unsound: bytes | None = None
        self.is_foreign = False
        self._part = _DONE
        self._target = bytearray()
        """What came of a target, up to where the client's own part begins."""
        self._is_clients = False
        """What still comes of it is the client's own."""
        self._line_end = b""
        """A carriage return that came last: the next byte tells whether the line ended."""
        self._protocol = b""
        """What came behind the blanks behind a target."""

    def read(self, data: bytes, *, at_beginning: bool) -> bytes:
        """What the parser is to be shown of these bytes.

        Args:
            data: of one head, as it came in.
            at_beginning: a request line begins with them.
        """
        if at_beginning:
            if _PLAIN.match(data):
                self._part = _DONE
                return data
            self._part = 0
            self._target, self._is_clients, self._line_end, self._protocol = bytearray(), False, b"", b""
        at = 0
        while self._part < _IN_TARGET:
            found = _BEFORE[self._part].match(data, at)
            at = at if found is None else found.end()
            if at == len(data):
                return data
            self._part += 1
        if self._part == _IN_TARGET:
            return data[:at] + self._look(data[at:])
        if self._part == _BEHIND_TARGET:
            self._look_behind(data)
        return data

    def _look(self, data: bytes) -> bytes:
        """The target goes on with these bytes."""
        waited = len(self._line_end)
        data = self._line_end + data
        end = _end(data)
        self._line_end = data[end:] if data[end:] == b"\r" else b""
        ours = self._judge(data[:end])
        if end < len(data) and not self._line_end:
            self._part = _BEHIND_TARGET
            self._look_behind(data[end:])
        return (data[:ours] + data[ours:end].translate(_SHOWN) + data[end:])[waited:]

    def _look_behind(self, data: bytes) -> None:
        """What comes behind the target. Where the line ends there, the parser takes it for one of HTTP/0.9."""
        self._protocol = (self._protocol + data).lstrip(b" ")[: len(_HTTP)]
        if self._protocol[:1] == b"\r":
            self._part = _DONE
            return
        self.is_foreign = not _HTTP.startswith(self._protocol)
        if self._protocol == _HTTP:
            self._part = _DONE

    def _judge(self, part: bytes) -> int:
        """Look at a part of the target; how much of it is not the client's own."""
        target = self._target
        if self._is_clients:
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
