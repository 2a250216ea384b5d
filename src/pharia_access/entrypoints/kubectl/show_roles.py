"""Roles, listed and shown."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pharia_access.domain.administration.role_holders import why_not_in_force
from pharia_access.domain.administration.summaries import CredentialSummary, RoleSummary
from pharia_access.entrypoints.kubectl.listing import Column, TableSpec, list_objects, some_of, unseen
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.render import (
    line_of,
    print_fields,
    print_heading,
    print_object,
    print_section,
    print_table,
)
from pharia_access.services.administration.roles import RoleUsers, find_role, users_of

if TYPE_CHECKING:
    from pharia_access.bootstrap.cli import CliSession

__all__ = ["ROLES", "list_roles", "show"]

_NOT_UNDERSTOOD = "(invalid: grants nothing)"

ROLES: TableSpec[RoleSummary] = TableSpec(
    kind=RoleSummary,
    noun="roles",
    namespaced=False,
    columns=(
        Column("NAME", lambda shown, _: shown.name),
        Column("DISPLAY NAME", lambda shown, _: shown.display_name),
        Column("PERMISSIONS", lambda shown, _: _count(shown)),
        Column("NAMESPACES", lambda shown, _: some_of(shown.allowed_namespaces)),
        Column("ALL PERMISSIONS", lambda shown, _: _names(shown), wide=True),
        Column("ALL NAMESPACES", lambda shown, _: ",".join(shown.allowed_namespaces), wide=True),
        Column("DESCRIPTION", lambda shown, _: shown.description, wide=True),
    ),
)


async def list_roles(session: "CliSession", cli: CliOptions) -> None:
    """Print them."""
    await list_objects(session, cli, ROLES)


async def show(session: "CliSession", cli: CliOptions, name: str) -> None:
    """Print one with what it permits, and who uses it."""
    stored = await find_role(session.context, name)
    if not cli.for_people:
        print_object(stored.body, cli.output)
        return
    role, users = stored.summary, await users_of(session.context, name)
    where = _searched(users)
    print_fields(_fields(role))
    print_section("Permissions", [line_of(each) for each in role.role.permissions] if role.role else [_NOT_UNDERSTOOD])
    if users.credentials:
        print_heading(f"Credentials that name it{where}")
        print_table(*_table(users.credentials, role))
    else:
        print_section(f"Credentials that name it{where}", [])


def _searched(users: RoleUsers) -> str:
    """Where not all credentials could be looked at."""
    if not users.searched:
        return " (you may not list credentials)"
    where = f" in namespace {users.only_in} (you may not list credentials elsewhere)" if users.only_in else ""
    return where + (unseen(users.nothing) if users.nothing else "")


def _count(role: RoleSummary) -> str:
    return "invalid" if role.role is None else str(len(role.role.permissions))


def _names(role: RoleSummary) -> str:
    if role.role is None:
        return _NOT_UNDERSTOOD
    return ",".join(dict.fromkeys(permission.name for permission in role.role.permissions))


def _fields(role: RoleSummary) -> list[tuple[str, str]]:
    return [
        ("Name", role.name),
        ("Display name", role.display_name),
        ("Description", role.description),
        ("Namespaces", ", ".join(role.allowed_namespaces)),
    ]


def _table(users: Sequence[CredentialSummary], role: RoleSummary) -> tuple[list[str], list[list[str]]]:
    """With a column for what is in force: a credential may name a role that its namespace may not hold."""
    rows = [
        [user.key.namespace, user.key.name, str(user.counts.get("active", 0)), _in_force(user, role)] for user in users
    ]
    return ["NAMESPACE", "NAME", "TOKENS", "IN FORCE"], rows


def _in_force(user: CredentialSummary, role: RoleSummary) -> str:
    problem = why_not_in_force(role, user)
    return f"no ({problem})" if problem else "yes"
