"""Heads of checks: plain ones, and others that are in any doubt."""

from __future__ import annotations

from tests.support.verifier.messages import AUTH, message

__all__ = ["OTHERS", "PLAIN_ONES"]

PLAIN_ONES = {
    "as nginx asks": message("GET /auth/nginx", AUTH),
    "without a token": message("GET /auth/nginx"),
    "a token before the host": message("GET /auth/nginx", AUTH).replace(f"Host: v\r\n{AUTH}", f"{AUTH}\r\nHost: v"),
    "as Envoy asks": message("POST /auth/envoy/any/-/v1?x", "Content-Length: 0", AUTH),
    "a client's odd path": message("GET /auth/envoy/any/-/caf\xe9#\\", AUTH),
    "a connection that stays": message("GET /auth/forward", AUTH, "CONNECTION:  Keep-Alive "),
    "names in all cases": message("GET /auth/forward", AUTH.replace("Authorization", "aUTHORIZATION"), "X-A: b"),
    "names that begin alike": message(
        "GET /auth/forward", AUTH, "Hosts: a", "Authorizations: b", "Connections: c", "Content-Lengths: 1",
        "Expects: d", "Upgrades: e", "Transfer-Encodings: f", "TE: g", "Accept: h", "Cookie: i", "ETag: j",
        "User-Agent: k", "H: l", "Proxy-Connections: m", "Proxy: n",
    ),
    "empty values": message("GET /auth/forward", AUTH, "X:", "Y: ", "Accept:"),
    "bytes that are not ASCII in a value": message("GET /auth/forward", AUTH, "X: caf\xe9"),
}  # fmt: skip
OTHERS = {
    "another path": message("GET /whoami", AUTH),
    "another method": message("TRACE /auth/nginx", AUTH),
    "another version": message("GET /auth/nginx", AUTH).replace("HTTP/1.1", "HTTP/1.0"),
    "no host": message("GET /auth/nginx", AUTH).replace("Host: v\r\n", ""),
    "two hosts": message("GET /auth/nginx", AUTH, "hOST: v"),
    "two tokens": message("GET /auth/nginx", AUTH, AUTH.lower()),
    "an empty token": message("GET /auth/nginx", "Authorization: "),
    "a length": message("POST /auth/forward", AUTH, "cONTENT-LENGTH: 1") + "x",
    "a length of nothing, twice": message("POST /auth/forward", "Content-Length: 0", AUTH, "CONTENT-LENGTH: 0"),
    "twice, one after the other": message("POST /auth/forward", AUTH, "Content-Length: 0", "Content-Length: 0"),
    "a length of nothing and another": message("POST /auth/forward", AUTH, "Content-Length: 0", "content-length: 1"),
    "a length of zeros": message("POST /auth/forward", AUTH, "Content-Length: 00"),
    "chunks": message("POST /auth/forward", AUTH, "TRANSFER-ENCODING: chunked") + "0\r\n\r\n",
    "an offer": message("GET /auth/nginx", AUTH, "upgradE: x"),
    "an expectation": message("GET /auth/nginx", AUTH, "eXPECT: 100-continue"),
    "the last request": message("GET /auth/nginx", AUTH, "cONNECTION: close"),
    "the last request, as old proxies say it": message("GET /auth/nginx", AUTH, "pROXY-cONNECTION: close"),
    "a connection that stays, as old proxies say it": message("GET /auth/nginx", AUTH, "Proxy-Connection: keep-alive"),
    "options of the connection": message("GET /auth/nginx", AUTH, "Connection: keep-alive, close"),
    "a line that goes on": message("GET /auth/nginx", AUTH, "X: a\r\n b"),
    "a blank before the colon": message("GET /auth/nginx", AUTH, "X : a"),
    "a blank before a name": message("GET /auth/nginx", " X: a", AUTH),
    "an odd byte in a name": message("GET /auth/nginx", AUTH, "X\xe9: a"),
    "no name": message("GET /auth/nginx", AUTH, ": a"),
    "no colon": message("GET /auth/nginx", AUTH, "X"),
    "a bare line feed": message("GET /auth/nginx", AUTH, "X: a\nY: b"),
    "a bare carriage return": message("GET /auth/nginx", AUTH, "X: a\rb"),
    "a NUL": message("GET /auth/nginx", AUTH, "X: a\0b"),
    "a DEL": message("GET /auth/nginx", AUTH, "X: a\x7fb"),
    "a token that is not ASCII": message("GET /auth/nginx", f"{AUTH}\xe9"),
    "line feeds alone": message("GET /auth/nginx", AUTH).replace("\r\n", "\n"),
    "line ends before it": "\r\n" + message("GET /auth/nginx", AUTH),
    "two blanks in the request line": message("GET  /auth/nginx", AUTH),
    "a tab in the request line": message("GET\t/auth/nginx", AUTH),
    "a fragment": message("GET /auth/nginx#", AUTH),
    "a fragment before Envoy's dash": message("GET /auth/envoy/any#/-/", AUTH),
    "a backslash": message("GET /auth/nginx\\", AUTH),
    "a path that is not ASCII": message("GET /auth/nginx\xe9", AUTH),
    "a control character in a client's path": message("GET /auth/envoy/any/-/\x01", AUTH),
    "absolute form": message("GET http://v/auth/nginx", AUTH),
    "half of one": message("GET /auth/nginx", AUTH)[:-1],
}
