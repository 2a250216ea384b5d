"""Writes docs/reference/kubectl-access.md from the tree of commands: `python3 -m tools.kubectl_reference`.

A test proves that the page is up to date.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pharia_access.entrypoints.kubectl.app import PROGRAM, access

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["PAGE", "main", "page"]

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "kubectl-access.md"

_HEAD = """\
# kubectl access

Every command and its options. [The guide](../how-to/kubectl-access.md) says what they are for.

Only what was asked for goes to standard output. Sentences, warnings, questions and progress go to standard error; so do
colors, on a terminal and unless `NO_COLOR` is set. `KUBECONFIG` counts as for kubectl.

| Exit status | |
| --- | --- |
| 0 | done |
| 1 | not done; standard error says why, and what to do |
| 2 | the command line is wrong |
| 130 | interrupted |

A LENGTH is written like `90d`, `12h` or `30m`; for `--request-timeout` as in kubectl: `5s`, `1m30s`, or whole seconds.

Options are spelled as kubectl's: `-n finance`, `-nfinance`, `-n=finance`; `--yes=false` switches a flag off.
`--dry-run` may be written `--dry-run=server`, and `-v` as `-v=6`. A NAME must be one that Kubernetes takes; a token's
text is refused as a word, wherever it stands. `audit --fail` ends with 1, too, where there was nothing to look at.

## Options of every command

They may stand before the noun too. Those that reach the API server are missing where none is asked, and `--namespace`
where there is none.

"""

_TABLE = "| Option | |\n| --- | --- |\n"


def page() -> str:
    """The whole page as it should be."""
    context = click.Context(access, info_name=PROGRAM)
    return _HEAD + _table(_shared()) + "".join(_sections(access, context))


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def _sections(group: click.Group, context: click.Context) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            continue
        inner = click.Context(command, info_name=name, parent=context)
        if isinstance(command, click.Group):
            yield from _sections(command, inner)
        else:
            yield _section(command, inner)


def _section(command: click.Command, context: click.Context) -> str:
    everywhere = {option.name for option in _shared()}
    own = [option for option in _options(command) if option.name not in everywhere]
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    told = inspect.cleandoc(command.help or "").replace("<", "&lt;")
    table = f"\n{_table(own)}" if own else ""
    return f"\n## {context.command_path}\n\n    {usage}\n\n{told}\n{table}"


def _shared() -> list[click.Option]:
    return [option for option in _options(access) if option.name != "version"]


def _options(command: click.Command) -> list[click.Option]:
    return [parameter for parameter in command.params if isinstance(parameter, click.Option) and not parameter.hidden]


def _table(options: Iterable[click.Option]) -> str:
    return _TABLE + "".join(map(_row, options))


def _row(option: click.Option) -> str:
    value = "" if option.is_flag else f" {_value(option)}"
    names = ", ".join(f"`{name}{value if name.startswith('--') else ''}`" for name in option.opts)
    default = f" Default: `{option.default}`." if option.show_default else ""
    return f"| {names} | {option.help or ''}{default} |\n"


def _value(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return r"\|".join(str(choice) for choice in option.type.choices)
    return option.metavar or option.type.name.upper()


if __name__ == "__main__":
    main()
