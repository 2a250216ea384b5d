"""Requests to a verifier and its answers, as a table: the real one gives them, and so does the package's fake.

Tokens stand in the requests by name: `{reader}` holds the role `clients-reader`, `{everything}` holds
`clients-everything`, `{nothing}` none that there is. `{revoked}` is revoked, `{strange}` was never minted.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EXCHANGES", "READER", "ROLES", "Answer", "Exchange", "played"]

READER = "clients-reader"
ROLES: dict[str, list[dict[str, str]]] = {
    READER: [{"permission": "AccessModel", "model": "a/b;c&d"}, {"permission": "KernelAccess"}],
    "clients-everything": [{"permission": "AccessModel", "model": "*"}],
}
"""What each role grants, as `/check_user` writes it."""

_REALM = 'Bearer realm="pharia-access"'
NONE = _REALM
INVALID = f'{_REALM}, error="invalid_token"'
REQUEST = f'{_REALM}, error="invalid_request"'
SCOPE = f'{_REALM}, error="insufficient_scope"'
_BEARER = ("Authorization: Bearer {reader}",)
_FORWARD = "/auth/forward"
_JSON = "Content-Type: application/json"
_BAD = {"error": "unauthenticated", "error_description": "Invalid token"}
_MODEL = "permission=AccessModel;model=a%2Fb%3Bc%26d"


@dataclass(frozen=True, slots=True)
class Answer:
    """What counts in an answer: status, challenge, the credential's roles, and a body's JSON."""

    status: int
    challenge: str | None = None
    roles: str | None = None
    told: Any = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, and the answer that it gets."""

    name: str
    target: str
    headers: tuple[str, ...]
    answer: Answer
    body: str | None = None
    method: str = "GET"


def _forward(name: str, query: str, answer: Answer, *headers: str) -> Exchange:
    return Exchange(name, f"{_FORWARD}{query}", headers or _BEARER, answer)


def _asked(name: str, body: object, answer: Answer, *headers: str) -> Exchange:
    text = body if isinstance(body, str) else json.dumps(body)
    return Exchange(name, "/check_user", (_JSON, *(headers or _BEARER)), answer, text, "POST")


def _held(*permissions: dict[str, str]) -> Answer:
    return Answer(200, told={"email": None, "email_verified": None, "permissions": list(permissions)})


_ANY = {"permission": "AccessModel", "model": "*"}
_ONE = {"permission": "AccessModel", "model": "a/b;c&d"}
_KERNEL = {"permission": "KernelAccess"}

