"""What commands read before they decide."""

from collections.abc import Iterable, Mapping

from pharia_access.bootstrap.person import Desk
from pharia_access.domain.permissions import Role
from pharia_access.domain.summaries import RoleSummary, TokenSummary
from pharia_access.entrypoints.kubectl.work.listing import gathered
from pharia_access.kube.summaries import role_summary, token_summary

__all__ = ["catalogue_of", "granting", "tokens_of"]


async def tokens_of(desk: Desk, credential: str) -> list[TokenSummary]:
    """A credential's tokens, the oldest first."""
    selector = f"spec.credentialRef.name={credential}"
    tokens = await gathered(desk.objects.pages("ApiToken", desk.namespace, fields=selector), token_summary, "tokens")
    return sorted(tokens, key=lambda token: (token.created is None, token.created, token.key))


async def catalogue_of(desk: Desk) -> list[RoleSummary]:
    """All roles, by name."""
    roles = await gathered(desk.objects.pages("ApiRole", None), role_summary, "roles")
    return sorted(roles, key=lambda role: role.name)


def granting(catalogue: Iterable[RoleSummary]) -> Mapping[str, Role]:
    """What each role grants; without those that cannot be understood."""
    return {role.name: role.role for role in catalogue if role.role is not None}
