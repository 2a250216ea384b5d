"""Our rules, as data and small functions for the reference: what is refused by name, what we read and h11 does not.

Written anew, from decision 0021 and the RFCs: nothing here asks the listener's own modules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import h11

__all__ = [
    "BEFORE",
    "HEAD_BYTES",
    "LENIENCES",
    "MOST_EMPTY_LINES",
    "OTHER_LENIENCES",
    "ZEROS",
    "asked_place",
    "objections",
]

HEAD_BYTES = 16384
_MOST_HEADERS = 128
MOST_EMPTY_LINES = 256
"""In a body in chunks: behind more nothing is read."""

_ENVOYS = re.compile(
    rb"(?P<ours>(?:(?i:https?)://[!-\"$-.0->@-\[\]-~]*)?/auth/envoy/[^/?#]*/-/)(?P<clients>.*)", re.DOTALL
)
_ORIGIN = re.compile(rb"(?P<path>/[^?#]*)(?:\?(?P<query>[^#]*))?", re.DOTALL)
_ABSOLUTE = re.compile(
    rb"https?://(?:[\w.~!$&'()*+,;=:%-]*@)?(?P<host>\[[0-9a-fA-F:.]+\]|[\w.~!$&'()*+,;=%-]+)(?::(?P<port>[0-9]{1,5}))?"
    rb"(?P<path>/[^?#]*)?(?:\?(?P<query>[^#]*))?",
    re.IGNORECASE | re.DOTALL,
)
_NGINX = re.compile(rb"(?:(?i:https?)://[^/?#]*)?/auth/nginx(?:[^!-\"$->@-\[\]-~]|[?#\\]|\Z)")
_SOUND = re.compile(rb"[!-\"$-\[\]-~]+")


def _parts(target: bytes) -> tuple[bytes, bytes]:
    """What is judged of a target, and what is a client's own."""
    found = _ENVOYS.fullmatch(target)
    return (found["ours"], found["clients"]) if found else (target, b"")


def asked_place(target: bytes) -> tuple[bytes, bytes]:
    """Path and query of a target that nothing is to be said against."""
    ours, clients = _parts(target)
    if target == b"*":
        return target, b""
    found = _ORIGIN.fullmatch(ours) or _ABSOLUTE.fullmatch(ours)
    assert found
    if clients or _ENVOYS.fullmatch(target):
        if found.re is _ABSOLUTE:
            return found["path"], b""
        path, _, query = (ours + clients).partition(b"?")
        return path, query
    return found["path"] or b"/", found["query"] or b""


def objections(request: h11.Request, target: bytes, head_bytes: int) -> frozenset[int]:
    """By which of these statuses a head that h11 has read is refused; none: it is not.

    `head_bytes` count from the end of the message before: line ends before a request are bounded with it.
    """
    found: set[int] = set()
    version = request.http_version
    if version not in {b"1.0", b"1.1"}:
        found |= {505} if version in {b"2.0", b"0.9"} else {400}
    if request.method == b"CONNECT":
        found.add(400)
    if not _is_target(request.method, target):
        found.add(401 if _NGINX.match(target) else 400)
    if version == b"1.1" and any(one != b"100-continue" for one in _expectations(request)):
        found.add(417)
    if version == b"1.0" and any(name == b"transfer-encoding" for name, _ in request.headers):
        found.add(400)
    if len(request.headers) > _MOST_HEADERS or head_bytes > HEAD_BYTES:
        found.add(431)
    return frozenset(found)


def _is_target(method: bytes, target: bytes) -> bool:
    ours, _ = _parts(target)
    if not _SOUND.fullmatch(ours):
        return False
    return bool(_ORIGIN.fullmatch(ours) or _ABSOLUTE.fullmatch(ours)) or (target == b"*" and method == b"OPTIONS")


def _expectations(request: h11.Request) -> list[bytes]:
    values = [value for name, value in request.headers if name == b"expect"]
    return [one.strip(b" \t").lower() for value in values for one in value.split(b",") if one.strip(b" \t")]


def _blanks_in_the_line(head: bytes) -> bytes:
    line, end, rest = head.partition(b"\r\n")
    return re.sub(rb" +", b" ", line) + end + rest


def _shown(head: bytes) -> bytes:
    """A client's own part of a target, as characters that h11 takes."""
    line, end, rest = head.partition(b" HTTP/")
    method, blank, target = line.partition(b" ")
    ours, clients = _parts(target)
    return method + blank + ours + re.sub(rb"[^!-~ \r\n]", b"x", clients) + end + rest if clients else head


def _short_length(head: bytes) -> bytes:
    return re.sub(rb"(?i)(\ncontent-length:[ \t]*)0+(?=\d)", rb"\1", head)


@dataclass(frozen=True, slots=True)
class Lenience:
    """What we read and h11 refuses.

    Attributes:
        change: of a head, that makes h11 read it.
        why: the rule by which we do.
    """

    change: Callable[[bytes], bytes]
    why: str


ZEROS = "zeros before a chunk's size"
BEFORE = "line ends before a request"
LENIENCES: dict[str, Lenience] = {
    "more than one blank in a request line": Lenience(
        _blanks_in_the_line, "RFC 9112, 3: a recipient may split at any blanks"
    ),
    "a client's own part of a target": Lenience(
        _shown, "Envoy passes it on as it came, and nobody reads it: decision 0026"
    ),
    "zeros before a length": Lenience(_short_length, "RFC 9110, 8.6: any number of digits; h11 takes 20"),
}
"""Given one after the other, each only where h11 refuses the message without it."""
OTHER_LENIENCES = {
    BEFORE: "RFC 9112, 2.2: a server should ignore at least one",
    ZEROS: "RFC 9112, 7.1: any number of digits; h11 takes 20",
}
"""Those that are not of a head."""
