"""The operator with more rights than the chart gives it: there the policies must refuse, not RBAC."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.control_plane.api import OPERATOR, rule

if TYPE_CHECKING:
    from tools.control_plane.api import Api

__all__ = ["unrestrained"]

OURS = "access.pharia.ai"
RIGHTS = (
    rule("", "secrets", "create", "update", "patch", "delete", "deletecollection"),
    rule(OURS, "apitokens", "create", "get", "update", "patch", "delete"),
    rule(OURS, "apicredentials", "create", "get", "update", "patch", "delete"),
    rule(OURS, "workloadtokens", "create", "get", "update", "patch", "delete"),
    rule(OURS, "apicredentials/token", "create"),
    rule(OURS, "apiroles", "bind"),
)
"""Still no get, list or watch on Secrets."""


def unrestrained(admin: Api, namespace: str) -> Api:
    """The operator's account, with all these rights in a namespace."""
    admin.grant(OPERATOR, namespace, *RIGHTS)
    return admin.as_user(OPERATOR)
