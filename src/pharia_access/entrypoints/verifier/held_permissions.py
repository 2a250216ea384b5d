"""The permissions of a token as JSON, in pieces: a credential may have 2,048 of them, with 16 fields each."""

from collections.abc import Callable

import msgspec

from pharia_access.domain.permissions import EffectiveRoles, Permission
from pharia_access.entrypoints.verifier.long_work import PIECE_LOOKUPS, LongRequest

__all__ = ["held_permissions"]


async def held_permissions(
    effective_roles: EffectiveRoles, long: LongRequest, as_data: Callable[[Permission], object]
) -> list[msgspec.Raw]:
    """Return each permission once, in the words of the protocol. Raises OverloadedError."""
    encoded: dict[Permission, msgspec.Raw] = {}
    steps = 0
    for permission in (permission for role in effective_roles.resolved for permission in role.permissions):
        steps += 1 + len(permission.fields)
        if steps > PIECE_LOOKUPS:
            await long.piece()
            steps = 0
        if permission not in encoded:
            encoded[permission] = msgspec.Raw(msgspec.json.encode(as_data(permission)))
    return list(encoded.values())
