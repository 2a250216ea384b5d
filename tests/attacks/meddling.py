"""A client that meddles with headers: adds those of identity in every disguise, and has true ones taken away.

Data: header lines as they go over the wire, and what comes behind the head.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["IDENTITY", "MEDDLING", "Meddling", "canonical", "spellings"]

IDENTITY: Final = ("X-Auth-Subject", "X-Auth-Credential", "X-Auth-Token-Id", "X-Auth-Roles", "X-Auth-Expires")
_CHUNKED: Final = "Transfer-Encoding: chunked"


def canonical(name: str) -> str:
    """A header's name as CGI, WSGI and PHP see it: case and underscores make no difference."""
    return name.lower().replace("_", "-")


def spellings(name: str) -> Iterator[str]:
    """The header's name with each hyphen as it is or as an underscore."""
    words = name.split("-")
    for separators in itertools.product("-_", repeat=len(words) - 1):
        yield "".join(itertools.chain(*zip(words, (*separators, ""), strict=True)))


@dataclass(frozen=True, slots=True)
class Meddling:
    """A request.

    Attributes:
        what: in words.
        lines: of its head, after `Host`; the token's comes first.
        rest: what follows the head.
        method, version: of the request line.
    """

    what: str
    lines: tuple[str, ...]
    rest: str = ""
    method: str = "GET"
    version: str = "1.1"

    def __str__(self) -> str:
        return self.what

    def wire(self, host: str, token: str | None) -> bytes:
        """All of it as it is sent."""
        bearer = () if token is None else (f"Authorization: Bearer {token}",)
        lines = (f"{self.method} /reports HTTP/{self.version}", f"Host: {host}", *bearer, *self.lines, "", "")
        return ("\r\n".join(lines) + self.rest).encode("latin-1")


def _taken_away() -> Iterator[Meddling]:
    """RFC 9110, 7.6.1: what `Connection` names is of this hop, and a gateway removes it."""
    both = "X-Auth-Subject, X-Auth-Roles"
    for name in (*IDENTITY, "Authorization", "Host", "X-Auth-*", "*", "X_Auth_Roles"):
        yield Meddling(f"{name} is of this hop", (f"Connection: {name}",))
        yield Meddling(f"{name} is of this hop, which closes", (f"Connection: close, {name.lower()}",))
    yield Meddling("all of them are of this hop", (f"Connection: keep-alive, {', '.join(IDENTITY)}",))
    yield Meddling("two lines of such", ("Connection: X-Auth-Subject", "Connection: X-Auth-Roles"))
    yield Meddling("in capitals", (f"CONNECTION: CLOSE, {both.upper()}",))
    yield Meddling("among tabs, blanks and commas", ("Connection: \t,, X-Auth-Subject\t ,\tX-Auth-Roles ,",))
    yield Meddling("with quotes", ('Connection: "X-Auth-Subject", "X-Auth-Roles"',))
    yield Meddling("with parameters", ("Connection: X-Auth-Subject;q=1, X-Auth-Roles;q=0",))
    yield Meddling("beside an upgrade", (f"Connection: Upgrade, {both}", "Upgrade: websocket"))
    yield Meddling("beside an upgrade to HTTP/2", (f"Connection: Upgrade, HTTP2-Settings, {both}", "Upgrade: h2c"))
    for upgrades in (("h2c", "websocket"), ("websocket", "h2c"), ("websocket, h2c",), ("h2c, websocket",), ("x",)):
        yield Meddling(
            f"an upgrade to {' and '.join(upgrades)}",
            ("Connection: Upgrade, HTTP2-Settings", *(f"Upgrade: {one}" for one in upgrades)),
        )
    for hop in ("Proxy-Connection", "Keep-Alive", "TE", "Upgrade", "Trailer", "Proxy-Authenticate", "Vary"):
        yield Meddling(f"named in {hop}", (f"{hop}: {both}",))
    yield Meddling("in HTTP/1.0", (f"Connection: {both}",), version="1.0")
    yield Meddling("of this hop and there", (f"Connection: {both}", "X-Auth-Subject: forged", "X-Auth-Roles: forged"))
    yield Meddling("Connection is of this hop", (f"Connection: Connection, {both}",))
    yield Meddling("a very long Connection", (f"Connection: {', '.join(['close', *IDENTITY] * 40)}",))


