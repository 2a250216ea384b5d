"""What commands read before they decide."""

from collections.abc import Iterable, Mapping

from pharia_access.bootstrap.cli import CliSession
from pharia_access.domain.administration.summaries import RoleSummary, TokenSummary
from pharia_access.domain.permissions import Role
from pharia_access.entrypoints.kubectl.work.listing import list_all
from pharia_access.kube.administration.summaries import role_summary, token_summary

__all__ = ["catalog_of", "role_index", "tokens_of"]


async def tokens_of(session: CliSession, credential: str) -> list[TokenSummary]:
    """A credential's tokens, the oldest first."""
    selector = f"spec.credentialRef.name={credential}"
    tokens = await list_all(
        session.objects.pages("ApiToken", session.namespace, fields=selector), token_summary, "tokens"
    )
    return sorted(tokens, key=lambda token: (token.created is None, token.created, token.key))


async def catalog_of(session: CliSession) -> list[RoleSummary]:
    """All roles, by name."""
    roles = await list_all(session.objects.pages("ApiRole", None), role_summary, "roles")
    return sorted(roles, key=lambda role: role.name)


def role_index(catalog: Iterable[RoleSummary]) -> Mapping[str, Role]:
    """What each role grants; without those that cannot be understood."""
    return {role.name: role.role for role in catalog if role.role is not None}
