"""The terminal of an exec plugin that kubectl runs: its input, and the way of its words."""

import os
import pty
import select
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final, Protocol

from pharia_access.kube.administration.plugin_words import PluginWords

__all__ = ["Terminal", "forwarded", "read_some", "standard_error"]

_BYTES: Final = 64 * 1024


class Write(Protocol):
    """Shows words: verbatim if `exact`, escaped otherwise. Raises OSError."""

    def __call__(self, words: bytes, *, exact: bool) -> None:
        """Show the words."""
        ...


@dataclass(frozen=True, slots=True)
class Terminal:
    """A person's terminal.

    Attributes:
        reads: standard input is a terminal. kubectl gets no other input: it may be a token's text.
        shows: standard error is a terminal.
        write: shows a plugin's words.
    """

    reads: bool
    shows: bool
    write: Write


def standard_error(terminal: Terminal) -> tuple[int, int]:
    """Return a reader and a writer for a program's standard error: a terminal if the person's is one."""
    if not terminal.shows:
        return os.pipe()
    reader, writer = pty.openpty()
    tty.setraw(writer)  # the person's own terminal makes CR LF of LF
    return reader, writer


def read_some(reader: int) -> bytes:
    """Read at least a byte; return nothing at the end, which a pseudo-terminal signals by an error."""
    try:
        return os.read(reader, _BYTES)
    except OSError:
        return b""


@contextmanager
def forwarded(reader: int, terminal: Terminal, *, speaks: bool) -> Iterator[None]:
    """Show the output that arrives before the end of the block: a plugin's own child may never close the pipe.

    `speaks`: there is a plugin. Without a plugin all output is log lines, which are dropped.
    """
    ended, end = os.pipe()
    thread = threading.Thread(target=_forward, args=(reader, ended, terminal.write if speaks else _drop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        os.close(end)
        thread.join()
        os.close(ended)


def _forward(reader: int, ended: int, write: Write) -> None:
    words = PluginWords()
    while reader in (ready := select.select([reader, ended], [], [])[0]) or not ready:
        piece = read_some(reader)
        if not piece:
            break
        exact = words.exact
        _show(words.feed(piece), write, exact=exact)
    _show(words.end(), write, exact=words.exact)


def _show(words: bytes, write: Write, *, exact: bool) -> None:
    if words:
        with suppress(OSError):  # nobody reads any more; kubectl must not wait for room all the same
            write(words, exact=exact)


def _drop(words: bytes, *, exact: bool) -> None:
    pass
