"""The one room that writes to standard output, to standard error and to the terminal; a test holds that.

Whatever is written passes `escaped`, so that text of other people never drives a terminal; but for the words of the
exec plugin that a person's own kubeconfig names, while it is certain that they are its. A line is an argument: a line
break within one is written out. JSON and YAML are made so that nothing of them changes here.
"""

import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import click

from pharia_access.entrypoints.kubectl.escaping import escaped
from pharia_access.settings.cli import wants_colours

__all__ = [
    "ask",
    "ask_unseen",
    "ask_yes_or_no",
    "columns",
    "errors_reach_a_terminal",
    "is_terminal",
    "last_flush",
    "room",
    "spinner",
    "wrapped",
    "write",
    "write_cells",
    "write_marked",
    "write_rows",
    "write_words_of_plugin",
]

Tell = Callable[[str], None]

_NARROWEST: Final = 20

_spinning: Final[list[Callable[[], None]]] = []
"""How to stop what spins now; each may be called twice, from any thread."""


def write(*lines: str, err: bool = False) -> None:
    """Write lines to standard output; `err`: sentences to standard error. Raises OSError."""
    for line in lines:
        for part in _sentence(escaped(line)) if err else [line]:
            _put(escaped(part), err=err)


def room(*, err: bool = False) -> int | None:
    """Columns of the terminal that is written to; None where it is none: what reads lines gets them whole."""
    stream = sys.stderr if err else sys.stdout
    return shutil.get_terminal_size().columns if stream.isatty() else None


def columns(text: str) -> int:
    """How many columns of a terminal a printable text takes: a wide character takes two."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth

    return wcswidth(text)


def wrapped(text: str, width: int | None) -> list[str]:
    """A text in lines that break between words; whole where there is no width."""
    if width is None or width < _NARROWEST:
        return [text]
    if columns(text) <= width:
        return [text]
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [text]


def write_rows(*lines: str, err: bool) -> None:
    """Write the lines of a table, as they are. Raises OSError."""
    for line in lines:
        _put(escaped(line), err=err)


def write_cells(*cells: str) -> None:
    """Write one line to standard output, with a tab between its cells: for programs. Raises OSError."""
    _put("\t".join(map(escaped, cells)), err=False)


def write_marked(mark: str, colour: str, line: str) -> None:
    """Write a line to standard error, behind a word such as `Error:`."""
    shown = click.style(mark, fg=colour, bold=True) if wants_colours() else mark  # Click drops it where nobody looks on
    first, *others = _sentence(f"{mark} {escaped(line)}")
    _put(f"{shown}{escaped(first.removeprefix(mark))}", err=True)
    for other in others:
        _put(escaped(other), err=True)


def write_words_of_plugin(words: bytes, *, exact: bool) -> None:
    """Write to standard error what a person's own exec plugin says, as it is: kubectl does the same. Raises OSError.

    Not `exact`: it may be another's, and is escaped but for its line ends. What spins gives way: it would be drawn over
    a question.
    """
    for stop in _spinning:
        stop()
    sys.stderr.buffer.write(words if exact else _escaped_lines(words))
    sys.stderr.buffer.flush()


def errors_reach_a_terminal() -> bool:
    """Whether standard error is a terminal."""
    return sys.stderr.isatty()


def is_terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and errors_reach_a_terminal()


def ask(question: str) -> str:
    """A line that a person types. Raises Abort."""
    answer: str = click.prompt(escaped(question), err=True)
    return answer


def ask_unseen(what: str) -> str:
    """The same, not shown while it is typed. Raises Abort."""
    answer: str = click.prompt(escaped(what), hide_input=True, err=True)
    return answer


def ask_yes_or_no(question: str) -> bool:
    """Whether a person agrees. Raises Abort."""
    return click.confirm(escaped(question), err=True)


@contextmanager
def spinner(what: str) -> Iterator[Tell]:
    """Show that something takes its time, and how to change its words; silent where nobody looks on."""
    if not errors_reach_a_terminal():  # rich takes anything for a terminal where FORCE_COLOR is set
        yield lambda _: None
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    # As Text: the words are no markup of rich's.
    with console.status(Text(escaped(what))) as status:
        _spinning.append(status.stop)
        try:
            yield lambda words: status.update(Text(escaped(words)))
        finally:
            _spinning.remove(status.stop)


def last_flush() -> None:
    """Python would try again at its exit to write what a closed pipe or a full disk did not take, and complain."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _sentence(line: str) -> list[str]:
    """A line with a command in it stays whole, so that the command can be copied."""
    return [line] if "kubectl " in line else wrapped(line, room(err=True))


def _escaped_lines(words: bytes) -> bytes:
    lines = words.decode(errors="backslashreplace").split("\n")
    return "\n".join(escaped(line) for line in lines).encode()


def _put(line: str, *, err: bool) -> None:
    """What the stream's encoding does not have is written out too."""
    encoding = (sys.stderr if err else sys.stdout).encoding or "utf-8"
    click.echo(line.encode(encoding, "backslashreplace").decode(encoding), err=err)
