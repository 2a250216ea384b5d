"""Runs a program that a tool needs to its end: what it wrote, or the tool's own error with what went wrong."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["output_of"]

_MOST_CHARACTERS = 4000


def output_of(argv: Sequence[str], *, seconds: float, error: type[Exception]) -> str:
    """Return standard output. Raises `error` with the end of what the program said where it failed."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=seconds)
    if done.returncode:
        said = f"{done.stdout}{done.stderr}"[-_MOST_CHARACTERS:]
        command = " ".join([Path(argv[0]).name, *argv[1:]])
        message = f"{command} ended with status {done.returncode}:\n{said}"
        raise error(message)
    return done.stdout
