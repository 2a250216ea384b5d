"""`GET /whoami`: describe the caller's own token."""

from http import HTTPStatus
from typing import Final

import msgspec

from pharia_access.domain.permissions import EffectiveRoles, Permission
from pharia_access.entrypoints.verifier.answers import HttpAnswer, json_answer
from pharia_access.entrypoints.verifier.long_work import PIECE_LOOKUPS, LongRequest
from pharia_access.services.verifier.verifier import Allowed

__all__ = ["answer_whoami", "takes_long"]

_MOST_STEPS: Final = 17
"""The most steps for one permission: its name, and 16 fields."""


def takes_long(effective_roles: EffectiveRoles) -> bool:
    """Tell whether the answer may take more than one piece."""
    return sum(len(role.permissions) for role in effective_roles.resolved) * _MOST_STEPS > PIECE_LOOKUPS


async def answer_whoami(allowed: Allowed, long: LongRequest) -> HttpAnswer:
    """Answer with the credential, the token's ID, roles, permissions and the end.

    Raises:
        OverloadedError: the answer takes long, and too much long work waits.
    """
    credential, token, roles = allowed.credential, allowed.token, allowed.effective_roles
    body = {
        "credential": {"namespace": credential.namespace, "name": credential.name, "uid": credential.uid},
        "tokenID": token.token_id,
        "roles": roles.roles,
        "permissions": await _permissions(roles, long),
        "expiresAt": token.ends_text,
    }
    return json_answer(HTTPStatus.OK.value, msgspec.json.encode(body))


async def _permissions(effective_roles: EffectiveRoles, long: LongRequest) -> list[msgspec.Raw]:
    """Return each permission once, as JSON. A credential may have 2,048 of them, with 16 fields each."""
    encoded: dict[Permission, msgspec.Raw] = {}
    steps = 0
    for permission in (permission for role in effective_roles.resolved for permission in role.permissions):
        steps += 1 + len(permission.fields)
        if steps > PIECE_LOOKUPS:
            await long.piece()
            steps = 0
        if permission not in encoded:
            encoded[permission] = msgspec.Raw(
                msgspec.json.encode({"permission": permission.name, **dict(permission.fields)})
            )
    return list(encoded.values())
