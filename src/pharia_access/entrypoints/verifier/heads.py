"""Judge what a request's head says about the rest of the message (RFC 9110, RFC 9112), where the parser does not.

A head that leaves doubt about the end of the message is refused, and the connection closes: see decision 0021.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import httptools

from pharia_access.entrypoints.verifier.targets import is_of_nginx, is_sound, judged

__all__ = ["Head", "Headers", "target_refusal"]

Headers = Sequence[tuple[bytes, bytes]]

_SPACE: Final = b" \t"
_CHUNKED: Final = b"chunked"
_CONTINUE: Final = b"100-continue"

_TELLING: Final = frozenset({b"transfer-encoding", b"content-length", b"expect", b"host"})
"""Headers that say something about the rest, or must occur once. Most requests have `Host` alone."""


@dataclass(slots=True)
class Head:
    """Request line and headers. Not frozen: each request makes one, and `frozen` costs time.

    Attributes:
        target: raw.
        version: of HTTP, such as `1.1`.
        headers: names in lower case.
        place: path and query of the target, neither decoded nor normalized; None where the target is malformed.
    """

    method: bytes
    target: bytes
    version: str
    headers: Headers
    place: tuple[bytes, bytes] | None = field(init=False)
    _telling: Headers = field(init=False)

    def __post_init__(self) -> None:
        self.place = _place(self.method, self.target)
        self._telling = [header for header in self.headers if header[0] in _TELLING]

    def refusal(self) -> HTTPStatus | None:
        """Return the status for a head after which nothing may be read; None for any other head."""
        if self.version not in {"1.0", "1.1"}:
            return HTTPStatus.HTTP_VERSION_NOT_SUPPORTED
        if self.place is None:
            return target_refusal(self.target)
        if not self._names_its_host():
            return target_refusal(self.target)
        if any(one != _CONTINUE for one in self._expectations()):
            return HTTPStatus.EXPECTATION_FAILED
        return self._coding_refusal()

    def waits_for_continue(self) -> bool:
        """Tell whether the client may wait for a 100 before it sends its body (RFC 9110, 10.1.1)."""
        return bool(self._telling) and self._announces_body() and _CONTINUE in self._expectations()

    def without_offer(self) -> bytes:
        """Render the head without its offer to upgrade, which a server may ignore (RFC 9110, 7.8)."""
        lines = [b"%b %b HTTP/%b" % (self.method, self.target, self.version.encode("ascii"))]
        lines += [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
        return b"\r\n".join([*lines, b"", b""])

    def length(self) -> int:
        """Return the announced length of the body; 0 for a body in chunks, or for none."""
        for name, value in self._telling:
            if name == b"content-length":
                return _number(value)
        return 0

    def _names_its_host(self) -> bool:
        """Tell whether the head names its host once (RFC 9112, 3.2); HTTP/1.0 need not. Two hosts make two requests."""
        count = len(self._values(b"host"))
        return count == 1 or (count == 0 and self.version == "1.0")

    def _values(self, wanted: bytes) -> list[bytes]:
        return [value.strip(_SPACE).lower() for name, value in self._telling if name == wanted]

    def _expectations(self) -> list[bytes]:
        """Return the expectations; none for HTTP/1.0, where the header means nothing."""
        if self.version == "1.0":
            return []
        return [
            one.strip(_SPACE) for value in self._values(b"expect") for one in value.split(b",") if one.strip(_SPACE)
        ]

    def _announces_body(self) -> bool:
        return bool(self._values(b"transfer-encoding")) or self.length() > 0

    def _coding_refusal(self) -> HTTPStatus | None:
        """Refuse all transfer codings but chunked alone, and that in HTTP/1.1 alone (RFC 9112, 6.1 and 6.3)."""
        codings = self._values(b"transfer-encoding")
        if not codings or (codings == [_CHUNKED] and self.version == "1.1"):
            return None
        ends_in_chunks = codings[-1].rpartition(b",")[2].strip(_SPACE) == _CHUNKED
        if ends_in_chunks and self.version == "1.1":
            return HTTPStatus.NOT_IMPLEMENTED
        return HTTPStatus.BAD_REQUEST


def target_refusal(target: bytes) -> HTTPStatus:
    """Return the status for a malformed target. nginx would turn a 400 into a 500."""
    return HTTPStatus.UNAUTHORIZED if is_of_nginx(target) else HTTPStatus.BAD_REQUEST


def _number(digits: bytes) -> int:
    """Read a number that the parser has checked. It may begin with more zeros than `int` takes digits."""
    return int(digits.strip(_SPACE).lstrip(b"0") or b"0")


def _place(method: bytes, target: bytes) -> tuple[bytes, bytes] | None:
    """Split a target (RFC 9112, 3.2). A fragment is no part of a target."""
    if not is_sound(target):
        return None
    if target.startswith(b"/"):
        path, _, query = target.partition(b"?")
        return path, query
    if target == b"*" and method == b"OPTIONS":
        return target, b""
    return _place_in_absolute_form(target)


def _place_in_absolute_form(target: bytes) -> tuple[bytes, bytes] | None:
    try:
        parsed = httptools.parse_url(judged(target))
    except httptools.HttpParserInvalidURLError:
        return None
    # The schema of a star is None, whatever the library's types say.
    if (parsed.schema or b"").lower() not in {b"http", b"https"}:
        return None
    return parsed.path or b"/", parsed.query or b""
