"""What tests of routing alerts need: the real Alertmanager, and how the prometheus-operator writes its configuration.

Each is built from a Go module of its own. `make alerting` builds them; what nobody built, its tests are skipped for.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tools.go_build import GoModule
from tools.go_toolchain import BuildError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["built_alertmanager", "built_translator", "main"]

_ALERTMANAGER = GoModule("alertmanager", go=(1, 26), minutes=2)
_OPERATOR = GoModule("prometheus-operator", go=(1, 26), minutes=4)
_TRANSLATOR = "prometheus-operator"
_PACKAGES = {name: f"github.com/prometheus/alertmanager/cmd/{name}" for name in ("alertmanager", "amtool")}


def built_alertmanager() -> dict[str, Path] | None:
    """Answer where `alertmanager` and `amtool` are, or None where nobody built both."""
    programs = {name: _ALERTMANAGER.binaries / name for name in _PACKAGES}
    return programs if all(program.exists() for program in programs.values()) else None


def built_translator() -> Path | None:
    """Answer where the program is that translates AlertmanagerConfigs, or None where nobody built it."""
    translator = _OPERATOR.binaries / _TRANSLATOR
    return translator if translator.exists() else None


def main() -> int:
    """Build all of them; answer the exit status."""
    try:
        _ALERTMANAGER.ensure(_PACKAGES)
        _OPERATOR.ensure({_TRANSLATOR: "."})
    except BuildError as error:
        print(f"alerting: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
