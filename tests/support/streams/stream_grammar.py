"""What a stream of requests is written of: tables of what is well-formed, each entry with a name.

An entry's name becomes the tag of each stream that it went into, so that a run can tell what it reached.
"""

from __future__ import annotations

from random import Random

from pharia_access.domain.token import mint

__all__ = [
    "AUTH",
    "AUTHORIZATIONS",
    "CHUNK_HEADS",
    "GATEWAYS",
    "GOOD",
    "HEADERS",
    "METHODS",
    "ONE",
    "PATHS",
    "TARGETS",
    "TOKENS",
    "TRAILERS",
    "Table",
]

Table = dict[str, tuple[bytes, ...]]

TOKENS = tuple(mint("pharia", Random(number).randbytes) for number in range(3))  # noqa: S311 - alike in each run
"""Those that are good."""
GOOD = tuple(token.reveal().encode() for token in TOKENS)
ONE = GOOD[0]
AUTH = b"Authorization: Bearer "

PATHS = (
    b"/auth/forward",
    b"/auth/nginx",
    b"/auth/nginx?role=studio-user",
    b"/auth/forward?role=admin",
    b"/auth/envoy/any/-",
    b"/auth/envoy/role=studio-user/-/v1/x?y=%5C#z",
    b"/whoami",
    b"/check_user",
    b"/other?a=b&c=%20",
)

GATEWAYS = (
    b"X-Forwarded-For: 10.0.0.1, 10.0.0.2",
    b"X-Forwarded-Method: DELETE",
    b"X-Forwarded-Uri: /v1/models?a=%2F;b",
    b"X-Forwarded-Host: v.example:8443",
    b"X-Real-Ip: 2001:db8::1",
    b'User-Agent: Mozilla/5.0 (X11; Linux x86_64; "x")',
    b"Accept: text/html, */*;q=0.8",
    b"Accept-Encoding: gzip",
    b"Cookie: a=b; c=\xe4",
    b"Connection: keep-alive",
    b"X-Original-Authorization: Bearer " + ONE,
)
"""Headers that a gateway repeats."""

METHODS: Table = {
    "usual": (b"GET", b"GET", b"GET", b"POST", b"POST", b"HEAD", b"PUT", b"DELETE", b"PATCH"),
    "rare": (b"OPTIONS", b"TRACE", b"PROPFIND", b"M-SEARCH", b"QUERY", b"PURGE", b"LOCK", b"REPORT"),
}
TARGETS: Table = {
    "of origin": PATHS,
    "absolute": (b"http://v/auth/nginx", b"https://v:8443/auth/forward?role=x", b"HTTP://v", b"http://u@v/whoami"),
    "star": (b"*",),
    "with odd characters": (b"/auth/forward?a=|\"<>^`{}[]'", b"//auth/nginx", b"/a//b/../c;d=e,f", b"/?"),
}
AUTHORIZATIONS: Table = {
    "a token": tuple(AUTH + token for token in GOOD),
    "a token, in small letters": tuple(b"authorization: bearer " + token for token in GOOD),
    "a token, blanks around": (AUTH + b" " + ONE + b"  ", b"Authorization: \t Bearer " + ONE + b" \t"),
    "a bad token": (AUTH + b"pharia_x", AUTH + ONE + b"x"),
    "another scheme": (b"Authorization: Basic dTpw", b"Authorization:"),
    "two tokens in a header": (AUTH + ONE + b", " + GOOD[1],),
    "none": (b"X-Authorization: Bearer " + ONE, b"Proxy-Authorization: Bearer " + ONE),
}
HEADERS: Table = {
    "plain": (b"X: y", b"Accept: */*", b"User-Agent: a/1 (b; c)", b"Cookie: a=b; c=d", b"X-Forwarded-Uri: /x"),
    "empty": (b"X:", b"X: "),
    "obsolete text": (b"X: \xe4\xff\x80",),
    "blanks within": (b"X:  a \t b\t", b"X:\ty"),
    "names of all characters": (b"!#$%&'*+-.^_`|~0aZ: y",),
    "Connection: close": (b"Connection: close", b"connection: CLOSE", b"Connection: x, close"),
    "Connection: keep-alive": (b"Connection: keep-alive", b"Connection: Keep-Alive, x"),
    "upgrade to HTTP/2": (b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM",),
    "upgrade to a websocket": (b"Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13",),
    "upgrade to TLS": (b"Upgrade: TLS/1.0, HTTP/1.1\r\nConnection: Upgrade",),
    "upgrade that is not meant": (b"Upgrade: x", b"Connection: upgrade", b"Upgrade:"),
    "Expect": (b"Expect: 100-continue", b"expect: 100-Continue"),
}
CHUNK_HEADS: Table = {
    "plain": (b"%x", b"%X", b"00%x"),
    "an extension": (b"%x;a=b", b"%x;a", b"%x;a=b;c=d", b'%x;a="b c;\\"d"'),
}
TRAILERS: Table = {
    "plain": (b"X: y",),
    "a token": tuple(AUTH + token for token in GOOD),
    "an upgrade": (b"Connection: upgrade\r\nUpgrade: h2c",),
    "an expectation": (b"Expect: 100-continue",),
    "a host": (b"Host: w",),
}
