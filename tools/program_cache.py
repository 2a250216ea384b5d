"""Where programs of other projects are kept, outside the checkout, and how one process at a time fetches them.

Standard library only.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MissingProgramError", "cache_folder", "locked"]


class MissingProgramError(RuntimeError):
    """A program is not there and could not be fetched; the message says what to install."""


def cache_folder(name: str) -> Path:
    """The folder of that name; it need not exist."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")  # noqa: TID251 - a script of its own
    return Path(home) / "pharia-access" / name


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold an exclusive lock on a folder, which is made; it ends with this process at the latest."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
