"""Where a message ends, and what follows it: each case in one packet, in two, byte by byte, on both ways in."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.permissions import Permission, Role
from tests.support.http_door import Door
from tests.support.wires import Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.http_door import Reply

BOTH = pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
LENGTH = len(Door().issue().reveal())
GOOD, CALLER = "GOOD".ljust(LENGTH, "_"), "CALLER".ljust(LENGTH, "_")
"""As long as the tokens that are put in their places: no length in a message changes."""
AUTH = f"Authorization: Bearer {GOOD}"
H2C = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk"
UP = "Connection: Upgrade\r\nUpgrade: x"
FORM = "Content-Type: application/x-www-form-urlencoded"
QUESTION = '{"permissions":[]}'
SMUGGLED = f"GET /auth/forward HTTP/1.1\r\nHost: v\r\n{AUTH}\r\n\r\n"
PATHS = ("/auth/forward", "/auth/nginx", "/auth/envoy/any/-", "/check_user", "/oauth2/introspect", "/whoami", "/other")


def message(line: str, *headers: str, body: str = "", length: bool = True) -> str:
    """A request; GOOD in it stands for a token."""
    announced = [f"Content-Length: {len(body)}"] if body and length else []
    return "\r\n".join([f"{line} HTTP/1.1", "Host: v", *headers, *announced, "", body])


def chunked(line: str, *headers: str, body: str = "", trailers: tuple[str, ...] = (), extension: str = "") -> str:
    """A request whose body comes in chunks."""
    chunk = f"{len(body):x}{extension}\r\n{body}\r\n" if body else ""
    end = "\r\n".join(["0", *trailers, "", ""])
    return message(line, *headers, "Transfer-Encoding: chunked") + chunk + end


@dataclass(frozen=True, slots=True)
class Case:
    """What is sent, which answers must come, and whether the connection is closed behind them."""

    sent: str
    statuses: tuple[int, ...]
    closed: bool = False


CHECK = message("GET /auth/nginx", AUTH)
OFFERED = message("POST /auth/forward", UP, body=SMUGGLED)

OFFERS = {
    "an offer, no body": Case(message("GET /auth/nginx", AUTH, UP) + CHECK, (200, 200)),
    "an offer that is not meant": Case(message("GET /auth/nginx", AUTH, "Upgrade: x") + CHECK, (200, 200)),
    "an offer of nothing": Case(
        message("GET /auth/nginx", AUTH, "Connection: upgrade\r\nUpgrade:") + CHECK, (200, 200)
    ),
    "by another name": Case(
        message("POST /auth/forward", "Proxy-Connection: upgrade\r\nUpgrade: x", body=SMUGGLED) + CHECK, (401, 200)
    ),
    "two offers": Case(message("POST /auth/forward", UP, UP, body=SMUGGLED) + CHECK, (401, 200)),
    "an offer and a body": Case(OFFERED + CHECK, (401, 200)),
    "an offer and an empty body": Case(message("POST /auth/forward", UP, "Content-Length: 0") + CHECK, (401, 200)),
    "an offer and chunks": Case(chunked("POST /auth/forward", UP, body=SMUGGLED) + CHECK, (401, 200)),
    "an offer among trailers": Case(
        chunked("POST /auth/forward", body=SMUGGLED, trailers=("Connection: upgrade", "Upgrade: x")) + CHECK, (401, 200)
    ),
    "an offer in the second request": Case(CHECK + OFFERED, (200, 401)),
    "an offer before the last request": Case(
        message("POST /auth/forward", "Connection: close, Upgrade\r\nUpgrade: x", body=SMUGGLED) + CHECK, (401,), True
    ),
    "an offer and both lengths": Case(
        message("POST /auth/forward", UP, "Transfer-Encoding: chunked", body=SMUGGLED), (400,), True
    ),
    "an offer in HTTP/1.0": Case(OFFERED.replace("HTTP/1.1", "HTTP/1.0", 1) + CHECK, (401,), True),
    "a JDK's check_user": Case(message("POST /check_user", AUTH, H2C, body=QUESTION) + CHECK, (200, 200)),
    "a JDK's introspection": Case(
        message("POST /oauth2/introspect", f"Authorization: Bearer {CALLER}", H2C, FORM, body=f"token={GOOD}") + CHECK,
        (200, 200),
    ),
    "line ends before what is smuggled": Case(
        message("POST /auth/forward", UP, body="\r\n" * 40 + SMUGGLED) + CHECK, (401, 200)
    ),
    "an offer while somebody waits": Case(
        message("POST /check_user", AUTH, body=QUESTION) + message("POST /check_user", UP, body=SMUGGLED), (200, 401)
    ),
}

CONNECTS = {
    "CONNECT": Case("CONNECT v:80 HTTP/1.1\r\nHost: v\r\n\r\n" + CHECK, (400,), True),
    "CONNECT to a path": Case(f"CONNECT /auth/nginx HTTP/1.1\r\nHost: v\r\n{AUTH}\r\n\r\n" + CHECK, (400,), True),
    "CONNECT with a body": Case(message("CONNECT v:80", AUTH, body=SMUGGLED) + CHECK, (400,), True),
    "CONNECT and an offer": Case(message("CONNECT v:80", AUTH, UP, body=SMUGGLED) + CHECK, (400,), True),
    "CONNECT after a request": Case(message("GET /whoami", AUTH) + "CONNECT v:80 HTTP/1.1\r\n\r\n", (200, 400), True),
}

EXPECTATIONS = {
    "a body that is wanted": Case(
        message("POST /check_user", AUTH, "Expect: 100-continue", body=QUESTION) + CHECK, (100, 200, 200)
    ),
    "in capitals": Case(
        message("POST /check_user", AUTH, "Expect: 100-Continue", body=QUESTION) + CHECK, (100, 200, 200)
    ),
    "an offer beside": Case(
        message("POST /check_user", AUTH, "Expect: 100-continue", H2C, body=QUESTION) + CHECK, (100, 200, 200)
    ),
    "a caller who may not ask": Case(
        message("POST /oauth2/introspect", "Expect: 100-continue", FORM, body=SMUGGLED) + CHECK, (401,), True
    ),
    "a body that nobody wants": Case(
        message("POST /auth/forward", "Expect: 100-continue", body=SMUGGLED) + CHECK, (401,), True
    ),
    "chunks that nobody wants": Case(
        chunked("POST /auth/forward", "Expect: 100-continue", body=SMUGGLED) + CHECK, (401,), True
    ),
    "no such path": Case(message("POST /other", "Expect: 100-continue", body=SMUGGLED) + CHECK, (404,), True),
    "no body": Case(message("GET /auth/nginx", AUTH, "Expect: 100-continue") + CHECK, (200, 200)),
    "a body of no bytes": Case(
        message("GET /whoami", AUTH, "Expect: 100-continue", "Content-Length: 00") + CHECK, (200, 200)
    ),
    "another expectation": Case(message("POST /auth/forward", "Expect: x", body=SMUGGLED) + CHECK, (417,), True),
    "another one beside": Case(
        message("POST /check_user", AUTH, "Expect: 100-continue, x", body=QUESTION) + CHECK, (417,), True
    ),
    "another one in a second header": Case(
        message("GET /auth/nginx", AUTH, "Expect: 100-continue", "Expect: x") + CHECK, (417,), True
    ),
    "HTTP/1.0 expects nothing": Case(
        message("POST /check_user", AUTH, "Expect: 100-continue", body=QUESTION).replace("HTTP/1.1", "HTTP/1.0"),
        (200,),
        True,
    ),
}

LENGTHS = {
    "a body that nobody wants": Case(message("POST /auth/forward", body=SMUGGLED) + CHECK, (401, 200)),
    "chunks that nobody wants": Case(chunked("POST /auth/forward", body=SMUGGLED) + CHECK, (401, 200)),
    "a body of a GET": Case(message("GET /whoami", AUTH, body=SMUGGLED) + CHECK, (200, 200)),
    "extensions of chunks": Case(
        chunked("POST /check_user", AUTH, body=QUESTION, extension=';a="b"') + CHECK, (200, 200)
    ),
    "a token among trailers": Case(chunked("POST /check_user", body=QUESTION, trailers=(AUTH,)) + CHECK, (401, 200)),
    "a close among trailers": Case(
        chunked("POST /check_user", AUTH, body=QUESTION, trailers=("Connection: close",)) + CHECK, (200,), True
    ),
    "a length among trailers": Case(
        chunked("POST /check_user", AUTH, body=QUESTION, trailers=("Content-Length: 5",)) + CHECK, (400,), True
    ),
    "both lengths": Case(message("POST /auth/forward", "Transfer-Encoding: chunked", body="0\r\n\r\n"), (400,), True),
    "both lengths, the other way": Case(
        message("POST /auth/forward", "Content-Length: 5", "Transfer-Encoding: chunked") + "0\r\n\r\n", (400,), True
    ),
    "a length twice": Case(message("POST /auth/forward", "Content-Length: 5", body="abcde"), (400,), True),
    "two lengths in one": Case(message("POST /auth/forward", "Content-Length: 5, 5") + "abcde", (400,), True),
    "a length that is no number": Case(message("POST /auth/forward", "Content-Length: 0x5") + "abcde", (400,), True),
    "a length with a sign": Case(message("POST /auth/forward", "Content-Length: +5") + "abcde", (400,), True),
    "a length below zero": Case(message("POST /auth/forward", "Content-Length: -5") + "abcde", (400,), True),
    "an empty length": Case(message("POST /auth/forward", "Content-Length:") + CHECK, (400,), True),
    "a length beyond all numbers": Case(message("POST /auth/forward", f"Content-Length: {2**64}"), (400,), True),
    "a length of zeros": Case(message("POST /auth/forward", "Content-Length: 000") + CHECK, (401, 200)),
    "another coding": Case(message("POST /auth/forward", AUTH, "Transfer-Encoding: gzip") + CHECK, (400,), True),
    "another coding before chunks": Case(
        message("POST /auth/forward", AUTH, "Transfer-Encoding: gzip, chunked") + "0\r\n\r\n", (501,), True
    ),
    "another coding after chunks": Case(
        message("POST /auth/forward", AUTH, "Transfer-Encoding: chunked, gzip") + "0\r\n\r\n", (400,), True
    ),
    "chunked twice": Case(
        message("POST /auth/forward", AUTH, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), (400,), True
    ),
    "identity": Case(message("POST /auth/forward", AUTH, "Transfer-Encoding: identity") + CHECK, (400,), True),
    "a coding before a comma": Case(
        message("POST /auth/forward", AUTH, "Transfer-Encoding: ,chunked") + "0\r\n\r\n", (501,), True
    ),
    "an empty coding": Case(message("POST /auth/forward", AUTH, "Transfer-Encoding:") + CHECK, (400,), True),
    "chunks in HTTP/1.0": Case(
        chunked("POST /auth/forward", AUTH, body="x").replace("HTTP/1.1", "HTTP/1.0") + CHECK, (400,), True
    ),
    "a chunk longer than it says": Case(
        message("POST /check_user", AUTH, "Transfer-Encoding: chunked") + f"1\r\n{QUESTION}\r\n0\r\n\r\n", (400,), True
    ),
    "a chunk whose size is no number": Case(
        message("POST /check_user", AUTH, "Transfer-Encoding: chunked") + "x\r\n", (400,), True
    ),
    "a chunk with a blank behind its size": Case(
        message("POST /check_user", AUTH, "Transfer-Encoding: chunked") + "1 \r\nx\r\n0\r\n\r\n", (400,), True
    ),
    "a chunk with a bare line feed": Case(
        message("POST /check_user", AUTH, "Transfer-Encoding: chunked") + "1;\nx\r\n0\r\n\r\n", (400,), True
    ),
    "a chunk's size beyond all numbers": Case(
        message("POST /check_user", AUTH, "Transfer-Encoding: chunked") + "f" * 17 + "\r\n", (400,), True
    ),
}

HEADS = {
    "a request that is the last": Case(message("GET /auth/nginx", AUTH, "Connection: close") + CHECK, (200,), True),
    "one of the application": Case(message("GET /whoami", AUTH, "Connection: close") + CHECK, (200,), True),
    "HTTP/1.0": Case(CHECK.replace("HTTP/1.1", "HTTP/1.0") + CHECK, (200,), True),
    "HTTP/1.0 that wants to stay": Case(
        message("GET /auth/nginx", AUTH, "Connection: keep-alive").replace("HTTP/1.1", "HTTP/1.0") + CHECK, (200,), True
    ),
    "HTTP/0.9": Case(f"GET /auth/nginx\r\n{AUTH}\r\n\r\n" + CHECK, (505,), True),
    "HTTP/2.0": Case(CHECK.replace("HTTP/1.1", "HTTP/2.0") + CHECK, (505,), True),
    "HTTP/1.2": Case(CHECK.replace("HTTP/1.1", "HTTP/1.2") + CHECK, (400,), True),
    "HTTP/2's preface": Case("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + CHECK, (400,), True),
    "an answer": Case("HTTP/1.1 200 OK\r\n\r\n" + CHECK, (400,), True),
    "bare line feeds": Case(CHECK.replace("\r\n", "\n") + CHECK, (400,), True),
    "a bare carriage return": Case(message("GET /auth/nginx", "X: a\rb", AUTH) + CHECK, (400,), True),
    "a header that goes on": Case(message("GET /auth/nginx", "X: a\r\n b", AUTH) + CHECK, (400,), True),
    "a blank before the colon": Case(message("GET /auth/nginx", f"{AUTH[:13]} {AUTH[13:]}") + CHECK, (400,), True),
    "a blank before the first header": Case(f"GET /auth/nginx HTTP/1.1\r\n {AUTH}\r\n\r\n" + CHECK, (400,), True),
    "a NUL": Case(message("GET /auth/nginx", "X: a\0b", AUTH) + CHECK, (400,), True),
    "a header without a name": Case(message("GET /auth/nginx", ": a", AUTH) + CHECK, (400,), True),
    "a method that is none": Case(CHECK.replace("GET", "GETS") + CHECK, (400,), True),
    "a small method": Case(CHECK.replace("GET", "get") + CHECK, (400,), True),
    "a method of another protocol": Case(CHECK.replace("GET /auth/nginx", "SOURCE /auth/nginx") + CHECK, (405, 200)),
    "a fragment": Case(message("GET /auth/nginx#x", AUTH) + CHECK, (400,), True),
    "a fragment in the query": Case(message("GET /auth/nginx?role=admin#", AUTH) + CHECK, (400,), True),
    "a target in absolute form": Case(message("GET http://v/auth/nginx", AUTH) + CHECK, (200, 200)),
    "an absolute target with a query": Case(message("GET http://v/auth/nginx?role=admin", AUTH) + CHECK, (403, 200)),
    "an absolute target without a path": Case(message("GET http://v", AUTH) + CHECK, (404, 200)),
    "a target of another scheme": Case(message("GET ftp://v/auth/nginx", AUTH) + CHECK, (400,), True),
    "a target that is none": Case(message("GET auth/nginx", AUTH) + CHECK, (400,), True),
    "a target that is not ASCII": Case(message("GET /auth/nginx\xe4", AUTH) + CHECK, (400,), True),
    "a star": Case(message("OPTIONS *", AUTH) + CHECK, (404, 200)),
    "a star of a GET": Case(message("GET *", AUTH) + CHECK, (400,), True),
    "blanks in the request line": Case(CHECK.replace("GET /auth/nginx ", "GET  /auth/nginx  ") + CHECK, (200, 200)),
    "line ends between requests": Case(CHECK + "\r\n\r\n" + CHECK, (200, 200)),
    "nonsense after a request": Case(message("GET /whoami", AUTH) + "\x16\x03\x01" + CHECK, (200, 400), True),
    "nonsense after a check": Case(CHECK + "nonsense\r\n\r\n" + CHECK, (200, 400), True),
}

CASES = {
    f"{kind}: {name}": case
    for kind, cases in {
        "upgrade": OFFERS,
        "connect": CONNECTS,
        "expect": EXPECTATIONS,
        "length": LENGTHS,
        "head": HEADS,
    }.items()
    for name, case in cases.items()
}


def in_one(sent: bytes) -> list[bytes]:
    return [sent]


def between_head_and_body(sent: bytes) -> list[bytes]:
    at = sent.index(b"\r\n\r\n") + 4
    return [sent[:at], sent[at:]]


def by_byte(sent: bytes) -> list[bytes]:
    return [sent[at : at + 1] for at in range(len(sent))]


CUTS = pytest.mark.parametrize("cut", [in_one, between_head_and_body, by_byte])


def filled(text: str, door: Door) -> bytes:
    """The bytes of a message, with real tokens in it."""
    door.index.put_role(Role("introspector", frozenset({"finance"}), (Permission("IntrospectTokens"),)))
    caller = door.issue("resource-server", roles=("introspector",)).reveal()
    return text.replace(CALLER, caller).replace(GOOD, door.issue("good").reveal()).encode("latin-1")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
@CUTS
@BOTH
async def test_a_message_is_read_as_what_it_is_however_it_comes(
    case: Case, cut: Callable[[bytes], list[bytes]], *, fast: bool
) -> None:
    door = Door()
    wire = Wire(door, fast=fast)

    await wire.talk(cut(filled(case.sent, door)))

    assert (tuple(wire.statuses()), wire.closed) == (case.statuses, case.closed)
