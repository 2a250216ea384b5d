"""`kubectl access console`: the command. What it runs is imported when it is."""

from typing import TYPE_CHECKING

import click

from pharia_access.entrypoints.kubectl import printing
from pharia_access.entrypoints.kubectl.options import CliOptions, namespace_options
from pharia_access.entrypoints.kubectl.prompts import print_lines
from pharia_access.entrypoints.kubectl.session import run_in_session
from pharia_access.entrypoints.kubectl.spelling import Command

if TYPE_CHECKING:
    from pharia_access.bootstrap.cli import CliSession

__all__ = ["console"]


@click.command(cls=Command)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="NUMBER",
    help="Port on 127.0.0.1 (default: a free one).",
)
@click.option("--no-browser", is_flag=True, help="Only print the link.")
@namespace_options
@click.pass_obj
def console(cli: CliOptions, port: int, no_browser: bool) -> None:  # noqa: FBT001 - Click's
    """Open the web console in the browser.

    The console is served on 127.0.0.1 only, for this one person: what you may do in it is what your kubeconfig allows.
    The printed link opens it once, within 60 seconds. Ctrl-C stops it, and so do 30 minutes without use.

    On a machine that you reach by SSH: choose a port with --port and --no-browser there, forward the same port with
    ssh -L 8123:127.0.0.1:8123, and open the link here.
    """
    run_in_session(cli, _serve, port=port, browser=not no_browser)


async def _serve(session: "CliSession", cli: CliOptions, *, port: int, browser: bool) -> None:
    import webbrowser

    from pharia_access.bootstrap.console import console_ports, console_views
    from pharia_access.entrypoints.console.desk import Desk, Neighbors
    from pharia_access.entrypoints.console.local import Announcer, serve

    ports = console_ports(session, timeout_seconds=cli.timeout)
    neighbors = Neighbors(ports.own_secrets, ports.workloads, ports.events, ports.rights)
    desk = Desk(ports.context, ports.rehearsal, neighbors, session.user, session.options, console_views(session))
    announcer = Announcer(printing.write, print_lines, webbrowser.open if browser else None)
    await serve(desk, announcer, port=port)
