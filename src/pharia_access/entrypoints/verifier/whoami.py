"""`GET /whoami`: for a person or a program that holds a token and asks what it is worth."""

from http import HTTPStatus
from typing import Final

import msgspec

from pharia_access.domain.permissions import EffectiveRoles, Permission
from pharia_access.entrypoints.verifier.answers import HttpAnswer, json_answer
from pharia_access.entrypoints.verifier.long_work import PIECE_LOOKUPS, LongRequest
from pharia_access.services.verifier.verifier import Allowed

__all__ = ["answer_whoami", "tells_much"]

_MOST_STEPS: Final = 17
"""For one permission: its name, and 16 fields."""


def tells_much(effective_roles: EffectiveRoles) -> bool:
    """Whether telling it may take more than one piece."""
    return sum(len(role.permissions) for role in effective_roles.held) * _MOST_STEPS > PIECE_LOOKUPS


async def answer_whoami(allowed: Allowed, long: LongRequest) -> HttpAnswer:
    """The credential, the token's ID, roles, permissions and the end.

    Raises:
        OverloadedError: it takes long, and too much of that waits.
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
    """Each once, as JSON. A credential may have 2,048 of them, with 16 fields each."""
    told: dict[Permission, msgspec.Raw] = {}
    steps = 0
    for permission in (permission for role in effective_roles.held for permission in role.permissions):
        steps += 1 + len(permission.fields)
        if steps > PIECE_LOOKUPS:
            await long.piece()
            steps = 0
        if permission not in told:
            told[permission] = msgspec.Raw(
                msgspec.json.encode({"permission": permission.name, **dict(permission.fields)})
            )
    return list(told.values())
