"""How a help page is ordered: a command's own options first, then what many share, and last how to reach a cluster."""

from collections.abc import Iterable
from typing import Final

import click

__all__ = ["ConnectionOption", "write_commands", "write_options"]

_WHOLE: Final = 1000
"""Characters of a short help: all of its first sentence, which is wrapped and not cut off."""


class ConnectionOption(click.Option):
    """An option that says which cluster and who: every command has it."""


def write_options(command: click.Command, context: click.Context, formatter: click.HelpFormatter) -> None:
    """Write the options in their groups."""
    params = command.get_params(context)
    connection = [param for param in params if isinstance(param, ConnectionOption)]
    own = [param for param in params if param.expose_value and param not in connection]
    shared = [param for param in params if param not in own and param not in connection]
    _write(formatter, "Options", (*own, *shared), context)
    _write(formatter, "Options to reach the cluster", connection, context)


def write_commands(group: click.Group, context: click.Context, formatter: click.HelpFormatter) -> None:
    """Write the commands below it, each with its whole first sentence."""
    rows = [
        (name, command.get_short_help_str(_WHOLE))
        for name in group.list_commands(context)
        if (command := group.get_command(context, name)) is not None and not command.hidden
    ]
    if rows:
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _write(
    formatter: click.HelpFormatter, title: str, params: Iterable[click.Parameter], context: click.Context
) -> None:
    rows = [row for param in params if (row := param.get_help_record(context)) is not None]
    if rows:
        with formatter.section(title):
            formatter.write_dl(rows)
