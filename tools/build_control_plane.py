"""Builds the programs of the local control plane from the pinned Go modules, once, into a cache.

`python3 -m tools.build_control_plane [--node]`; the option adds what real pods need. Standard library only: runs before
there is a virtual environment.
`KUBERNETES` names the version, `1.32`; the newest without it.
`KUBEBUILDER_ASSETS` (the convention of setup-envtest), if set, is a folder whose programs are used instead.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools.control_plane_programs import CONTROL_PLANE, NODE, OF_A_VERSION, module
from tools.go_toolchain import BuildError
from tools.kubernetes_versions import NEWEST, chosen

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BuildError", "ensure_binaries", "main"]


def ensure_binaries(programs: Mapping[str, str] = CONTROL_PLANE) -> dict[str, Path]:
    """Answer where each program is, after building those that are nowhere yet. Raises BuildError.

    `programs`: their names and packages; those of the control plane if not told.
    """
    given = os.environ.get("KUBEBUILDER_ASSETS")  # noqa: TID251 - a script of its own
    found = {name: Path(given or "", name) for name in programs if given and Path(given, name).is_file()}
    wanted = {name: package for name, package in programs.items() if name not in found}
    return {**found, **_built(wanted)}


def _built(programs: Mapping[str, str]) -> dict[str, Path]:
    """Those that are of the version of Kubernetes that was chosen, and the others, each from its module."""
    versions = {name: chosen() if name in OF_A_VERSION else NEWEST for name in programs}
    parts = (
        module(version).ensure({name: programs[name] for name in programs if versions[name] == version})
        for version in dict.fromkeys(versions.values())
    )
    return {name: path for part in parts for name, path in part.items()}


def main() -> int:
    """Build what is missing and print where it is."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that Go is ended too
    try:
        binaries = ensure_binaries({**CONTROL_PLANE, **NODE} if "--node" in sys.argv[1:] else CONTROL_PLANE)
    except BuildError as error:
        print(f"control plane: {error}", file=sys.stderr)
        return 1
    for folder in sorted({str(path.parent) for path in binaries.values()}):
        names = [name for name, path in binaries.items() if str(path.parent) == folder]
        print(f"control plane: {', '.join(names)} in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