EXCHANGES = (
    _forward("good", "", Answer(200, roles=READER)),
    _forward("good, scheme in capitals", "", Answer(200, roles=READER), "Authorization: BEARER   {reader}"),
    _forward("good, blanks around", "", Answer(200, roles=READER), "Authorization:  \tBearer {reader} \t"),
    _forward("good, without a role", "", Answer(200, roles="-"), "Authorization: Bearer {nothing}"),
    _forward("forged identity", "", Answer(200, roles=READER), *_BEARER, "X-Auth-Roles: admin"),
    _forward("no header", "", Answer(401, NONE), "Accept: */*"),
    _forward("another scheme", "", Answer(401, NONE), "Authorization: Basic dTpw"),
    _forward("empty", "", Answer(401, NONE), "Authorization:"),
    _forward("a scheme alone", "", Answer(401, NONE), "Authorization: Bearer"),
    _forward("a tab behind the scheme", "", Answer(401, NONE), "Authorization: Bearer\t{reader}"),
    _forward("revoked", "", Answer(401, INVALID), "Authorization: Bearer {revoked}"),
    _forward("never minted", "", Answer(401, INVALID), "Authorization: Bearer {strange}"),
    _forward("malformed", "", Answer(401, INVALID), "Authorization: Bearer nonsense"),
    _forward("cut short", "", Answer(401, INVALID), "Authorization: Bearer {reader:.40}"),
    _forward("two words", "", Answer(401, INVALID), "Authorization: Bearer {reader} more"),
    _forward("not ASCII", "", Answer(401, INVALID), "Authorization: Bearer {reader}é"),
    _forward("overlong", "", Answer(401, INVALID), f"Authorization: Bearer {'x' * 257}"),
    _forward("far too long", "", Answer(401, INVALID), f"Authorization: Bearer {'x' * 5000}"),
    _forward("two in one value", "", Answer(400, REQUEST), "Authorization: Bearer {reader}, Bearer {reader}"),
    _forward("two headers", "", Answer(400, REQUEST), *_BEARER, *_BEARER),
    _forward("a second one that is empty", "", Answer(400, REQUEST), *_BEARER, "Authorization:"),
    _forward("a second one of another scheme", "", Answer(400, REQUEST), *_BEARER, "authorization: Basic dTpw"),
    _forward("role held", f"?role={READER}", Answer(200, roles=READER)),
    _forward("role not held", "?role=admin", Answer(403, SCOPE)),
    _forward("role, no token", "?role=admin", Answer(401, NONE), "Accept: */*"),
    _forward("role, revoked", "?role=admin", Answer(401, INVALID), "Authorization: Bearer {revoked}"),
    _forward("permission held", f"?{_MODEL}", Answer(200, roles=READER)),
    _forward(
        "separators encoded too",
        f"?permission={quote(_MODEL.removeprefix('permission='), '')}",
        Answer(200, roles=READER),
    ),
    _forward("separators half encoded", "?permission=AccessModel%3Bmodel=b", Answer(403, SCOPE)),
    _forward("permission for another model", "?permission=AccessModel;model=b", Answer(403, SCOPE)),
    _forward("permission of every model", "?permission=AccessModel", Answer(403, SCOPE)),
    _forward("a field that the held one lacks", "?permission=KernelAccess;model=b", Answer(403, SCOPE)),
    _forward("all of two", f"?role={READER}&role=admin", Answer(403, SCOPE)),
    _forward("any of two", f"?role={READER}&role=admin&satisfy=any", Answer(200, roles=READER)),
    _forward("satisfy alone", "?satisfy=any", Answer(403, SCOPE)),
    _forward("satisfy unknown", f"?role={READER}&satisfy=some", Answer(403, SCOPE)),
    _forward("unknown requirement", "?rolle=admin", Answer(403, SCOPE)),
    _forward("empty requirement", "?role=", Answer(403, SCOPE)),
    _forward("an empty part", f"?role={READER}&", Answer(403, SCOPE)),
    _forward("a bad escape", "?role=%zz", Answer(403, SCOPE)),
    _forward("no UTF-8", "?role=%ff", Answer(403, SCOPE)),
    _forward("too many parts", "?" + "&".join(["role=clients-reader"] * 17), Answer(403, SCOPE)),
    Exchange("by another method", _FORWARD, _BEARER, Answer(200, roles=READER), method="DELETE"),
    Exchange("no such path", "/auth/backward", _BEARER, Answer(404, told={"error": "not_found"})),
    _asked("some held", {"permissions": [_KERNEL, _ANY, _ONE]}, _held(_KERNEL, _ONE)),
    _asked("everything held", {"permissions": [_ANY, _ONE]}, _held(_ANY, _ONE), "Authorization: Bearer {everything}"),
    _asked("none held", {"permissions": [_ANY]}, _held(), "Authorization: Bearer {nothing}"),
    _asked("nothing asked", {"permissions": []}, _held()),
    _asked("asked twice", {"permissions": [_KERNEL, _KERNEL]}, _held(_KERNEL, _KERNEL)),
    _asked(
        "a bad token's permissions",
        {"permissions": []},
        Answer(401, INVALID, told=_BAD),
        "Authorization: Bearer {revoked}",
    ),
    _asked("permissions without a token", {"permissions": []}, Answer(401, NONE, told=_BAD), "Accept: */*"),
    _asked("permissions with two tokens", {"permissions": []}, Answer(401, REQUEST, told=_BAD), *_BEARER, *_BEARER),
    _asked("no JSON", "{", Answer(422, told={"error": "invalid_request"})),
    _asked("another JSON", {"permissions": "all"}, Answer(422, told={"error": "invalid_request"})),
    _asked(
        "a field that is no text",
        {"permissions": [{"permission": "A", "model": 1}]},
        Answer(422, told={"error": "invalid_request"}),
    ),
    _asked("too many", {"permissions": [_KERNEL] * 257}, Answer(422, told={"error": "invalid_request"})),
    Exchange("permissions by GET", "/check_user", _BEARER, Answer(405)),
)


def played(exchange: Exchange, url: str, tokens: Mapping[str, str]) -> Answer:
    """Send the request, and return the answer. Identity and body are looked at before they are cut to what counts."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    try:
        connection.putrequest(exchange.method, exchange.target)
        for line in exchange.headers:
            name, value = line.format(**tokens).split(":", 1)
            connection.putheader(name, value.removeprefix(" ").encode())
        body = (exchange.body or "").encode()
        if exchange.body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        return _answer(connection.getresponse())
    finally:
        connection.close()


def _answer(response: http.client.HTTPResponse) -> Answer:
    body = response.read()
    told = json.loads(body) if body else None
    if told is not None:
        assert told.pop("sub", "x"), "the subject is empty"
        if response.status == http.client.UNPROCESSABLE_ENTITY:
            assert told.pop("error_description")
    identity = {name.lower(): value for name, value in response.getheaders() if name.lower().startswith("x-auth-")}
    if identity:
        assert len(identity) == 5, "an identity header is missing"
        assert all(identity.values()), "an identity header is empty"
        assert identity["x-auth-credential"].count("/") == 1
    return Answer(response.status, response.getheader("WWW-Authenticate"), identity.get("x-auth-roles"), told)
