"""`kubectl access role …`: the commands. What they run is imported when one is."""

import click

from pharia_access.entrypoints.kubectl.completion import names_of
from pharia_access.entrypoints.kubectl.named import NAME
from pharia_access.entrypoints.kubectl.options import CliOptions, list_options, object_options
from pharia_access.entrypoints.kubectl.session import run_in_session
from pharia_access.entrypoints.kubectl.spelling import Group

__all__ = ["role"]


@click.group(cls=Group)
def role() -> None:
    """Roles: the catalog that credentials choose from.

    Roles are cluster-scoped.
    """


@role.command("list")
@list_options
@click.pass_obj
def list_roles(cli: CliOptions) -> None:
    """List roles and their permissions."""
    from pharia_access.entrypoints.kubectl.show_roles import list_roles as work

    run_in_session(cli, work)


@role.command()
@click.argument("name", type=NAME, shell_complete=names_of("ApiRole"))
@object_options
@click.pass_obj
def get(cli: CliOptions, name: str) -> None:
    """Show a role and the credentials that name it.

    Credentials of all namespaces are searched, or of one if you may not list more.
    """
    from pharia_access.entrypoints.kubectl.show_roles import show as work

    run_in_session(cli, work, name)
