"""Messages of HTTP/1, good, odd and broken, and what a server must answer to each, one table for each part."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.verifier.messages import AUTH, CALLER, END, FORM, GOOD, H2C, QUESTION, SMUGGLED, UP, chunked, message

__all__ = ["CASES", "Case"]


@dataclass(frozen=True, slots=True)
class Case:
    """What is sent, and which answers must come; END: the connection is closed behind them."""

    sent: str
    statuses: tuple[int, ...]


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
        message("POST /auth/forward", "Connection: close, Upgrade\r\nUpgrade: x", body=SMUGGLED) + CHECK, (401, END)
    ),
    "an offer and both lengths": Case(
        message("POST /auth/forward", UP, "Transfer-Encoding: chunked", body=SMUGGLED), (400, END)
    ),
    "an offer in HTTP/1.0": Case(OFFERED.replace("HTTP/1.1", "HTTP/1.0", 1) + CHECK, (401, END)),
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
    "CONNECT": Case("CONNECT v:80 HTTP/1.1\r\nHost: v\r\n\r\n" + CHECK, (400, END)),
    "CONNECT to a path": Case(f"CONNECT /auth/nginx HTTP/1.1\r\nHost: v\r\n{AUTH}\r\n\r\n" + CHECK, (400, END)),
    "CONNECT with a body": Case(message("CONNECT v:80", AUTH, body=SMUGGLED) + CHECK, (400, END)),
    "CONNECT and an offer": Case(message("CONNECT v:80", AUTH, UP, body=SMUGGLED) + CHECK, (400, END)),
    "CONNECT after a request": Case(message("GET /whoami", AUTH) + "CONNECT v:80 HTTP/1.1\r\n\r\n", (200, 400, END)),
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
        message("POST /oauth2/introspect", "Authorization: Bearer x", "Expect: 100-continue", FORM, body=SMUGGLED)
        + CHECK,
        (401, END),
    ),
    "a body that nobody wants": Case(
        message("POST /auth/forward", "Expect: 100-continue", body=SMUGGLED) + CHECK, (401, END)
    ),
    "chunks that nobody wants": Case(
        chunked("POST /auth/forward", "Expect: 100-continue", body=SMUGGLED) + CHECK, (401, END)
    ),
    "no such path": Case(message("POST /other", "Expect: 100-continue", body=SMUGGLED) + CHECK, (404, END)),
    "no body": Case(message("GET /auth/nginx", AUTH, "Expect: 100-continue") + CHECK, (200, 200)),
    "a body of no bytes": Case(
        message("GET /whoami", AUTH, "Expect: 100-continue", "Content-Length: 00") + CHECK, (200, 200)
    ),
    "another expectation": Case(message("POST /auth/forward", "Expect: x", body=SMUGGLED) + CHECK, (417, END)),
    "another one beside": Case(
        message("POST /check_user", AUTH, "Expect: 100-continue, x", body=QUESTION) + CHECK, (417, END)
    ),
    "another one in a second header": Case(
        message("GET /auth/nginx", AUTH, "Expect: 100-continue", "Expect: x") + CHECK, (417, END)
    ),
    "HTTP/1.0 expects nothing": Case(
        message("POST /check_user", AUTH, "Expect: 100-continue", body=QUESTION).replace("HTTP/1.1", "HTTP/1.0"),
        (200, END),
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
        chunked("POST /check_user", AUTH, body=QUESTION, trailers=("Connection: close",)) + CHECK, (200, END)
    ),
    "a length among trailers": Case(
        chunked("POST /check_user", AUTH, body=QUESTION, trailers=("Content-Length: 5",)) + CHECK, (400, END)
    ),
    "both lengths": Case(message("POST /auth/forward", "Transfer-Encoding: chunked", body="0\r\n\r\n"), (400, END)),
    "both lengths, the other way": Case(
        message("POST /auth/forward", "Content-Length: 5", "Transfer-Encoding: chunked") + "0\r\n\r\n", (400, END)
    ),
    "a length twice": Case(message("POST /auth/forward", "Content-Length: 5", body="abcde"), (400, END)),
    "two lengths in one": Case(message("POST /auth/forward", "Content-Length: 5, 5") + "abcde", (400, END)),
    "a length that is no number": Case(message("POST /auth/forward", "Content-Length: 0x5") + "abcde", (400, END)),
    "a length with a sign": Case(message("POST /auth/forward", "Content-Length: +5") + "abcde", (400, END)),
    "a length below zero": Case(message("POST /auth/forward", "Content-Length: -5") + "abcde", (400, END)),
    "an empty length": Case(message("POST /auth/forward", "Content-Length:") + CHECK, (400, END)),
    "a length beyond all numbers": Case(message("POST /auth/forward", f"Content-Length: {2**64}"), (400, END)),
    "a length of zeros": Case(message("POST /auth/forward", "Content-Length: 000") + CHECK, (401, 200)),
    "another coding": Case(message("POST /auth/forward", AUTH, "Transfer-Encoding: gzip") + CHECK, (400, END)),
    "another coding before chunks": Case(
        message("POST /auth/forward", AUTH, "Transfer-Encoding: gzip, chunked") + "0\r\n\r\n", (501, END)
    ),
    "another coding after chunks": Case(
        message("POST /auth/forward", AUTH, "Transfer-Encoding: chunked, gzip") + "0\r\n\r\n", (400, END)
    ),
    "chunked twice": Case(
        message("POST /auth/forward", AUTH, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), (400, END)
    ),
    "identity": Case(message("POST /auth/forward", AUTH, "Transfer-Encoding: identity") + CHECK, (400, END)),
    "a coding before a comma": Case(
        message("POST /auth/forward", AUTH, "Transfer-Encoding: ,chunked") + "0\r\n\r\n", (501, END)
    ),
    "an empty coding": Case(message("POST /auth/forward", AUTH, "Transfer-Encoding:") + CHECK, (400, END)),
    "chunks in HTTP/1.0": Case(
        chunked("POST /auth/forward", AUTH, body="x").replace("HTTP/1.1", "HTTP/1.0") + CHECK, (400, END)
    ),
    "a chunk longer than it says": Case(
        message("POST /check_user", AUTH, "Transfer-Encoding: chunked") + f"1\r\n{QUESTION}\r\n0\r\n\r\n", (400, END)
    ),
    "a chunk whose size is no number": Case(
        message("POST /check_user", AUTH, "Transfer-Encoding: chunked") + "x\r\n", (400, END)
    ),
    "a chunk with a blank behind its size": Case(
        message("POST /check_user", AUTH, "Transfer-Encoding: chunked") + "1 \r\nx\r\n0\r\n\r\n", (400, END)
    ),
    "a chunk with a bare line feed": Case(
        message("POST /check_user", AUTH, "Transfer-Encoding: chunked") + "1;\nx\r\n0\r\n\r\n", (400, END)
    ),
    "a chunk's size beyond all numbers": Case(
        message("POST /check_user", AUTH, "Transfer-Encoding: chunked") + "f" * 17 + "\r\n", (400, END)
    ),
}

HEADS = {
    "a request that is the last": Case(message("GET /auth/nginx", AUTH, "Connection: close") + CHECK, (200, END)),
    "one of the application": Case(message("GET /whoami", AUTH, "Connection: close") + CHECK, (200, END)),
    "HTTP/1.0": Case(CHECK.replace("HTTP/1.1", "HTTP/1.0") + CHECK, (200, END)),
    "HTTP/1.0 that wants to stay": Case(
        message("GET /auth/nginx", AUTH, "Connection: keep-alive").replace("HTTP/1.1", "HTTP/1.0") + CHECK, (200, END)
    ),
    "HTTP/0.9": Case(f"GET /auth/nginx\r\n{AUTH}\r\n\r\n" + CHECK, (505, END)),
    "HTTP/2.0": Case(CHECK.replace("HTTP/1.1", "HTTP/2.0") + CHECK, (505, END)),
    "HTTP/1.2": Case(CHECK.replace("HTTP/1.1", "HTTP/1.2") + CHECK, (400, END)),
    "HTTP/2's preface": Case("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + CHECK, (400, END)),
    "an answer": Case("HTTP/1.1 200 OK\r\n\r\n" + CHECK, (400, END)),
    "bare line feeds": Case(CHECK.replace("\r\n", "\n") + CHECK, (400, END)),
    "a bare carriage return": Case(message("GET /auth/nginx", "X: a\rb", AUTH) + CHECK, (400, END)),
    "a header that goes on": Case(message("GET /auth/nginx", "X: a\r\n b", AUTH) + CHECK, (400, END)),
    "a blank before the colon": Case(message("GET /auth/nginx", f"{AUTH[:13]} {AUTH[13:]}") + CHECK, (400, END)),
    "a blank before the first header": Case(f"GET /auth/nginx HTTP/1.1\r\n {AUTH}\r\n\r\n" + CHECK, (400, END)),
    "a NUL": Case(message("GET /auth/nginx", "X: a\0b", AUTH) + CHECK, (400, END)),
    "a header without a name": Case(message("GET /auth/nginx", ": a", AUTH) + CHECK, (400, END)),
    "a method that is none": Case(CHECK.replace("GET", "GETS") + CHECK, (400, END)),
    "a small method": Case(CHECK.replace("GET", "get") + CHECK, (400, END)),
    "a method of another protocol": Case(CHECK.replace("GET /auth/nginx", "SOURCE /auth/nginx") + CHECK, (405, 200)),
    "a fragment": Case(message("GET /auth/forward#x", AUTH) + CHECK, (400, END)),
    "a fragment in nginx's query": Case(message("GET /auth/nginx?role=admin#", AUTH) + CHECK, (401, END)),
    "a backslash": Case(message("GET /auth/forward\\x", AUTH) + CHECK, (400, END)),
    "no host": Case(message("GET /auth/forward", AUTH).replace("Host: v\r\n", "") + CHECK, (400, END)),
    "no host, for nginx": Case(CHECK.replace("Host: v\r\n", "") + CHECK, (401, END)),
    "no host, of the application": Case(message("GET /whoami", AUTH).replace("Host: v\r\n", "") + CHECK, (400, END)),
    "two hosts": Case(message("GET /auth/forward", AUTH, "host: v") + CHECK, (400, END)),
    "two hosts, for nginx": Case(message("GET /auth/nginx", "HOST: w", AUTH) + CHECK, (401, END)),
    "two hosts in HTTP/1.0": Case(
        message("GET /whoami", "Host: v", AUTH).replace("HTTP/1.1", "HTTP/1.0") + CHECK, (400, END)
    ),
    "no host in HTTP/1.0": Case(CHECK.replace("HTTP/1.1", "HTTP/1.0").replace("Host: v\r\n", "") + CHECK, (200, END)),
    "a target in absolute form": Case(message("GET http://v/auth/nginx", AUTH) + CHECK, (200, 200)),
    "an absolute target with a query": Case(message("GET http://v/auth/nginx?role=admin", AUTH) + CHECK, (403, 200)),
    "an absolute target without a path": Case(message("GET http://v", AUTH) + CHECK, (404, 200)),
    "a target of another scheme": Case(message("GET ftp://v/auth/nginx", AUTH) + CHECK, (400, END)),
    "a target without a port that can be": Case(message("GET http://v:x/auth/forward", AUTH) + CHECK, (400, END)),
    "a target that is none": Case(message("GET auth/nginx", AUTH) + CHECK, (400, END)),
    "a target that is not ASCII": Case(message("GET /auth/forward\xe4", AUTH) + CHECK, (400, END)),
    "a star": Case(message("OPTIONS *", AUTH) + CHECK, (404, 200)),
    "a star of a GET": Case(message("GET *", AUTH) + CHECK, (400, END)),
    "blanks in the request line": Case(CHECK.replace("GET /auth/nginx ", "GET  /auth/nginx  ") + CHECK, (200, 200)),
    "line ends between requests": Case(CHECK + "\r\n\r\n" + CHECK, (200, 200)),
    "nonsense after a request": Case(message("GET /whoami", AUTH) + "\x16\x03\x01" + CHECK, (200, 400, END)),
    "nonsense after a check": Case(CHECK + "nonsense\r\n\r\n" + CHECK, (200, 400, END)),
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
