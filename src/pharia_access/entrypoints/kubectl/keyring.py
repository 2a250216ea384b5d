"""`kubectl access keyring …`: the commands. What they run is imported when one is."""

import click

from pharia_access.entrypoints.kubectl.named import NAMESPACE
from pharia_access.entrypoints.kubectl.options import CliOptions, connection_options, output_option, yes_option
from pharia_access.entrypoints.kubectl.session import run_in_session
from pharia_access.entrypoints.kubectl.spelling import Group

__all__ = ["keyring"]

_home = click.option(
    "--release-namespace",
    "home",
    type=NAMESPACE,
    default="pharia-access-system",
    show_default=True,
    metavar="NAME",
    help="Namespace in which pharia-access is installed.",
)


@click.group(cls=Group)
def keyring() -> None:
    """The keys of the fast check, for administrators. No value is ever shown.

    Both commands need the verb get on the Secret pharia-access-keyring in the release's namespace, and list on
    apitokens.access.pharia.ai in all namespaces. rotate also needs update on that Secret. A cluster administrator has
    all three.
    """


@keyring.command()
@_home
@output_option("table", "json", "yaml")
@connection_options
@click.pass_obj
def status(cli: CliOptions, home: str) -> None:
    """List the keys and the number of active tokens that use each."""
    from pharia_access.entrypoints.kubectl.manage_keyring import status as work

    run_in_session(cli, work, home)


@keyring.command()
@_home
@yes_option
@connection_options
@click.pass_obj
def rotate(cli: CliOptions, home: str) -> None:
    """Create a new current key and drop unused keys.

    Keys that no active token uses are dropped, except the previous current key: operators may use it until their next
    full list. No token stops working.
    """
    from pharia_access.entrypoints.kubectl.manage_keyring import rotate as work

    run_in_session(cli, work, home)
