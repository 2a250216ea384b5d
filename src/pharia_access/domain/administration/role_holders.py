"""Which credentials hold a role, and of which it is not in force."""

from collections.abc import Iterable
from dataclasses import dataclass

from pharia_access.domain.administration.summaries import CredentialSummary, RoleSummary

__all__ = ["RoleHolder", "holders_of", "why_not_in_force"]


@dataclass(frozen=True, slots=True)
class RoleHolder:
    """A credential that names the role; `problem`: why it is not in force there, empty where it is."""

    credential: CredentialSummary
    problem: str = ""


def holders_of(role: RoleSummary, credentials: Iterable[CredentialSummary]) -> tuple[RoleHolder, ...]:
    """All of them, by name."""
    named = sorted((each for each in credentials if role.name in each.roles), key=lambda each: each.key)
    return tuple(RoleHolder(each, why_not_in_force(role, each)) for each in named)


def why_not_in_force(role: RoleSummary, credential: CredentialSummary) -> str:
    """Why the role grants the credential's tokens nothing; empty where it does."""
    if role.role is None:
        return "the role is invalid"
    if not role.role.allows(credential.key.namespace):
        return f"not allowed in {credential.key.namespace}"
    if credential.deleting:
        return "being deleted"
    return "suspended" if credential.suspended else ""
