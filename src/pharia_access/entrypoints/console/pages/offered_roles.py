"""Roles to choose from: what each permits, and why this person cannot give it here."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from pharia_access.domain.administration.stored import Right
from pharia_access.domain.administration.summaries import RoleSummary
from pharia_access.domain.permissions import Permission, effective
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.queries import catalog_of, role_index

__all__ = ["OfferedRole", "offered", "permissions_of"]


@dataclass(frozen=True, slots=True)
class OfferedRole:
    """A role in the form; `problem`: why it cannot be added."""

    name: str
    description: str
    permissions: tuple[Permission, ...]
    chosen: bool
    problem: str


async def offered(context: Context, chosen: Collection[str], *, held: Collection[str] = ()) -> list[OfferedRole]:
    """All roles of the catalog, and those that are held and unknown. `held`: they may stay, whoever asks."""
    catalog = await catalog_of(context)
    known = [_offered(context, role, chosen) for role in catalog]
    rights = [context.objects.may(Right("bind", "apiroles", role.name), context.namespace) for role in known]
    grantable = await asyncio.gather(*rights)
    names = {role.name for role in known}
    unknown = [OfferedRole(name, "", (), name in chosen, "unknown role") for name in held if name not in names]
    return [
        *(_judged(role, may_grant=may or role.name in held) for role, may in zip(known, grantable, strict=True)),
        *unknown,
    ]


async def permissions_of(context: Context, roles: Collection[str]) -> tuple[Permission, ...]:
    """What these roles permit here, resolved."""
    catalog = role_index(await catalog_of(context))
    return effective(tuple(roles), catalog, namespace=context.namespace).permissions


def _offered(context: Context, summary: RoleSummary, chosen: Collection[str]) -> OfferedRole:
    role, problem = summary.role, ""
    if role is None:
        problem = "it cannot be understood, and grants nothing"
    elif not role.allows(context.namespace):
        problem = f"may not be held in {context.namespace}"
    description = summary.description or summary.display_name
    return OfferedRole(summary.name, description, role.permissions if role else (), summary.name in chosen, problem)


def _judged(role: OfferedRole, *, may_grant: bool) -> OfferedRole:
    if may_grant or role.problem:
        return role
    why = "you may not grant it (verb bind)"
    return OfferedRole(role.name, role.description, role.permissions, role.chosen, why)
