"""`POST /oauth2/introspect`: RFC 7662, for resource servers that speak OAuth.

The caller needs a token of its own whose credential holds the permission IntrospectTokens: otherwise this would be a
place to try out tokens (section 4).
"""

from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

import msgspec

from pharia_access.domain.verification import Refusal
from pharia_access.entrypoints.verifier.answers import Answer, json_answer, refusal_answer
from pharia_access.services.gate import Decision
from pharia_access.services.verifier import Accepted

__all__ = ["CALLER_REQUIREMENT", "answer_introspection", "asked_token", "bad_form", "refuse_caller"]

CALLER_REQUIREMENT: Final = "permission=IntrospectTokens"

_MOST_FIELDS = 16
_FORM: Final = "application/x-www-form-urlencoded"


def asked_token(media_type: str, body: bytes) -> bytes | None:
    """The token that a form asks about; None unless there is exactly one."""
    if media_type != _FORM:
        return None
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return None
    tokens = [value for name, value in fields if name == "token"]
    return tokens[0].encode() if len(tokens) == 1 else None


def bad_form() -> Answer:
    """The answer to a body without one token in it (RFC 6749 section 5.2)."""
    why = f"send one token, as {_FORM}"
    return json_answer(
        HTTPStatus.BAD_REQUEST.value, msgspec.json.encode({"error": "invalid_request", "error_description": why})
    )


def refuse_caller(refusal: Refusal) -> Answer:
    """The answer to a caller who may not ask."""
    return refusal_answer(refusal)


def answer_introspection(decision: Decision) -> Answer:
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
