"""An exec plugin's words on a person's terminal: as they are, or escaped, and never under what spins."""

from __future__ import annotations

import os
import pty
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from pharia_access.entrypoints.kubectl import printing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_END = b"END"


@contextmanager
def screen() -> Iterator[Callable[[], bytes]]:
    """A terminal as standard error, and what a person has seen there."""
    reader, writer = pty.openpty()

    def seen() -> bytes:
        os.write(writer, _END)
        shown = b""
        while not shown.endswith(_END):
            shown += os.read(reader, 1000)
        return shown.removesuffix(_END)

    with os.fdopen(writer, "w") as terminal, mock.patch.object(sys, "stderr", terminal):
        yield seen
    os.close(reader)


@pytest.mark.parametrize(
    ("exact", "shown"),
    [
        pytest.param(True, b"\x1b[1mPIN: ", id="a plugin's alone"),
        pytest.param(False, b"^[[1mPIN: ", id="perhaps another's"),
    ],
)
def test_words_are_as_they_are_only_while_they_are_certainly_the_plugins(*, exact: bool, shown: bytes) -> None:
    with screen() as seen:
        printing.write_words_of_plugin(b"\x1b[1mPIN: ", exact=exact)

        assert seen() == shown


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (b"a\nb", b"a\nb"),
        (b"a\r\x9b2J\n", rb"a\r\x9b2J" + b"\n"),
        (b"\xc2\x9b2J", rb"\x9b2J"),
        (b"\xff", rb"\xff"),
    ],
)
def test_what_may_be_anothers_keeps_its_lines_and_nothing_that_drives_a_terminal(
    capfdbinary: pytest.CaptureFixture[bytes], words: bytes, shown: bytes
) -> None:
    printing.write_words_of_plugin(words, exact=False)

    assert capfdbinary.readouterr().err == shown


def test_what_spins_gives_way_to_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """rich draws its line anew twelve times a second, from its start: nobody would see the question."""
    monkeypatch.setenv("TERM", "xterm")
    with screen() as seen:
        with printing.spinner("Waiting …") as tell:
            printing.write_words_of_plugin(b"PIN: ", exact=True)
            tell("Still waiting")
        shown = seen()

    assert b"Waiting" in shown
    assert shown.endswith(b"PIN: ")


def test_nothing_spins_in_a_pipe_whatever_the_environment_says_of_colors(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")

    with printing.spinner("Waiting …") as tell:
        tell("Still waiting")

    assert capfdbinary.readouterr().err == b""
