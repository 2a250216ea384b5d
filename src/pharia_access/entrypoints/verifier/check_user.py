"""`POST /check_user`: answer the question that PhariaAI's services ask of Pharia IAM, as Pharia IAM does.

The contract follows `src/iam.rs` of pharia-common-rs and its recorded exchanges. A missing permission is no error: the
answer leaves it out, and the client compares.
"""

from http import HTTPStatus

import msgspec

from pharia_access.domain.permissions import Permission
from pharia_access.domain.verdict import Refusal
from pharia_access.entrypoints.verifier.answers import HttpAnswer, json_answer, refusal_answer
from pharia_access.entrypoints.verifier.long_work import PIECE_LOOKUPS, SHORT_BYTES, LongRequest
from pharia_access.services.verifier.verifier import Allowed

__all__ = ["answer_check_user", "refuse"]

_INVALID = msgspec.json.encode({"error": "unauthenticated", "error_description": "Invalid token"})
_MOST_PERMISSIONS = 256

Asked = dict[str, str | None]


class _Question(msgspec.Struct):
    permissions: list[Asked]


_decoder = msgspec.json.Decoder(_Question)


def refuse(refusal: Refusal) -> HttpAnswer:
    """Answer a bad token: 401, or 503."""
    answer = refusal_answer(refusal)
    if answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return answer
    challenge = tuple(header for header in answer.headers if header[0] == b"www-authenticate")
    return json_answer(HTTPStatus.UNAUTHORIZED.value, _INVALID, headers=challenge)


async def answer_check_user(allowed: Allowed, body: bytes, long: LongRequest) -> HttpAnswer:
    """Answer 200 with the asked permissions that the credential has, or 422 to a malformed body.

    Raises:
        OverloadedError: the answer takes long, and too much long work waits.
    """
    if len(body) > SHORT_BYTES:
        await long.piece()
    try:
        asked = _decoder.decode(body).permissions
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _malformed('the body must be {"permissions": [{"permission": NAME, FIELD: TEXT or null, …}, …]}')
    if len(asked) > _MOST_PERMISSIONS or not all(entry.get("permission") for entry in asked):
        return _malformed(f"each permission needs a name, and there may be {_MOST_PERMISSIONS} at most")
    return json_answer(HTTPStatus.OK.value, await _held(allowed, asked, long))


async def _held(allowed: Allowed, asked: list[Asked], long: LongRequest) -> bytes:
    """Return the answer. Looks equal entries up once."""
    roles, known, mine, lookups = allowed.effective_roles, dict[Permission, bool](), list[Asked](), 0
    for entry in asked:
        lookups += len(entry) * (len(roles.roles) + 1)
        if lookups > PIECE_LOOKUPS:
            await long.piece()
            lookups = 0
        permission = _permission(entry)
        if permission not in known:
            known[permission] = roles.grants(permission)
        if known[permission]:
            mine.append(entry)
    who = {"sub": allowed.credential.uid, "email": None, "email_verified": None}
    return msgspec.json.encode({**who, "permissions": mine})


def _permission(entry: Asked) -> Permission:
    """Read an entry. A field that is null counts as absent."""
    fields = ((name, value) for name, value in entry.items() if name != "permission" and value is not None)
    return Permission(entry["permission"] or "", tuple(fields))


def _malformed(why: str) -> HttpAnswer:
    body = msgspec.json.encode({"error": "invalid_request", "error_description": why})
    return json_answer(HTTPStatus.UNPROCESSABLE_ENTITY.value, body)
