"""Runs `pharia-access` so that it looks at its guards every half second: `python watchful.py ARGUMENT...`.

The least that people may set is 5 s, and a test of each guard would wait for two such looks.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from pharia_access.services.operator import guards

__all__ = ["WATCHFUL", "main"]

WATCHFUL: Final = (sys.executable, Path(__file__))
"""That program, as `start_operator` takes it."""

_BETWEEN: Final = timedelta(seconds=0.5)


def main(arguments: list[str]) -> int:
    """Be the program; its exit status."""
    from pharia_access.entrypoints.main import main as program  # noqa: PLC0415 - only the process itself loads it

    module: Any = guards  # whose constant is final
    module.LONGEST_INTERVAL = _BETWEEN
    return program(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
