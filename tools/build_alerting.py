"""What tests of routing alerts need: the real Alertmanager, and how the prometheus-operator writes its configuration.

Each is built from a Go module of its own, so that whoever needs amtool alone waits for amtool alone.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tools.go_build import GoModule
from tools.go_toolchain import BuildError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["built_translator", "ensure_alertmanager", "main"]

_ALERTMANAGER = GoModule("alertmanager", go=(1, 26), minutes=2)
_OPERATOR = GoModule("prometheus-operator", go=(1, 26), minutes=4)
_TRANSLATOR = "prometheus-operator"
_PACKAGES = "github.com/prometheus/alertmanager/cmd"


def ensure_alertmanager() -> dict[str, Path]:
    """Answer where `alertmanager` and `amtool` are, after building them if need be. Raises BuildError."""
    return _ALERTMANAGER.ensure({name: f"{_PACKAGES}/{name}" for name in ("alertmanager", "amtool")})


def built_translator() -> Path | None:
    """Answer where the program is that translates AlertmanagerConfigs, or None where nobody built it."""
    translator = _OPERATOR.binaries / _TRANSLATOR
    return translator if translator.exists() else None


def main() -> int:
    """Build all of them; answer the exit status."""
    try:
        ensure_alertmanager()
        _OPERATOR.ensure({_TRANSLATOR: "."})
    except BuildError as error:
        print(f"alerting: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
