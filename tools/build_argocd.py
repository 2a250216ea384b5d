"""The real Argo CD for tests/e2e: its application controller and repo server, built from a Go module of our own.

Redis, in which both keep what they may lose, comes from Debian's packages.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools.debian_programs import find_program
from tools.go_build import GoModule
from tools.go_toolchain import find_go, go_environment

__all__ = ["ArgoCDPrograms", "ensure_argo_cd"]

_MODULE = GoModule("argo-cd", go=(1, 27), minutes=4)
_PROGRAM = "argo-cd"
_PUBLISHED = "github.com/argoproj/argo-cd/v3"
_KINDS = ("application-crd.yaml", "appproject-crd.yaml")
_SECONDS = 300


@dataclass(frozen=True, slots=True)
class ArgoCDPrograms:
    """Where Argo CD is."""

    argo_cd: Path
    """One file that is several programs, by the name it is called by: see tools/go/argo-cd/main.go."""
    redis: Path
    kinds: tuple[Path, ...]
    """The definitions of its kinds."""


def ensure_argo_cd() -> ArgoCDPrograms:
    """Build and fetch what is nowhere yet. Raises BuildError or MissingProgramError."""
    program = _MODULE.ensure({_PROGRAM: "."})[_PROGRAM]
    folder = program.parent.parent / "kinds"
    if not folder.exists():
        _copy_kinds(folder)
    return ArgoCDPrograms(program, find_program("redis-server"), tuple(folder / name for name in _KINDS))


def _copy_kinds(folder: Path) -> None:
    """Take them from the module that the program was built from; the folder is complete once it is there."""
    download = [find_go(_MODULE.go), "mod", "download", "-json", _PUBLISHED]
    done = subprocess.run(
        download,
        cwd=_MODULE.source,
        env=go_environment(),
        capture_output=True,
        check=True,
        stdin=subprocess.DEVNULL,
        timeout=_SECONDS,
    )
    source = Path(json.loads(done.stdout)["Dir"], "manifests", "crds")
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="kinds-") as made:
        for name in _KINDS:
            shutil.copyfile(source / name, Path(made, name))
        Path(made).rename(folder)
