"""What tests of routing alerts need: the real Alertmanager, and how the prometheus-operator writes its configuration.

Each is built from a Go module of its own, so that whoever needs amtool alone waits for amtool alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.go_build import GoModule

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ensure_alertmanager", "ensure_translator"]

_ALERTMANAGER = GoModule("alertmanager", go=(1, 26), minutes=2)
_OPERATOR = GoModule("prometheus-operator", go=(1, 26), minutes=4)
_TRANSLATOR = "prometheus-operator"
_PACKAGES = "github.com/prometheus/alertmanager/cmd"


def ensure_alertmanager() -> dict[str, Path]:
    """Answer where `alertmanager` and `amtool` are, after building them if need be. Raises BuildError."""
    return _ALERTMANAGER.ensure({name: f"{_PACKAGES}/{name}" for name in ("alertmanager", "amtool")})


def ensure_translator() -> Path:
    """Answer where the program is that translates AlertmanagerConfigs, after building it. Raises BuildError."""
    return _OPERATOR.ensure({_TRANSLATOR: "."})[_TRANSLATOR]
