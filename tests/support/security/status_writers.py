"""Who writes status on a control plane: with the rights of the chart's roles, so that admission alone decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tools.control_plane.api import rule

if TYPE_CHECKING:
    from tools.control_plane.api import Api

__all__ = ["RESTRAINED", "status_writer"]

_WRITES_STATUS: Final = rule("access.pharia.ai", "*/status", "update", "patch")
RESTRAINED: Final = (
    "the verifier may change status.lastUsedTime and status.lastInspectedTime of an ApiToken,"
    " status.lastUsedTimes of an ApiCredential, and nothing else"
)
"""What the verifier is told."""


def status_writer(admin: Api, user: str, namespace: str) -> Api:
    """Somebody who may write every status there, as far as RBAC goes."""
    admin.grant(user, namespace, _WRITES_STATUS)
    return admin.as_user(user)
