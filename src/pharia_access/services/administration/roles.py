"""Roles, and who uses them."""

from dataclasses import dataclass

from pharia_access.domain.administration.next_steps import ListRoles
from pharia_access.domain.administration.role_changes import role_problems
from pharia_access.domain.administration.role_holders import RoleHolder, holders_of
from pharia_access.domain.administration.stored import Stored
from pharia_access.domain.administration.summaries import CredentialSummary, RoleSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import ForbiddenError, NotFoundError
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.plans import MissingError
from pharia_access.services.administration.queries import (
    Nothing,
    catalog_of,
    list_all,
    nothing_in,
    role_index,
    summaries,
)

__all__ = ["HeldRole", "HeldRoles", "RoleUsers", "find_role", "held_roles", "users_of"]


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
    """Read a role. Raises MissingError, which names the nearest one, if there is none."""
    try:
        return await context.objects.read(RoleSummary, ObjectKey("", name))
    except NotFoundError as error:
        (problem,) = role_problems([name], role_index(await catalog_of(context)), namespace=context.namespace)
        raise MissingError(problem.removesuffix("."), ListRoles()) from error


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role, and the credentials that name it."""

    role: RoleSummary
    holders: tuple[RoleHolder, ...]


@dataclass(frozen=True, slots=True)
class HeldRoles:
    """The catalog with who holds what.

    Attributes:
        only_in: the one namespace whose credentials could be searched; None where all were, or none could be.
        unseen: why credentials could not be listed at all; None where they could.
    """

    roles: tuple[HeldRole, ...]
    only_in: str | None = None
    unseen: ForbiddenError | None = None


async def users_of(context: Context, role: str) -> RoleUsers:
    """Search all namespaces, or else the one at hand. Raises BlockedError where there is no such namespace."""
    try:
        found, only_in = await _credentials(context)
    except ForbiddenError:
        return RoleUsers(searched=False)
    nothing = None if found else await nothing_in(context, only_in)
    users = sorted((each for each in found if role in each.roles), key=lambda each: each.key)
    return RoleUsers(tuple(users), only_in=only_in, nothing=nothing)


async def held_roles(context: Context, name: str = "") -> HeldRoles:
    """The whole catalog, or one role of it. Raises ForbiddenError where roles may not be read, and as `find_role`."""
    catalog = [(await find_role(context, name)).summary] if name else await catalog_of(context)
    try:
        found, only_in = await _credentials(context)
    except ForbiddenError as error:
        return HeldRoles(tuple(HeldRole(role, ()) for role in catalog), unseen=error)
    return HeldRoles(tuple(HeldRole(role, holders_of(role, found)) for role in catalog), only_in)


async def _credentials(context: Context) -> tuple[list[CredentialSummary], str | None]:
    """Those of all namespaces, or else of the one at hand, which is named then. Raises ForbiddenError."""
    try:
        return await _listed(context, None), None
    except ForbiddenError:
        return await _listed(context, context.namespace), context.namespace


async def _listed(context: Context, namespace: str | None) -> list[CredentialSummary]:
    return await list_all(context, context.objects.pages(CredentialSummary, namespace), summaries, "credentials")
