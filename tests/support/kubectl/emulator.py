"""A terminal without a person: what is written to it, and what its screen then shows (pyte)."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyte

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest
    from pyte.screens import Char

__all__ = ["Shown", "TerminalStream", "shown", "sit_down"]

WIDE = 6000
"""Columns: nothing that is printed here is wrapped."""
_LINES = 60


class TerminalStream(io.StringIO):
    """A stream that says that it is a terminal, so that nothing is taken out of what is written."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Shown:
    """All that a terminal was brought to: its lines, where the cursor stands, its title, its modes."""

    lines: tuple[str, ...]
    cursor: tuple[int, int]
    title: str
    modes: frozenset[int]
    plain: bool


def sit_down(monkeypatch: pytest.MonkeyPatch) -> TerminalStream:
    """Put one terminal in the place of both outputs. Its lines are its own: nothing spins while it waits."""
    stream = TerminalStream()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setenv("TERM", "dumb")  # rich draws no spinner there
    monkeypatch.setenv("NO_COLOR", "1")
    return stream


def shown(written: str) -> Shown:
    """What a terminal shows that is sent this; its driver makes a carriage return of each line's end."""
    screen = pyte.Screen(WIDE, _LINES)
    pyte.Stream(screen).feed(written.replace("\n", "\r\n"))
    cells = [cell for line in screen.buffer.values() for cell in line.values()]  # those alone that were written
    return Shown(
        lines=tuple(_line(screen.buffer[number]) for number in range(max(screen.buffer, default=0) + 1)),
        cursor=(screen.cursor.y, screen.cursor.x),
        title=screen.title + screen.icon_name,
        modes=frozenset(screen.mode),
        plain=all(
            (cell.fg, cell.bg, cell.bold, cell.reverse) == ("default", "default", False, False) for cell in cells
        ),
    )


def _line(cells: Mapping[int, Char]) -> str:
    """What stands in it. Behind a wide character comes a cell without any."""
    return "".join(
        cells[column].data if column in cells else " " for column in range(max(cells, default=-1) + 1)
    ).rstrip()
