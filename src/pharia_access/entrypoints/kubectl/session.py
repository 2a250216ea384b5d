"""From the options to the API server: every command's work is done in here. Imports the client only when it is run."""

import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, Concatenate, ParamSpec

import click

from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.printing import errors_reach_a_terminal, write_words_of_plugin

__all__ = ["run_in_session"]

if TYPE_CHECKING:
    from pharia_access.bootstrap.cli import CliSession

P = ParamSpec("P")


def run_in_session(
    cli: CliOptions,
    work: "Callable[Concatenate[CliSession, CliOptions, P], Awaitable[None]]",
    *args: P.args,
    **kwargs: P.kwargs,
) -> None:
    """Connect, do the work, close. Raises AccessError, and Abort for Ctrl-C once the work has cleaned up."""
    from pharia_access.kube.administration.kubectl_proxy import LentLogin, LoginOptions, lent_login
    from pharia_access.kube.administration.plugin_terminal import Terminal
    from pharia_access.settings.cli import pod_namespace

    ahead = Thread(target=_import_ahead, daemon=True)
    ahead.start()
    pod = pod_namespace()

    async def connected(login: LentLogin) -> None:
        from pharia_access.bootstrap.cli import open_session
        from pharia_access.entrypoints.kubectl.progress import TerminalProgress

        async with open_session(
            login,
            namespace=cli.namespace or login.namespace or pod or "default",
            timeout_seconds=cli.timeout,
            dry_run=cli.dry_run,
            options=cli.connection(),
            progress=TerminalProgress(cli.connection()),
        ) as session:
            await work(session, cli, *args, **kwargs)

    options = LoginOptions(cli.kubeconfig, cli.context, cli.user, cli.groups)
    terminal = Terminal(reads=sys.stdin.isatty(), shows=errors_reach_a_terminal(), write=write_words_of_plugin)
    try:
        with lent_login(options, in_pod=pod is not None, terminal=terminal) as login:
            from pharia_access.entrypoints.kubectl.interrupts import run_until_interrupted

            run_until_interrupted(connected(login))
    except KeyboardInterrupt:
        raise click.Abort from None
    finally:
        ahead.join()


def _import_ahead() -> None:
    """Load what the work needs while kubectl starts; whoever needs a module next waits for it."""
    with suppress(Exception):  # told where the module is used
        import_module("pharia_access.bootstrap.cli")
        import_module("pharia_access.entrypoints.kubectl.progress")
