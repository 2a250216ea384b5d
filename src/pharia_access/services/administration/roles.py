"""Roles, and who uses them."""

from dataclasses import dataclass

from pharia_access.domain.administration.summaries import CredentialSummary
from pharia_access.errors import ForbiddenError
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.queries import Nothing, list_all, nothing_in, summaries

__all__ = ["RoleUsers", "users_of"]


@dataclass(frozen=True, slots=True)
class RoleUsers:
    """The credentials that name a role.

    Attributes:
        only_in: the one namespace that could be searched; None where all were, or none could be.
        searched: whether credentials could be listed at all.
        nothing: where nothing at all was found in that namespace.
    """

    credentials: tuple[CredentialSummary, ...] = ()
    only_in: str | None = None
    searched: bool = True
    nothing: Nothing | None = None


async def users_of(context: Context, role: str) -> RoleUsers:
    """Search all namespaces, or else the one at hand. Raises BlockedError where there is no such namespace."""
    for namespace in (None, context.namespace):
        pages = context.objects.pages(CredentialSummary, namespace)
        try:
            found = await list_all(context, pages, summaries, "credentials")
        except ForbiddenError:
            continue
        nothing = None if found else await nothing_in(context, namespace)
        users = sorted((each for each in found if role in each.roles), key=lambda each: each.key)
        return RoleUsers(tuple(users), only_in=namespace, nothing=nothing)
    return RoleUsers(searched=False)
