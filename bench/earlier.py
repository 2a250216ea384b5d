"""The product as it was at an earlier commit, to be measured beside the one of now."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

__all__ = ["CHECKOUT", "as_it_was"]

CHECKOUT = Path(__file__).parents[1]


def as_it_was(commit: str, folder: Path) -> Path:
    """The sources of that commit."""
    argv: list[str | Path] = ["git", "-C", CHECKOUT, "archive", commit, "src", "bench", "tests", "tools"]
    packed = subprocess.run(argv, check=True, capture_output=True, timeout=60).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder
