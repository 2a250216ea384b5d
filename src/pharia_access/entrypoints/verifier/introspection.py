"""`POST /oauth2/introspect`: RFC 7662, for resource servers that speak OAuth.

The caller needs its own token, whose credential has the permission IntrospectTokens. Otherwise anybody could try out
tokens here (section 4).
"""

from http import HTTPStatus
from typing import Final
from urllib.parse import unquote_plus

import msgspec

from pharia_access.entrypoints.verifier.answers import HttpAnswer, json_answer, refusal_answer
from pharia_access.services.verifier.verifier import Allowed, AuthorizationResult

__all__ = ["CALLER_REQUIREMENT", "answer_introspection", "asked_token", "bad_form"]

CALLER_REQUIREMENT: Final = "permission=IntrospectTokens"

_MOST_FIELDS = 16
_LONGEST_NAME: Final = len("%74%6f%6b%65%6e")
_LONGEST_VALUE: Final = 3 * 4096
"""Bytes, percent-encoded. Our tokens are much shorter, and the verifier knows no others."""
_FORM: Final = "application/x-www-form-urlencoded"


def asked_token(media_type: str, body: bytes) -> bytes | None:
    """Return the token that a form asks about; None unless there is exactly one.

    Decodes a value that is too long for any token only so far that its length shows: 64 KiB of escapes take 5 ms.
    """
    if media_type != _FORM or not body.isascii():
        return None
    fields = body.decode("ascii").split("&", _MOST_FIELDS)
    pairs = [field.partition("=") for field in fields]
    tokens = [value for name, _, value in pairs if len(name) <= _LONGEST_NAME and unquote_plus(name) == "token"]
    if len(fields) > _MOST_FIELDS or len(tokens) != 1:
        return None
    return unquote_plus(tokens[0][:_LONGEST_VALUE]).encode()


def bad_form() -> HttpAnswer:
    """Answer a body that does not contain exactly one token (RFC 6749 section 5.2)."""
    why = f"send one token, as {_FORM}"
    return json_answer(
        HTTPStatus.BAD_REQUEST.value, msgspec.json.encode({"error": "invalid_request", "error_description": why})
    )


def answer_introspection(result: AuthorizationResult) -> HttpAnswer:
    """Describe a good token. Say of any other token only that it is not active."""
    if isinstance(result, Allowed):
        return json_answer(HTTPStatus.OK.value, _active(result))
    answer = refusal_answer(result.refusal)
    if answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return answer
    return json_answer(HTTPStatus.OK.value, msgspec.json.encode({"active": False}))


def _active(allowed: Allowed) -> bytes:
    token = allowed.token
    return msgspec.json.encode(
        {
            "active": True,
            "scope": " ".join(allowed.effective_roles.roles),
            "client_id": token.credential_key,
            "sub": allowed.credential.uid,
            "token_type": "Bearer",
            "exp": int(token.ends_at),
            "iat": int(token.issued_at),
            "jti": token.token_id,
        }
    )
