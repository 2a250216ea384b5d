"""Consoles of the same person that run on this machine: each holds a note, and a lock on it as long as it runs.

A note says where its console is, and opens nothing: the key is not in it. A folder that others may enter is not used,
and without a folder nobody is told: a console runs all the same.
"""

import fcntl
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

__all__ = ["noted", "others"]

_ENDING: Final = ".console"
_MOST_BYTES: Final = 1024


def others(folder: Path | None = None) -> list[str]:
    """What the notes of running consoles say; those that are left over are removed."""
    found: list[str] = []
    with suppress(OSError):
        for note in sorted(_own_folder(folder).glob(f"*{_ENDING}")):
            found += _running(note)
    return found


@contextmanager
def noted(says: str, folder: Path | None = None) -> Iterator[None]:
    """Leave such a note while the block lasts."""
    note = None
    with suppress(OSError):
        note = _Note(_own_folder(folder), says)
    try:
        yield
    finally:
        if note is not None:
            note.remove()


class _Note:
    """It gets its name once it is locked and whole: who finds it unlocked may take it for a leftover."""

    def __init__(self, folder: Path, says: str) -> None:
        name = secrets.token_hex(8)
        hidden, self._path = folder / f".{name}", folder / f"{name}{_ENDING}"
        self._file = os.open(hidden, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        os.write(self._file, says.encode()[:_MOST_BYTES])
        hidden.rename(self._path)

    def remove(self) -> None:
        """The console ends."""
        self._path.unlink(missing_ok=True)
        os.close(self._file)


def _running(note: Path) -> Iterator[str]:
    """What it says, if its console runs."""
    with note.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            yield file.read(_MOST_BYTES).decode(errors="replace")
        else:
            note.unlink(missing_ok=True)


def _own_folder(folder: Path | None) -> Path:
    """Ours alone. Raises OSError where somebody else made it, or could enter it."""
    folder = folder or Path(tempfile.gettempdir()) / f"kubectl-access-consoles-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError
    return folder
