"""Which versions of Kubernetes are supported, and which of them tests can run on: the one place that says so.

The chart and the pages that name the range follow (tests/unit/test_kubernetes_versions.py compares them). Standard
library only: runs before there is a virtual environment.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from tools.go_toolchain import BuildError

__all__ = ["BUILT", "NEWEST", "OLDEST", "SUPPORTED", "chosen", "module_name", "older_module_name", "release"]

_ROOT = Path(__file__).resolve().parent / "go"

SUPPORTED = ("1.32", "1.33", "1.34", "1.35", "1.36", "1.37")
"""Minor versions, oldest first. What is newer is not refused, only not tried."""
OLDEST, NEWEST = SUPPORTED[0], SUPPORTED[-1]

BUILT = ("1.32", "1.34", "1.36", "1.37")
"""Those with a module of their own under tools/go/, which tests, the demo and `make up` can run on."""


def chosen() -> str:
    """The minor version that `KUBERNETES` names, the newest if it names none. Raises BuildError."""
    asked = os.environ.get("KUBERNETES") or NEWEST  # noqa: TID251 - a script of its own
    if asked not in BUILT:
        message = f"there is no control plane of Kubernetes {asked}; choose KUBERNETES={', '.join(BUILT)}"
        raise BuildError(message)
    return asked


def module_name(version: str) -> str:
    """The folder under tools/go/ of the Go module with that version's programs."""
    return "control-plane" if version == NEWEST else older_module_name(version)


def older_module_name(version: str) -> str:
    """The folder of a version that is not the newest, or will not be much longer."""
    return f"control-plane-{version}"


def release(version: str) -> tuple[int, int, int]:
    """The release that stands for a minor version, as its module pins it."""
    pinned = (_ROOT / module_name(version) / "go.mod").read_text(encoding="utf-8")
    match = re.search(r"^\s*(?:require )?k8s\.io/kubernetes v(\d+)\.(\d+)\.(\d+)\b", pinned, re.MULTILINE)
    if match is None:
        message = f"tools/go/{module_name(version)}/go.mod requires no k8s.io/kubernetes"
        raise BuildError(message)
    major, minor, patch = match.groups()
    return int(major), int(minor), int(patch)