def _added() -> Iterator[Meddling]:
    for name in IDENTITY:
        yield Meddling(f"{name}, forged", (f"{name}: forged",))
        yield Meddling(f"{name}, forged three times", (f"{name}: forged",) * 3)
        yield Meddling(f"{name}, empty", (f"{name}:",))
        for spelling in list(spellings(name))[1:]:
            yield Meddling(f"{spelling}, forged", (f"{spelling}: forged",))
    every = tuple(f"{spelling}: forged" for name in IDENTITY for spelling in spellings(name))
    yield Meddling("every spelling at once", every)
    yield Meddling("every spelling in small letters", tuple(line.lower() for line in every))
    yield Meddling("every spelling in capitals", tuple(line.upper().replace("FORGED", "forged") for line in every))
    yield Meddling("forged, and empty, and forged", tuple(f"X-Auth-Roles: {text}" for text in ("forged", "", "forged")))


def _disguised() -> Iterator[Meddling]:
    name = "X-Auth-Roles"
    for what, line in {
        "a blank before the colon": f"{name} : forged",
        "a tab before the colon": f"{name}\t: forged",
        "a blank before the name": f" {name}: forged",
        "a folded line": f"X-Other: a\r\n {name}: forged",
        "a folded value": f"{name}:\r\n forged",
        "a line feed alone": f"X-Other: a\n{name}: forged",
        "a carriage return alone": f"X-Other: a\r{name}: forged",
        "two carriage returns": f"X-Other: a\r\r\n{name}: forged",
        "NUL in the name": f"{name}\0: forged",
        "NUL in a value": f"X-Other: a\0\r\n{name}: forged",
        "a soft hyphen": "X-Auth\xadRoles: forged",
        "a byte behind the name": f"{name}\xa0: forged",
        "no colon": f"{name} forged",
        "two colons": f"{name}:: forged",
        "escaped": "X%2DAuth%2DRoles: forged",
        "a line end escaped": f"X-Other: a%0d%0a{name}: forged",
        "a line end as UTF-8 lookalike": f"X-Other: a\xe5\x98\x8a{name}: forged",
    }.items():
        yield Meddling(what, (line,))


def _in_trailers() -> Iterator[Meddling]:
    forged = "".join(f"{name}: forged\r\n" for name in IDENTITY)
    chunk = "3\r\nabc\r\n0\r\n"
    announced = f"Trailer: {', '.join(IDENTITY)}"
    lookalikes = forged.replace("-", "_")
    for what, lines, rest in (
        ("trailers that are announced", (_CHUNKED, announced, "TE: trailers"), forged),
        ("trailers that are not announced", (_CHUNKED,), forged),
        ("trailers of this hop", (_CHUNKED, announced, f"Connection: TE, Trailer, {', '.join(IDENTITY)}"), forged),
        ("trailers with underscores", (_CHUNKED, announced.replace("-", "_")), lookalikes),
        ("a trailer that is a Connection", (_CHUNKED, "Trailer: Connection"), "Connection: X-Auth-Roles\r\n"),
        ("a trailer that is a length", (_CHUNKED, "Trailer: Content-Length"), "Content-Length: 3\r\n"),
    ):
        yield Meddling(what, lines, f"{chunk}{rest}\r\n", method="POST")
    yield Meddling(
        "headers in a chunk's extension", (_CHUNKED,), f"3;a={IDENTITY[0]}: forged\r\nabc\r\n0\r\n\r\n", method="POST"
    )
    yield Meddling("a body that is headers", (f"Content-Length: {len(forged)}",), forged, method="POST")


MEDDLING: Final = (*_taken_away(), *_added(), *_disguised(), *_in_trailers())
"""All of them."""
