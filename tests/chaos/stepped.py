"""Runs `pharia-access` with a wall clock that another process steps: `python stepped.py FILE ARGUMENT...`.

The program asks for the time in one place, which is replaced here. (libfaketime, which replaces it below the
interpreter, brought processes to a halt for many seconds on a busy machine: threads wait for each other's lock at
every look at any clock.)
"""

from __future__ import annotations

import mmap
import struct
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pharia_access.bootstrap.clocks import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FORMAT", "main", "stepped"]

FORMAT = "=d"
"""What is in the file: seconds by which the clock is ahead."""


def main(file: Path, arguments: list[str]) -> int:
    """Be the program; its exit status."""
    from pharia_access.entrypoints.main import main as program  # noqa: PLC0415 - only the process itself loads it

    wall = stepped(file)
    setattr(SystemClock, "wall", staticmethod(wall))  # noqa: B010 - not what its type says, but what it does
    setattr(SystemClock, "now", lambda _: datetime.fromtimestamp(wall(), UTC))  # noqa: B010 - the same
    return program(arguments)


def stepped(file: Path) -> Callable[[], float]:
    """The clock of this machine, and as much more as the file says at that moment."""
    with file.open("rb") as opened:
        ahead = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
    return lambda: time.time() + struct.unpack_from(FORMAT, ahead)[0]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
