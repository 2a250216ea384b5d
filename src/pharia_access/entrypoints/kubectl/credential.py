"""`kubectl access credential …`: the commands. What they run is imported when one is."""

from collections.abc import Mapping
from typing import Any

import click

from pharia_access.domain.durations import format_duration
from pharia_access.entrypoints.kubectl.completion import names_of
from pharia_access.entrypoints.kubectl.lifetime_params import LENGTH
from pharia_access.entrypoints.kubectl.named import ACCOUNT, NAME
from pharia_access.entrypoints.kubectl.options import (
    CliOptions,
    combine,
    destructive_options,
    list_options,
    object_options,
    write_options,
)
from pharia_access.entrypoints.kubectl.session import run_in_session
from pharia_access.entrypoints.kubectl.spelling import Group

__all__ = ["credential"]

Json = dict[str, Any]

_name = click.argument("name", type=NAME, shell_complete=names_of("ApiCredential"))
_role = click.option(
    "--role",
    "roles",
    type=NAME,
    multiple=True,
    metavar="ROLE",
    shell_complete=names_of("ApiRole"),
    help="Role of the credential; may be repeated.",
)
_described = combine(
    click.option("--display-name", metavar="TEXT", help="Name for people."),
    click.option("--description", metavar="TEXT", help="Purpose of the credential."),
    click.option(
        "--default-ttl", type=LENGTH, metavar="LENGTH", help="Lifetime of tokens that name none, for example 90d."
    ),
    click.option("--max-ttl", type=LENGTH, metavar="LENGTH", help="Longest lifetime of a token."),
    click.option("--max-tokens", type=click.IntRange(min=1), metavar="NUMBER", help="Largest number of active tokens."),
)


@click.group(cls=Group)
def credential() -> None:
    """Credentials: named sets of roles. Each token belongs to one."""


@credential.command("list")
@list_options
@click.pass_obj
def list_credentials(cli: CliOptions) -> None:
    """List credentials with their roles and the number of active tokens."""
    from pharia_access.entrypoints.kubectl.show_credentials import list_credentials as work

    run_in_session(cli, work)


@credential.command()
@_name
@object_options
@click.pass_obj
def get(cli: CliOptions, name: str) -> None:
    """Show a credential with its roles, permissions and tokens."""
    from pharia_access.entrypoints.kubectl.show_credentials import show as work

    run_in_session(cli, work, name)


@credential.command()
@click.argument("name", type=NAME)
@_role
@_described
@write_options
@click.pass_obj
def create(cli: CliOptions, /, name: str, roles: tuple[str, ...], **described: Any) -> None:  # noqa: ANN401 - see _described
    """Create a credential. Without --role, choose from the catalog at a terminal."""
    from pharia_access.entrypoints.kubectl.change_credentials import create as work

    run_in_session(cli, work, name, roles, _spec(described))


@credential.command()
@_name
@_role
@_described
@destructive_options
@click.pass_obj
def edit(cli: CliOptions, /, name: str, roles: tuple[str, ...], **described: Any) -> None:  # noqa: ANN401 - see _described
    """Change a credential. --role replaces all its roles, immediately for all its tokens."""
    spec = _spec(described)
    if not roles and not spec:
        msg = "Nothing to change: give an option such as --description (see --help)"
        raise click.UsageError(msg)
    replaced = (lambda _: roles) if roles else None
    from pharia_access.entrypoints.kubectl.change_credentials import edit as work

    run_in_session(cli, work, name, spec, replaced)


@credential.group()
def roles() -> None:
    """Add or remove roles of a credential, immediately for all its tokens."""


@roles.command()
@_name
@click.argument("roles", type=NAME, nargs=-1, required=True, metavar="ROLE...", shell_complete=names_of("ApiRole"))
@destructive_options
@click.pass_obj
def add(cli: CliOptions, name: str, roles: tuple[str, ...]) -> None:
    """Add roles to a credential. All its tokens have them immediately."""
    from pharia_access.entrypoints.kubectl.change_credentials import edit as work

    run_in_session(cli, work, name, {}, lambda before: (*before, *roles))


@roles.command()
@_name
@click.argument("roles", type=NAME, nargs=-1, required=True, metavar="ROLE...")
@destructive_options
@click.pass_obj
def remove(cli: CliOptions, name: str, roles: tuple[str, ...]) -> None:
    """Remove roles from a credential. All its tokens lose them immediately."""
    from pharia_access.entrypoints.kubectl.change_credentials import edit as work

    run_in_session(cli, work, name, {}, lambda before: [role for role in before if role not in roles])


_accounts = click.argument("accounts", type=ACCOUNT, nargs=-1, required=True, metavar="ACCOUNT...")


@credential.group()
def holders() -> None:
    """ServiceAccounts that hold a credential. Their pods need no token."""


@holders.command("add")
@_name
@_accounts
@destructive_options
@click.pass_obj
def add_holders(cli: CliOptions, name: str, accounts: tuple[str, ...]) -> None:
    """Let ServiceAccounts of the namespace hold a credential."""
    from pharia_access.entrypoints.kubectl.change_credentials import add_holders as work

    run_in_session(cli, work, name, accounts)


@holders.command("remove")
@_name
@_accounts
@destructive_options
@click.pass_obj
def remove_holders(cli: CliOptions, name: str, accounts: tuple[str, ...]) -> None:
    """Remove holders of a credential. Their pods are refused immediately."""
    from pharia_access.entrypoints.kubectl.change_credentials import remove_holders as work

    run_in_session(cli, work, name, accounts)


@credential.command()
@_name
@destructive_options
@click.pass_obj
def suspend(cli: CliOptions, name: str) -> None:
    """Suspend a credential. Its tokens are refused until it is resumed."""
    from pharia_access.entrypoints.kubectl.change_credentials import suspend as work

    run_in_session(cli, work, name)


@credential.command()
@_name
@write_options
@click.pass_obj
def resume(cli: CliOptions, name: str) -> None:
    """Resume a suspended credential. Its tokens are accepted again."""
    from pharia_access.entrypoints.kubectl.change_credentials import resume as work

    run_in_session(cli, work, name)


@credential.command()
@_name
@destructive_options
@click.pass_obj
def delete(cli: CliOptions, name: str) -> None:
    """Delete a credential and all its tokens permanently."""
    from pharia_access.entrypoints.kubectl.change_credentials import delete as work

    run_in_session(cli, work, name)


def _spec(described: Mapping[str, Any]) -> Json:
    """The fields that were given; an empty text removes one."""
    texts = {"displayName": described["display_name"], "description": described["description"]}
    lengths = {"defaultTTL": described["default_ttl"], "maxTTL": described["max_ttl"]}
    policy = {name: format_duration(length) for name, length in lengths.items() if length}
    if described["max_tokens"]:
        policy["maxTokens"] = described["max_tokens"]
    spec: Json = {name: text or None for name, text in texts.items() if text is not None}
    return {**spec, **({"tokenPolicy": policy} if policy else {})}
