"""Answers as values: the headers of identity, and the refusals, which all protocols share.

Every answer forbids caching, sets no cookie and holds no token.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Final

import msgspec

from pharia_access.domain.verdict import Refusal
from pharia_access.services.verifier.verifier import Allowed

__all__ = [
    "BAD_REQUEST",
    "BASIC_CHALLENGE",
    "METHOD_NOT_ALLOWED",
    "NOT_FOUND",
    "RETRY_AFTER_SECONDS",
    "Headers",
    "HttpAnswer",
    "identity_answer",
    "json_answer",
    "method_not_allowed",
    "refusal_answer",
    "refusals_in_json",
    "render",
    "render_parts",
]

Headers = tuple[tuple[bytes, bytes], ...]

RETRY_AFTER_SECONDS: Final = 1
"""How long a client should wait after an answer 503."""

_OK: Final = HTTPStatus.OK.value
_NO_STORE: Final = (b"cache-control", b"no-store")
_JSON: Final = (b"content-type", b"application/json")
_CHALLENGE: Final = b'Bearer realm="pharia-access"'
BASIC_CHALLENGE: Final = (b"www-authenticate", b'Basic realm="pharia-access", charset="UTF-8"')
"""Where a token may come as a password, too (RFC 7617)."""
_IDENTITY: Final = (b"x-auth-subject", b"x-auth-credential", b"x-auth-token-id", b"x-auth-roles", b"x-auth-expires")
_STATUS_LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode("ascii") for status in HTTPStatus
}


@dataclass(slots=True)
class HttpAnswer:
    """Status, headers in lower case, body. `content-length` and `connection` are the server's to add.

    Not frozen: a request makes one, and `frozen` costs time.

    Attributes:
        wire: the bytes of the answer over HTTP/1.1, on a connection that stays open; rendered if absent.
    """

    status: int
    headers: Headers = (_NO_STORE,)
    body: bytes = b""
    wire: bytes = field(default=b"", repr=False, compare=False)

    def __post_init__(self) -> None:
        self.wire = self.wire or render(self)


def render(answer: HttpAnswer, *, keep_alive: bool = True, head: bool = False) -> bytes:
    """Render the answer for HTTP/1.1. `head`: the request was HEAD, so leave the body out."""
    return render_parts(answer.status, answer.headers, answer.body, keep_alive=keep_alive, head=head)


def render_parts(status: int, headers: Headers, body: bytes, *, keep_alive: bool = True, head: bool = False) -> bytes:
    """Render an answer from its parts. `headers` has no `content-length` and no `connection`."""
    lines = [_STATUS_LINES[status]]
    lines += [b"%b: %b\r\n" % header for header in headers]
    end = b"\r\n" if keep_alive else b"connection: close\r\n\r\n"
    lines.append(b"content-length: %d\r\n%b%b" % (len(body), end, b"" if head else body))
    return b"".join(lines)


def identity_answer(allowed: Allowed, *more: tuple[bytes, bytes]) -> HttpAnswer:
    """Answer 200 with the identity, for the service behind the gateway.

    The answer has all headers of identity, and none is empty, so that a gateway keeps no forged one. The values are
    safe in a header: `kube.verifier.decoding` lets no others in.
    """
    token = allowed.token
    values = (
        allowed.credential.uid.encode("ascii"),
        token.credential_key.encode("ascii"),
        token.token_id.encode("ascii"),
        ",".join(allowed.effective_roles.roles).encode("ascii") or b"-",
        token.ends_text.encode("ascii"),
    )
    headers = (_NO_STORE, *zip(_IDENTITY, values, strict=True), *more)
    return HttpAnswer(_OK, headers, wire=_identity_template(more) % values)


@cache
def _identity_template(more: Headers) -> bytes:
    """Render once, with a place for each value: a fifth of the time of rendering. `more` has no percent sign."""
    return render(HttpAnswer(_OK, (_NO_STORE, *((name, b"%b") for name in _IDENTITY), *more)))


def json_answer(status: int, body: bytes, *, headers: Headers = ()) -> HttpAnswer:
    """Make an answer whose body is JSON."""
    return HttpAnswer(status, (_NO_STORE, _JSON, *headers), body)


def refusal_answer(refusal: Refusal) -> HttpAnswer:
    """Return the answer to a denied request, by RFC 6750 section 3. All bad tokens get one answer."""
    return _ANSWERS[refusal]


def refusals_in_json(
    errors: Mapping[int, tuple[str, str]], no_credentials: tuple[str, str], *, challenge: Headers = ()
) -> Mapping[Refusal, HttpAnswer]:
    """Return the same answers with a body: `error` and `error_description`, which say no more than the status.

    Args:
        errors: both members, by status.
        no_credentials: both members where the request has no token.
        challenge: a further one, for each 401.
    """

    def told(refusal: Refusal) -> HttpAnswer:
        short = refusal_answer(refusal)
        error, why = no_credentials if refusal is Refusal.NO_CREDENTIALS else errors[short.status]
        more = challenge if short.status == HTTPStatus.UNAUTHORIZED else ()
        body = msgspec.json.encode({"error": error, "error_description": why})
        return HttpAnswer(short.status, (*short.headers, *more, _JSON), body)

    return {refusal: told(refusal) for refusal in Refusal}


def _challenge(status: HTTPStatus, error: bytes = b"") -> HttpAnswer:
    challenge = _CHALLENGE + (b', error="%b"' % error if error else b"")
    return HttpAnswer(status.value, (_NO_STORE, (b"www-authenticate", challenge)))


_MISSING = _challenge(HTTPStatus.UNAUTHORIZED)
_INVALID = _challenge(HTTPStatus.UNAUTHORIZED, b"invalid_token")
_FORBIDDEN = _challenge(HTTPStatus.FORBIDDEN, b"insufficient_scope")
_UNAVAILABLE = HttpAnswer(
    HTTPStatus.SERVICE_UNAVAILABLE.value, (_NO_STORE, (b"retry-after", b"%d" % RETRY_AFTER_SECONDS))
)
BAD_REQUEST: Final = _challenge(HTTPStatus.BAD_REQUEST, b"invalid_request")
"""For two tokens in one request: the gateway might believe one, and the verifier the other."""

NOT_FOUND: Final = json_answer(HTTPStatus.NOT_FOUND.value, b'{"error":"not_found"}')


def method_not_allowed(allowed: Iterable[str]) -> HttpAnswer:
    """Answer a method that a path does not take, and name the methods that it takes (RFC 9110 15.5.6)."""
    names = ", ".join(sorted(allowed)).encode("ascii")
    return HttpAnswer(HTTPStatus.METHOD_NOT_ALLOWED.value, (_NO_STORE, (b"allow", names)))


METHOD_NOT_ALLOWED: Final = method_not_allowed(("GET", "HEAD"))
"""For nginx's check, the only one that does not take every method."""

_ANSWERS: Final[Mapping[Refusal, HttpAnswer]] = {
    **dict.fromkeys(Refusal, _INVALID),
    Refusal.NO_CREDENTIALS: _MISSING,
    Refusal.AMBIGUOUS_CREDENTIALS: BAD_REQUEST,
    Refusal.INSUFFICIENT_SCOPE: _FORBIDDEN,
    Refusal.MALFORMED_REQUIREMENT: _FORBIDDEN,
    Refusal.UNUSABLE_HEADER: _FORBIDDEN,
    Refusal.VIEW_TOO_OLD: _UNAVAILABLE,
    Refusal.OUT_OF_CONTACT: _UNAVAILABLE,
    Refusal.KEYS_UNREAD: _UNAVAILABLE,
    Refusal.NOT_REVIEWED: _UNAVAILABLE,
    Refusal.OVERLOADED: _UNAVAILABLE,
}
