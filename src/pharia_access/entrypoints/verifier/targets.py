"""Judge a request's target, and find the part of it that is a client's own.

A gateway's configuration contains a check's target, up to Envoy's `/-/`. After that comes the target that a client
asked its gateway for. In the first part, a character that no URI may contain (RFC 3986, 2) is a mistake of the
configuration. With that character the target may mean another requirement: a `#` would end it, and the rest would not
count. The second part means nothing here, and a client may write into it whatever its gateway lets through.
"""

import re
from typing import Final

from pharia_access.entrypoints.verifier.gateways import ENVOY_PREFIX

__all__ = ["RequestLines", "is_of_nginx", "is_sound", "judged"]

_ORIGIN: Final = rb"(?:[Hh][Tt][Tt][Pp][Ss]?://[!-\"$-.0->@-\[\]-~]*)?"
"""The origin of a target in absolute form (RFC 9112, 3.2.2)."""
_BEFORE_CLIENTS: Final = re.compile(_ORIGIN + re.escape(ENVOY_PREFIX) + rb"[^/?#]*/-/")
_OF_NGINX: Final = re.compile(_ORIGIN + rb"/auth/nginx(?![!-\"$->@-\[\]-~])")
"""The path, and nothing after it that makes another path of it."""
_UNSOUND: Final = re.compile(rb"[^!-~]|[#\\]")

_PLAIN: Final = re.compile(rb"[A-Z]+ [!-\"$-\[\]-~]+ HTTP/1\.[01]\r\n")
_BEFORE: Final = (re.compile(rb"[\r\n]*[A-Z-]*"), re.compile(rb" *"))
"""The bytes before a target: line ends and a method, blanks. Other bytes there count as the target, and are refused,
here or by the parser."""
_IN_TARGET: Final = len(_BEFORE)
_BEHIND_TARGET: Final = _IN_TARGET + 1
_DONE: Final = _BEHIND_TARGET + 1
_HTTP: Final = b"HTTP/"
_FARTHEST: Final = 4096
"""The bytes of a target that may contain Envoy's `/-/`: an origin, and the longest requirement (2,048)."""
_TARGET: Final = re.compile(rb"[^ \r]*(?:\r(?=[^\n])[^ \r]*)*")
"""A target, up to a blank or a line end of both characters."""
_SHOWN: Final = bytes(
    byte if chr(byte).isascii() and (chr(byte).isprintable() or byte in b"\r\n") else ord("x") for byte in range(256)
)
"""A translation of a client's own part for the parser, which would refuse the message for bytes that nobody reads. It
keeps the bytes that end a target or a line."""


def judged(target: bytes) -> bytes:
    """Return the part of a target that is not a client's own."""
    return target[: _before_clients(target)]


def is_sound(target: bytes) -> bool:
    """Tell whether the judged part is printable ASCII without `#` and backslash."""
    return _UNSOUND.search(judged(target)) is None


def is_of_nginx(target: bytes) -> bool:
    """Tell whether the target is nginx's check: nginx understands few statuses."""
    return _OF_NGINX.match(target) is not None


def _before_clients(target: bytes | bytearray) -> int | None:
    """Return where the client's own part begins; None if there is none."""
    found = _BEFORE_CLIENTS.match(target, 0, _FARTHEST)
    return None if found is None else found.end()


class RequestLines:
    """Reads the request lines of a connection before the parser does.

    The parser refuses some bytes anywhere in a target, and takes two other protocols for HTTP where they share a
    method. This class reads each byte once, however few come at a time: otherwise a client that sends single bytes
    would have all of them read again for each.

    Attributes:
        unsound: a target with a forbidden character, as far as it came. Nothing may be read after it.
        is_foreign: the line names another protocol than HTTP. Nothing may be read after it either.
    """

    def __init__(self) -> None:
        self.unsound: bytes | None = None
        self.is_foreign = False
        self._part = _DONE
        self._target = bytearray()
        """The target so far, without the client's own part."""
        self._is_clients = False
        """Whether the rest of the target is the client's own."""
        self._line_end = b""
        """A carriage return at the end of a packet: the next byte tells whether the line ended."""
        self._protocol = b""
        """The bytes after the target and its blanks."""

    def read(self, data: bytes, *, at_beginning: bool) -> bytes:
        """Return the bytes that the parser may see.

        Args:
            data: raw bytes of one head.
            at_beginning: whether a request line begins with them.
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
        """Read the bytes that continue the target."""
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
        """Read the bytes after the target. Where the line ends there, the parser takes it for HTTP/0.9."""
        self._protocol = (self._protocol + data).lstrip(b" ")[: len(_HTTP)]
        if self._protocol[:1] == b"\r":
            self._part = _DONE
            return
        self.is_foreign = not _HTTP.startswith(self._protocol)
        if self._protocol == _HTTP:
            self._part = _DONE

    def _judge(self, part: bytes) -> int:
        """Judge a part of the target. Return how much of it is not the client's own."""
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
