"""The person at the terminal: questions, warnings, a spinner. All of it goes to standard error, or to the terminal."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from pharia_access.entrypoints.kubectl import printing
from pharia_access.entrypoints.kubectl.failures import RefusedError
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.printing import is_terminal
from pharia_access.entrypoints.kubectl.printing import spinner as waiting
from pharia_access.services.administration.plans import Plan

__all__ = ["RefusedError", "confirm", "is_terminal", "present", "print_lines", "select", "waiting", "warn"]

_ALIGNED = 40
"""The longest name that the others are aligned with: a longer one would push every description off the terminal."""


def print_lines(*lines: str) -> None:
    """Tell what was done."""
    printing.write(*lines, err=True)


def warn(sentence: str) -> None:
    """Tell what to mind."""
    printing.write_marked("Warning:", "yellow", sentence)


def confirm(cli: CliOptions, consequences: Sequence[str], question: str) -> None:
    """Say what will break, and ask; without a terminal `--yes` must have been given. Raises RefusedError."""
    for consequence in consequences:
        warn(consequence)
    if cli.assume_yes or cli.dry_run:
        return
    if not is_terminal():
        msg = "Cannot ask for confirmation: not a terminal"
        raise RefusedError(msg, "Run the command again with --yes to confirm.")
    with _at_once():
        agreed = printing.ask_yes_or_no(question)
    if not agreed:
        msg = "Nothing was changed"
        raise RefusedError(msg)


def present(cli: CliOptions, plan: Plan) -> None:
    """Show a plan, and ask what it asks. Raises RefusedError unless it may be carried out."""
    print_lines(*plan.notes)
    for warning in plan.warnings:
        warn(warning)
    if plan.question:
        confirm(cli, plan.consequences, plan.question)


def select(question: str, offered: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Let a person choose some of what is offered, by numbers or by names; asks until it fits."""
    if not offered:
        msg = "There is nothing to choose from"
        raise RefusedError(msg)
    wide = max((len(name) for name, _ in offered if len(name) <= _ALIGNED), default=0)
    for number, (name, line) in enumerate(offered, start=1):
        print_lines(f"{number:3}  {name:{wide}}  {line}".rstrip())
    while True:
        with _at_once():
            answer = printing.ask(f"{question} (numbers or names, separated by commas)")
        words = [word for word in answer.replace(",", " ").split() if word]
        chosen = [_offered(word, offered) for word in words]
        if words and all(chosen):
            return tuple(dict.fromkeys(chosen))
        unknown = next((word for word, name in zip(words, chosen, strict=True) if not name), answer)
        print_lines(f'"{unknown}" is not in the list.')


@contextmanager
def _at_once() -> Iterator[None]:
    """Let Ctrl-C end a question: the event loop would note it, and go on once it is answered."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except click.Abort:
        print_lines("")  # the next message begins a line
        raise
    finally:
        signal.signal(signal.SIGINT, before)


def _offered(word: str, offered: Sequence[tuple[str, str]]) -> str:
    names = [name for name, _ in offered]
    if word.isdecimal() and 1 <= int(word) <= len(names):
        return names[int(word) - 1]
    return word if word in names else ""
