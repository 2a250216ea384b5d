"""`POST /oauth2/introspect`: RFC 7662, for resource servers that speak OAuth.

The caller needs a token of its own whose credential holds the permission IntrospectTokens: otherwise this would be a
place to try out tokens (section 4).
"""

from http import HTTPStatus
from typing import Final
from urllib.parse import unquote_plus

import msgspec

from pharia_access.domain.verdict import Refusal
from pharia_access.entrypoints.verifier.answers import HttpAnswer, json_answer, refusal_answer
from pharia_access.services.verifier.authorizer import AuthorizationResult
from pharia_access.services.verifier.verifier import Accepted

__all__ = ["CALLER_REQUIREMENT", "answer_introspection", "asked_token", "bad_form", "refuse_caller"]

CALLER_REQUIREMENT: Final = "permission=IntrospectTokens"

_MOST_FIELDS = 16
_LONGEST_NAME: Final = len("%74%6f%6b%65%6e")
_LONGEST_VALUE: Final = 3 * 4096
"""Escaped. Tokens of ours are shorter by far; others are not known either way."""
_FORM: Final = "application/x-www-form-urlencoded"


def asked_token(media_type: str, body: bytes) -> bytes | None:
    """The token that a form asks about; None unless there is exactly one.

    Of a value that is too long for any token, only as much is decoded as shows it: 64 KiB of escapes take 5 ms.
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
    """The answer to a body without one token in it (RFC 6749 section 5.2)."""
    why = f"send one token, as {_FORM}"
    return json_answer(
        HTTPStatus.BAD_REQUEST.value, msgspec.json.encode({"error": "invalid_request", "error_description": why})
    )


def refuse_caller(refusal: Refusal) -> HttpAnswer:
    """The answer to a caller who may not ask."""
    return refusal_answer(refusal)


def answer_introspection(decision: AuthorizationResult) -> HttpAnswer:
    """What is known of the token; of one that is not good, nothing but that."""
    if decision.accepted is not None:
        return json_answer(HTTPStatus.OK.value, _active(decision.accepted))
    answer = refusal_answer(decision.refusal or Refusal.OVERLOADED)
    if answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return answer
    return json_answer(HTTPStatus.OK.value, msgspec.json.encode({"active": False}))


def _active(accepted: Accepted) -> bytes:
    token = accepted.token
    return msgspec.json.encode(
        {
            "active": True,
            "scope": " ".join(accepted.held.roles),
            "client_id": token.credential,
            "sub": accepted.holder.uid,
            "token_type": "Bearer",
            "exp": int(token.ends_at),
            "iat": int(token.issued_at),
            "jti": token.token_id,
        }
    )
