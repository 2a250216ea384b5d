"""Credentials, created and changed: planned, asked about, carried out, told."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from pharia_access.domain.administration.lifetime_input import format_length
from pharia_access.domain.administration.next_steps import ListRoles
from pharia_access.domain.holders import audience_of
from pharia_access.entrypoints.kubectl.next_steps import in_words
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.prompts import is_terminal, present, print_lines, select
from pharia_access.entrypoints.kubectl.results import print_deletion, print_result
from pharia_access.services.administration import credentials, holders
from pharia_access.services.administration.plans import BlockedError

if TYPE_CHECKING:
    from pharia_access.bootstrap.cli import CliSession

__all__ = ["add_holders", "create", "delete", "edit", "remove_holders", "resume", "suspend"]

Json = dict[str, Any]
Replaced = Callable[[tuple[str, ...]], Iterable[str]]


async def create(session: "CliSession", cli: CliOptions, name: str, roles: tuple[str, ...], spec: Json) -> None:
    """Create one; without roles a person chooses."""
    context = session.context
    plan = await credentials.plan_creation(context, name, roles or await _chosen(session), spec)
    created = await credentials.create(context, plan)
    print_result(cli, created, "created")
    if not cli.dry_run:
        life = format_length(credentials.first_lifetime(created.summary))
        place = f"-n {context.namespace}{session.options}"
        print_lines(f"Next: kubectl access token create {name} --expires {life} {place}")


async def _chosen(session: "CliSession") -> tuple[str, ...]:
    if not is_terminal():
        msg = "A credential needs a role: give one with --role"
        raise BlockedError(msg, ListRoles())
    offered = await credentials.offered_roles(session.context)
    return select("Which roles", [(role.name, role.description) for role in offered])


async def edit(session: "CliSession", cli: CliOptions, name: str, spec: Json, replaced: Replaced | None) -> None:
    """Change fields of its spec, and its roles where `replaced` says how."""
    plan = await credentials.plan_edit(session.context, name, spec, replaced, force=cli.force)
    await _carry_out(session, cli, plan, "changed")


async def add_holders(session: "CliSession", cli: CliOptions, name: str, accounts: tuple[str, ...]) -> None:
    """Let ServiceAccounts hold it, and tell where their pods get the token."""
    plan = await holders.plan_addition(session.context, name, accounts, force=cli.force)
    await _carry_out(session, cli, plan, "changed")
    print_lines(*in_words(plan.next_steps, session.options))
    if plan.spec and cli.for_people and not cli.dry_run:
        print_lines(f"Next: project a token with the audience {audience_of(name)} into their pods")


async def remove_holders(session: "CliSession", cli: CliOptions, name: str, accounts: tuple[str, ...]) -> None:
    """Take it away from ServiceAccounts."""
    plan = await holders.plan_removal(session.context, name, accounts, force=cli.force)
    await _carry_out(session, cli, plan, "changed")


async def suspend(session: "CliSession", cli: CliOptions, name: str) -> None:
    """Let none of its tokens pass."""
    plan = await credentials.plan_suspension(session.context, name, suspended=True, force=cli.force)
    await _carry_out(session, cli, plan, "suspended")


async def resume(session: "CliSession", cli: CliOptions, name: str) -> None:
    """Let them pass again."""
    plan = await credentials.plan_suspension(session.context, name, suspended=False, force=cli.force)
    await _carry_out(session, cli, plan, "resumed")


async def delete(session: "CliSession", cli: CliOptions, name: str) -> None:
    """Delete it, and so its tokens."""
    plan = await credentials.plan_deletion(session.context, name, force=cli.force)
    present(cli, plan)
    print_deletion(cli, plan.credential, await credentials.delete(session.context, plan))


async def _carry_out(session: "CliSession", cli: CliOptions, plan: credentials.ChangePlan, done: str) -> None:
    present(cli, plan)
    if plan.spec:
        print_result(cli, await credentials.edit(session.context, plan), done)
