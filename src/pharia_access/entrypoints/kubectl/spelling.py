"""kubectl's spellings of options, so that they mean here what they mean to kubectl: its parser is pflag.

Click takes `-n=finance` for the namespace `=finance`, and refuses `--yes=true`. Here a command line is written anew
before Click reads it: `-n=finance` as `-nfinance`, and a flag that is switched by a word as given or left out.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import click

from pharia_access.entrypoints.kubectl.help_pages import Context, write_commands, write_options

__all__ = ["Command", "Group"]

_BOOLEANS: Final = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}
"""As Go's strconv.ParseBool reads them."""


class Command(click.Command):
    """A command whose options may be spelled as kubectl's."""

    context_class = Context

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words."""
        return super().parse_args(ctx, _as_click_reads(self, ctx, args))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options of the help page."""
        write_options(self, ctx, formatter)


class Group(click.Group):
    """The same of commands below it; a group's own options end at the first word that is none."""

    context_class = Context
    command_class = Command
    group_class = type

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of the first word; of an unknown one, name the nearest."""
        if args and self.get_command(ctx, args[0]) is None and not _is_option(args[0]):
            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"No such command {args[0]!r}.{meant}")
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words before the command's name."""
        return super().parse_args(ctx, _as_click_reads(self, ctx, args))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options of the help page, and the commands."""
        write_options(self, ctx, formatter)
        write_commands(self, ctx, formatter)


@dataclass(slots=True)
class _Line:
    """A command line that is read from left to right.

    Attributes:
        options: by each of their spellings.
        left: the words that are still to be read.
        flags: what each flag was switched to last.
    """

    options: Mapping[str, click.Option]
    left: list[str]
    flags: dict[str, bool] = field(default_factory=dict)

    def value(self) -> Iterator[str]:
        """The next word, which is a value whatever it looks like."""
        if self.left:
            yield self.left.pop(0)


def _as_click_reads(command: click.Command, context: click.Context, args: Sequence[str]) -> list[str]:
    known = [each for each in command.get_params(context) if isinstance(each, click.Option)]
    line = _Line({spelling: option for option in known for spelling in option.opts}, list(args))
    written: list[str] = []
    while line.left:
        word = line.left.pop(0)
        if word == "--" or (not _is_option(word) and isinstance(command, click.Group)):
            return [*_given(line), *written, word, *line.left]
        written += _rewritten(line, word) if _is_option(word) else [word]
    return [*_given(line), *written]


def _is_option(word: str) -> bool:
    return word.startswith("-") and len(word) > 1


def _given(line: _Line) -> list[str]:
    """The flags that are on at the end: what is said last counts."""
    return [spelling for spelling, on in line.flags.items() if on]


def _rewritten(line: _Line, word: str) -> Iterator[str]:
    if not word.startswith("--"):
        yield from _short(line, word[1:])
        return
    spelling, equals, value = word.partition("=")
    option = line.options.get(spelling)
    if option is not None and _is_switch(option):
        _switch(line, option, value if equals else None)
        return
    yield word
    if option is not None and not option.is_flag and not equals:
        yield from line.value()


def _short(line: _Line, letters: str) -> Iterator[str]:
    """`-n=x`, `-nx`, `-n x`, and flags before it: `-An=x`. pflag leaves the sign of `-n=` as the value."""
    if letters.startswith("-"):  # behind a flag, as in `-A-`: written anew it would be another word
        msg = f"No such option: -{letters}"
        raise click.UsageError(msg)
    option, rest = line.options.get(f"-{letters[0]}"), letters[1:]
    if option is None or (option.is_flag and not _is_switch(option)):
        yield f"-{letters}"
    elif _is_switch(option):
        by_word = rest.startswith("=") and rest != "="
        _switch(line, option, rest[1:] if by_word else None)
        if rest and not by_word:
            yield from _short(line, rest)
    else:
        yield f"-{letters[0]}{rest[1:] if rest.startswith('=') and rest != '=' else rest}"
        if not rest:
            yield from line.value()


def _is_switch(option: click.Option) -> bool:
    """Not `--help` and `--version`, which end everything."""
    return option.is_flag and not option.is_eager


def _switch(line: _Line, option: click.Option, value: str | None) -> None:
    on = True if value is None else _read(option, value)
    line.flags.pop(option.opts[-1], None)
    line.flags[option.opts[-1]] = on
    if value is None and option.name == "verbose" and line.left and line.left[0].isdecimal():
        msg = f"-v takes its level after =: -v={line.left[0]}"
        raise click.UsageError(msg)


def _read(option: click.Option, value: str) -> bool:
    words: Mapping[str, Any] = {**_BOOLEANS, **_WORDS.get(option.name or "", {})}
    if option.name == "verbose" and value.isdecimal():
        return int(value) > 0
    if value not in words:
        hint = _NOT_OFFERED.get((option.name or "", value), f"use {option.opts[-1]} or {option.opts[-1]}=false")
        msg = f"{option.opts[-1]} does not take {value!r}: {hint}"
        raise click.UsageError(msg)
    return bool(words[value])


_WORDS: Final[Mapping[str, Mapping[str, bool]]] = {"dry_run": {"server": True, "none": False}}
_NOT_OFFERED: Final = {("dry_run", "client"): "use --dry-run=server"}
