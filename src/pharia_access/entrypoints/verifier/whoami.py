"""`GET /whoami`: describe the caller's own token. People ask with curl, so a refusal has a body here, too."""

from http import HTTPStatus
from typing import Final

import msgspec

from pharia_access.domain.permissions import EffectiveRoles, Permission
from pharia_access.domain.verdict import Refusal
from pharia_access.entrypoints.verifier.answers import HttpAnswer, json_answer, refusals_in_json
from pharia_access.entrypoints.verifier.held_permissions import held_permissions
from pharia_access.entrypoints.verifier.long_work import PIECE_LOOKUPS, LongRequest
from pharia_access.services.verifier.verifier import Allowed

__all__ = ["answer_whoami", "refuse", "takes_long"]

_MOST_STEPS: Final = 17
"""The most steps for one permission: its name, and 16 fields."""
_NO_TOKEN: Final = ("no_token", "Send the token in the header: Authorization: Bearer TOKEN")
_ERRORS: Final = {
    HTTPStatus.BAD_REQUEST.value: ("invalid_request", "The request has more than one token"),
    HTTPStatus.UNAUTHORIZED.value: ("invalid_token", "The token is not accepted"),
    HTTPStatus.FORBIDDEN.value: ("insufficient_scope", "The token may not do this"),
    HTTPStatus.SERVICE_UNAVAILABLE.value: ("temporarily_unavailable", "The verifier cannot answer now: ask again"),
}
_REFUSALS: Final = refusals_in_json(_ERRORS, _NO_TOKEN)


def takes_long(effective_roles: EffectiveRoles) -> bool:
    """Tell whether the answer may take more than one piece."""
    return sum(len(role.permissions) for role in effective_roles.resolved) * _MOST_STEPS > PIECE_LOOKUPS


def refuse(refusal: Refusal) -> HttpAnswer:
    """Return the refusal of every protocol, with a body that says no more than its status and headers."""
    return _REFUSALS[refusal]


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
        "permissions": await held_permissions(roles, long, _as_data),
        "expiresAt": token.ends_text,
    }
    return json_answer(HTTPStatus.OK.value, msgspec.json.encode(body))


def _as_data(permission: Permission) -> dict[str, str]:
    return {"permission": permission.name, **dict(permission.fields)}
