"""Roles, listed and shown."""

from pharia_access.bootstrap.cli import CliSession
from pharia_access.domain.administration.summaries import CredentialSummary, RoleSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.work.emptiness import require_namespace
from pharia_access.entrypoints.kubectl.work.listing import Column, TableSpec, list_all, list_objects
from pharia_access.entrypoints.kubectl.work.render import (
    line_of,
    print_fields,
    print_heading,
    print_object,
    print_section,
    print_table,
)
from pharia_access.errors import ForbiddenError
from pharia_access.kube.administration.summaries import credential_summary, role_summary

__all__ = ["ROLES", "list_roles", "show"]

_NOT_UNDERSTOOD = "(not understood: grants nothing)"

ROLES: TableSpec[RoleSummary] = TableSpec(
    kind="ApiRole",
    noun="roles",
    read=role_summary,
    namespaced=False,
    columns=(
        Column("NAME", lambda shown, _: shown.name),
        Column("DISPLAY NAME", lambda shown, _: shown.display_name),
        Column("PERMISSIONS", lambda shown, _: _names(shown)),
        Column("NAMESPACES", lambda shown, _: ",".join(shown.allowed_namespaces)),
        Column("DESCRIPTION", lambda shown, _: shown.description, wide=True),
    ),
)


async def list_roles(session: CliSession, choices: CliOptions) -> None:
    """Print them."""
    await list_objects(session, choices, ROLES)


async def show(session: CliSession, choices: CliOptions, name: str) -> None:
    """Print one with what it permits, and who uses it."""
    body = await session.objects.read("ApiRole", ObjectKey("", name))
    if not choices.for_people:
        print_object(body, choices.output)
        return
    role = role_summary(body)
    users, where = await _users(session, name)
    print_fields(_fields(role))
    print_section("Permissions", [line_of(each) for each in role.role.permissions] if role.role else [_NOT_UNDERSTOOD])
    if users:
        print_heading(f"Credentials that name it{where}")
        print_table(*_table(users, role))
    else:
        print_section(f"Credentials that name it{where}", [])


async def _users(session: CliSession, name: str) -> tuple[list[CredentialSummary], str]:
    """The credentials that name it, and where not all of them could be looked for."""
    may_not = "you may not list credentials elsewhere"
    for namespace, where in ((None, ""), (session.namespace, f" in namespace {session.namespace} ({may_not})")):
        try:
            found = await list_all(session.objects.pages("ApiCredential", namespace), credential_summary, "credentials")
        except ForbiddenError:
            continue
        unseen = "" if found else await require_namespace(session, namespace)
        return sorted((each for each in found if name in each.roles), key=lambda each: each.key), where + unseen
    return [], " (you may not list credentials)"


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


def _table(users: list[CredentialSummary], role: RoleSummary) -> tuple[list[str], list[list[str]]]:
    """With a column for what is in force: a credential may name a role that its namespace may not hold."""
    rows = [
        [user.key.namespace, user.key.name, str(user.counts.get("active", 0)), _in_force(user, role)] for user in users
    ]
    return ["NAMESPACE", "NAME", "TOKENS", "IN FORCE"], rows


def _in_force(user: CredentialSummary, role: RoleSummary) -> str:
    if role.role is None or not role.role.allows(user.key.namespace):
        return "no"
    return "no (suspended)" if user.suspended else "yes"
