"""The wall clock of one process, which can be stepped while it runs: by libfaketime, from Debian's package."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tools.debian_programs import MissingProgramError, unpacked

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Clock"]


class Clock:
    """A file says how far it is ahead. Where there is no libfaketime, it is this machine's and cannot be stepped."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.step(0)

    @property
    def environment(self) -> dict[str, str]:
        """Of a process that is to have this clock; the clocks that only grow stay as they are."""
        library = _library()
        if library is None:
            return {}
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",  # it looks at the file once a second
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def step(self, seconds: int) -> bool:
        """Have it ahead by so much from about a second on, or behind; whether that can be."""
        self._file.write_text(f"{seconds:+d}s")
        return _library() is not None


@cache
def _library() -> Path | None:
    try:
        root = unpacked("faketime") / "root"
    except MissingProgramError:
        return None
    return next(root.glob("usr/lib/*/faketime/libfaketimeMT.so.1"), None)
