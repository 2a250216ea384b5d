"""Pages that tell, claim by claim, which tests show it."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["absent_tests", "named_tests"]

ROOT = Path(__file__).resolve().parents[3]
_NAMED = re.compile(r"`([\w./]*)::(\w+)`")


def named_tests(cell: str, *, folder: str) -> list[tuple[str, str]]:
    """The file and the function of each; a name without a file is of the file before, and a bare file of `folder`."""
    found, file = list[tuple[str, str]](), ""
    for path, function in _NAMED.findall(cell):
        file = path or file
        found.append((file if file.startswith("tests/") else f"{folder}/{file}", function))
    return found


def absent_tests(named: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those that are not there."""
    return [(file, name) for file, name in named if f"def {name}(" not in (ROOT / file).read_text(encoding="utf-8")]
