"""Roles, and who uses them."""

from dataclasses import dataclass

from pharia_access.domain.administration.next_steps import ListRoles
from pharia_access.domain.administration.role_changes import role_problems
from pharia_access.domain.administration.stored import Stored
from pharia_access.domain.administration.summaries import CredentialSummary, RoleSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import ForbiddenError, NotFoundError
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.plans import BlockedError
from pharia_access.services.administration.queries import (
    Nothing,
    catalog_of,
    list_all,
    nothing_in,
    role_index,
    summaries,
)

__all__ = ["RoleUsers", "find_role", "users_of"]


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


async def find_role(context: Context, name: str) -> Stored[RoleSummary]:
    """Read a role. Raises BlockedError, which names the nearest one, if there is none."""
    try:
        return await context.objects.read(RoleSummary, ObjectKey("", name))
    except NotFoundError as error:
        (problem,) = role_problems([name], role_index(await catalog_of(context)), namespace=context.namespace)
        raise BlockedError(problem.removesuffix("."), ListRoles()) from error


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
