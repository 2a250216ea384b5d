"""How a help page is ordered: a command's own options first, then what many share, and last how to reach a cluster."""

from collections.abc import Iterable
from typing import Final

import click

__all__ = ["ConnectionOption", "Context", "write_commands", "write_options"]

_WHOLE: Final = 1000
"""Characters of a short help: all of its first sentence, which is wrapped and not cut off."""


_UNBROKEN: Final = "\N{NON-BREAKING HYPHEN}"
"""Stands for a hyphen while lines are wrapped: an option or a host name that is cut in two cannot be copied."""


class _HelpFormatter(click.HelpFormatter):
    """Wraps between words only."""

    def write_text(self, text: str) -> None:
        """Write paragraphs."""
        super().write_text(text.replace("-", _UNBROKEN))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write a list of terms and what they mean."""
        super().write_dl([(term, said.replace("-", _UNBROKEN)) for term, said in rows], col_max, col_spacing)

    def getvalue(self) -> str:
        """Return the page."""
        return super().getvalue().replace(_UNBROKEN, "-")


class Context(click.Context):
    """The context of each command, whose help is written by that formatter."""

    formatter_class = _HelpFormatter


class ConnectionOption(click.Option):
    """An option that says which cluster and who: every command has it."""


def write_options(command: click.Command, context: click.Context, formatter: click.HelpFormatter) -> None:
    """Write the options in their groups. Click lists arguments with them, which the line `Usage` has already."""
    params = [param for param in command.get_params(context) if not isinstance(param, click.Argument)]
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
