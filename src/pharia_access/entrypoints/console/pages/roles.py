"""The catalog of roles: what each permits, where it may be held, and who holds it."""

from typing import Final

from pharia_access.domain.grammar import counted
from pharia_access.entrypoints.console.commands import command
from pharia_access.entrypoints.console.failures import explain
from pharia_access.entrypoints.console.visits import Follows, Page, Visit
from pharia_access.services.administration.roles import HeldRole, HeldRoles, held_roles

__all__ = ["show", "show_all"]

_MOST: Final = 200
"""Holders on a page; of more, the command line tells all."""


async def show_all(visit: Visit) -> Page:
    """Show the catalog. Raises ForbiddenError."""
    found = await held_roles(visit.context)
    values = {
        "rows": [(held.role, _places(held), _holders(held)) for held in found.roles],
        "seen": found.unseen is None,
        **_scope(found),
    }
    return Page("role-list", "Roles", values, command(visit, "role", "list"), follows=_followed(found))


async def show(visit: Visit) -> Page:
    """Show one. Raises BlockedError if there is none."""
    found = await held_roles(visit.context, visit.name)
    (held,) = found.roles
    values = {
        "role": held.role,
        "places": _places(held),
        # What is not in force comes first: it is what somebody has to look at.
        "holders": sorted(held.holders, key=lambda holder: not holder.problem)[:_MOST],
        "count": _holders(held),
        "more": max(len(held.holders) - _MOST, 0),
        **_scope(found),
    }
    title, shown = held.role.display_name or held.role.name, command(visit, "role", "get", visit.name)
    return Page("role", title, values, shown, follows=_followed(found))


def _scope(found: HeldRoles) -> dict[str, object]:
    return {"only_in": found.only_in, "unseen": None if found.unseen is None else explain(found.unseen)}


def _followed(found: HeldRoles) -> Follows:
    """What changes the page; of credentials that may not be listed nothing does."""
    kinds = ("roles",) if found.unseen else ("credentials", "roles")
    return Follows(kinds, everywhere=found.only_in is None and found.unseen is None)


def _places(held: HeldRole) -> str:
    allowed = held.role.allowed_namespaces
    return "every namespace" if "*" in allowed else ", ".join(allowed) or "no namespace"


def _holders(held: HeldRole) -> str:
    idle = sum(bool(holder.problem) for holder in held.holders)
    told = counted(len(held.holders), "credential") if held.holders else "no credential"
    return f"{told}, {idle} not in force" if idle else told
