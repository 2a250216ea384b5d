"""Builds the real Ory Oathkeeper, which is tried as a client of the verifier, from a Go module of our own."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from tools.go_build import GoModule
from tools.go_toolchain import BuildError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["built_oathkeeper", "ensure_oathkeeper", "main", "oathkeeper_version"]

_MODULE = GoModule("oathkeeper", go=(1, 26), minutes=3)
_PACKAGE = "github.com/ory/oathkeeper"


def ensure_oathkeeper() -> Path:
    """Answer where the program is, after building it if need be. Raises BuildError."""
    return _MODULE.ensure({"oathkeeper": _PACKAGE})["oathkeeper"]


def built_oathkeeper() -> Path | None:
    """Answer where the program is, or None where nobody built it."""
    program = _MODULE.binaries / "oathkeeper"
    return program if program.exists() else None


def oathkeeper_version() -> str:
    """The version that is pinned, as Go writes it: `v1.2.3`."""
    text = (_MODULE.source / "go.mod").read_text(encoding="utf-8")
    found: list[str] = re.findall(rf"{re.escape(_PACKAGE)} (v\S+)", text)
    return found[0]


def main() -> int:
    """Build it; answer the exit status."""
    try:
        ensure_oathkeeper()
    except BuildError as error:
        print(f"oathkeeper: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
