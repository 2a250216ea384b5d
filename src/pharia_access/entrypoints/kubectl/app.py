"""The tree of commands. Each noun's module is imported when it is named: Click's recipe for lazy groups."""

import importlib
from typing import Final

import click

from pharia_access import __version__
from pharia_access.entrypoints.kubectl.options import namespace_options
from pharia_access.entrypoints.kubectl.spelling import Group

__all__ = ["PROGRAM", "access"]

PROGRAM: Final = "kubectl access"

_NOUNS: Final = {
    "credential": ("Credentials: named sets of roles.", "credential:credential"),
    "token": ("Tokens: each belongs to a credential, and its secret is shown once.", "token:token"),
    "workload": ("Workload tokens: kept fresh in a Secret, for a program in the cluster.", "workload:workload"),
    "role": ("Roles: the catalog that credentials choose from.", "role:role"),
    "whoami": ("Ask a verifier what a token may do.", "whoami:whoami"),
    "audit": ("What needs attention: tokens that are expired, unused or too long-lived, and more.", "audit:audit"),
    "console": ("The web console: credentials and tokens in a browser.", "console:console"),
    "keyring": ("The keys of the fast check, for administrators.", "keyring:keyring"),
}
"""Each noun's line in the help, and where its commands are."""


_HELP: Final = """API credentials and tokens of PhariaAI, from the terminal.

\b
kubectl access credential create invoice-bot --role studio-user
kubectl access token create invoice-bot --expires 90d
"""


class _Nouns(Group):
    """Commands whose modules are imported when they are run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        return [*_NOUNS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import what is named."""
        if cmd_name not in _NOUNS:
            return super().get_command(ctx, cmd_name)
        module, _, name = _NOUNS[cmd_name][1].partition(":")
        command: click.Command = getattr(importlib.import_module(f"{__package__}.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - Click's signature
        """From the table, so that help imports nothing."""
        with formatter.section("Commands"):
            formatter.write_dl([(noun, line) for noun, (line, _) in _NOUNS.items()])


@click.group(cls=_Nouns, help=_HELP, context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=True)
@namespace_options
@click.version_option(__version__, message=f"{PROGRAM} %(version)s")
def access() -> None:
    """API credentials and tokens of PhariaAI, from the terminal."""
