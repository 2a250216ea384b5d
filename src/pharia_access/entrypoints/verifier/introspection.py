"""`POST /oauth2/introspect`: RFC 7662, for resource servers that speak OAuth.

The caller needs its own token, whose credential has the permission IntrospectTokens. Otherwise anybody could try out
tokens here (section 4). It sends the token as a bearer, or as its client secret: in the header or in the form.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlsplit

import msgspec

from pharia_access.domain.permissions import Permission
from pharia_access.domain.verdict import Refusal
from pharia_access.domain.verification.client_credentials import LONGEST_SECRET, ClientCredentials, form_decoded
from pharia_access.entrypoints.verifier.answers import BASIC_CHALLENGE, HttpAnswer, json_answer, refusals_in_json
from pharia_access.entrypoints.verifier.held_permissions import held_permissions
from pharia_access.entrypoints.verifier.long_work import LongRequest
from pharia_access.services.verifier.verifier import Allowed

__all__ = [
    "CALLER_REQUIREMENT",
    "FORM",
    "INACTIVE",
    "Form",
    "Introspector",
    "bad_form",
    "parse_form",
    "refuse",
]

CALLER_REQUIREMENT: Final = "permission=IntrospectTokens"
FORM: Final = "application/x-www-form-urlencoded"
INACTIVE: Final = json_answer(HTTPStatus.OK.value, b'{"active":false}')
"""The answer about a token that is not good. Nothing says why."""

_MOST_FIELDS: Final = 16
_NAMES: Final = frozenset({b"token", b"client_id", b"client_secret", b"scope"})
_LONGEST_NAME: Final = 3 * max(map(len, _NAMES))
_LONGEST_TOKEN: Final = 3 * 4096
"""Bytes, percent-encoded. Our tokens are much shorter, and the verifier knows no others."""
_LONGEST: Final = {b"client_secret": LONGEST_SECRET + 1}
_WELL_KNOWN: Final = "/.well-known/oauth-authorization-server"
_METHODS: Final = ("client_secret_basic", "client_secret_post", "Bearer")
_NO_TOKEN: Final = (
    "invalid_client",
    "Send your own token: as a bearer token, or as the client secret by client_secret_basic or client_secret_post",
)
_ERRORS: Final = {
    HTTPStatus.BAD_REQUEST.value: ("invalid_request", "The request names its caller more than once"),
    HTTPStatus.UNAUTHORIZED.value: ("invalid_client", "The caller's own token is not accepted, or is another client's"),
    HTTPStatus.FORBIDDEN.value: ("insufficient_scope", "The caller's credential needs the permission IntrospectTokens"),
    HTTPStatus.SERVICE_UNAVAILABLE.value: ("temporarily_unavailable", "The verifier cannot answer now: ask again"),
}
_REFUSALS: Final = refusals_in_json(_ERRORS, _NO_TOKEN, challenge=(BASIC_CHALLENGE,))


@dataclass(frozen=True, slots=True)
class Form:
    """What a form says.

    Attributes:
        token: the token that it asks about; None unless there is exactly one, and one scope at most.
        client: who asks, if the form says so; AMBIGUOUS_CREDENTIALS if it says so twice.
        requirement: the roles that the token must have, see `domain.verification.requirements`.
    """

    token: bytes | None = None
    client: ClientCredentials | Refusal | None = None
    requirement: str = ""


def parse_form(media_type: str, body: bytes) -> Form:
    """Read a form. Where it is none, there is neither a token nor a client in it.

    Decodes a value that is too long for any token only so far that its length shows: 64 KiB of escapes take 5 ms.
    """
    if media_type != FORM or not body.isascii():
        return Form()
    fields = body.split(b"&", _MOST_FIELDS)
    if len(fields) > _MOST_FIELDS:
        return Form()
    found: dict[bytes, list[bytes]] = {name: [] for name in _NAMES}
    for field in fields:
        encoded, _, value = field.partition(b"=")
        name = form_decoded(encoded) if len(encoded) <= _LONGEST_NAME else b""
        if name in _NAMES:
            found[name].append(form_decoded(value[: _LONGEST.get(name, _LONGEST_TOKEN)]))
    tokens, scopes = found[b"token"], found[b"scope"]
    client = _client(found[b"client_id"], found[b"client_secret"])
    if len(tokens) != 1 or len(scopes) > 1:
        return Form(client=client)
    return Form(tokens[0], client, _requirement(b"".join(scopes)))


def _client(ids: list[bytes], secrets: list[bytes]) -> ClientCredentials | Refusal | None:
    if not any(secrets):
        return None
    if len(secrets) > 1 or len(ids) > 1:
        return Refusal.AMBIGUOUS_CREDENTIALS
    return ClientCredentials(secrets[0], b"".join(ids).decode("utf-8", "replace"))


def _requirement(scope: bytes) -> str:
    """Require each name of a scope (RFC 6749 section 3.3) as a role.

    RFC 7662 has no such field. Ory Hydra has, and Oathkeeper leaves it to the server by default to compare. A blank too
    many makes an empty name, which nobody holds: a scope that was cut must not require less.
    """
    return "&".join(f"role={quote(name, safe='')}" for name in scope.split(b" ")) if scope else ""


def bad_form() -> HttpAnswer:
    """Answer a body that does not contain exactly one token, or has two scopes (RFC 6749 sections 3.2 and 5.2)."""
    why = f"send one token, and one scope at most, as {FORM}"
    return json_answer(
        HTTPStatus.BAD_REQUEST.value, msgspec.json.encode({"error": "invalid_request", "error_description": why})
    )


def refuse(refusal: Refusal) -> HttpAnswer:
    """Answer a caller that may not ask: by JSON, and a 401 with both challenges, as clients of OAuth expect."""
    return _REFUSALS[refusal]


@dataclass(frozen=True, slots=True)
class Introspector:
    """Answers clients that ask about a token.

    Attributes:
        issuer: the verifier's own address, for `iss` and the metadata of RFC 8414; empty: neither.
        capped: `exp` of a token that ends at so many seconds since 1970: clients keep an answer until then.
    """

    issuer: str = ""
    capped: Callable[[float], float] = float

    @property
    def metadata_path(self) -> str:
        """Where the metadata is (RFC 8414 section 3.1)."""
        return _WELL_KNOWN + urlsplit(self.issuer).path.rstrip("/")

    def metadata(self) -> HttpAnswer:
        """Describe the endpoint (RFC 8414 section 2): no tokens are issued here, so there are no grants."""
        facts = {
            "issuer": self.issuer,
            "introspection_endpoint": f"{self.issuer.rstrip('/')}/oauth2/introspect",
            "introspection_endpoint_auth_methods_supported": _METHODS,
            "response_types_supported": (),
            "grant_types_supported": (),
        }
        return json_answer(HTTPStatus.OK.value, msgspec.json.encode(facts))

    async def answer(self, allowed: Allowed, long: LongRequest) -> HttpAnswer:
        """Describe a good token. Raises OverloadedError."""
        token, roles = allowed.token, allowed.effective_roles
        facts = {
            "active": True,
            "scope": " ".join(roles.roles),
            "client_id": token.credential_key,
            "username": token.credential_key,
            "sub": allowed.credential.uid,
            "token_type": "Bearer",
            "exp": int(self.capped(token.ends_at)),
            "iat": int(token.issued_at),
            "jti": token.token_id,
            **({"iss": self.issuer} if self.issuer else {}),
            "authorization_details": await held_permissions(roles, long, _authorization_detail),
        }
        return json_answer(HTTPStatus.OK.value, msgspec.json.encode(facts))


def _authorization_detail(permission: Permission) -> dict[str, object]:
    """RFC 9396 sections 2 and 9.2. `fields` apart, since one may have the name `type`."""
    return {"type": "permission", "permission": permission.name, "fields": dict(permission.fields)}
