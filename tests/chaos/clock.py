"""The wall clock of one process, which can be stepped while it runs."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

from tests.chaos.stepped import FORMAT

__all__ = ["Clock"]


class Clock:
    """A file says how far the clock is ahead; who is started by `program` has it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        file.write_bytes(struct.pack(FORMAT, 0.0))

    @property
    def program(self) -> list[str]:
        """`pharia-access` with this clock; the clocks that only grow stay as they are."""
        return [sys.executable, str(Path(__file__).with_name("stepped.py")), str(self._file)]

    def step(self, seconds: float) -> None:
        """Have it ahead by so much from now on, or behind."""
        with self._file.open("r+b") as file:  # in place: it is mapped into the memory of the process
            file.write(struct.pack(FORMAT, seconds))
