"""Builds the programs of the local control plane from the pinned Go module, once, into a cache.

`python3 -m tools.build_control_plane [--node]`; the option adds what real pods need. Standard library only: runs before
there is a virtual environment.
Prints what it does while it takes minutes. The cache is outside the checkout.
`KUBEBUILDER_ASSETS` (the convention of setup-envtest), if set, is a folder whose programs are used instead.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tools.control_plane_programs import BUILT_AS, CONTROL_PLANE, FLAGS, NODE
from tools.go_toolchain import BuildError, find_go, go_environment, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["BuildError", "ensure_binaries", "main"]

_ROOT = Path(__file__).resolve().parent.parent
_MODULE = _ROOT / "tools" / "control-plane"
_FREE_DISK_GB = 6  # Go's build cache, its module cache and the programs together
_PROGRESS_SECONDS = 15
_DEADLINE_SECONDS = 3600  # for a build, and for waiting for another's


def ensure_binaries(programs: Mapping[str, str] = CONTROL_PLANE) -> dict[str, Path]:
    """Answer where each program is, after building those that are nowhere yet. Raises BuildError.

    `programs`: their names and packages; those of the control plane if not told.
    """
    binaries = _cache() / _key() / "bin"
    given = os.environ.get("KUBEBUILDER_ASSETS")  # noqa: TID251 - a script of its own
    found = {name: Path(given or "", name) for name in programs if given and Path(given, name).is_file()}
    wanted = {name: binaries / name for name in programs if name not in found}
    if _missing(wanted):
        with _lock(_cache() / "lock"):
            missing = _missing(wanted)  # somebody else may have built them meanwhile
            if missing:
                _build({name: programs[name] for name in missing}, binaries)
    return {**found, **wanted}


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


def _missing(wanted: dict[str, Path]) -> list[str]:
    return [name for name, path in wanted.items() if not path.is_file()]


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")  # noqa: TID251 - a script of its own
    return Path(home) / "pharia-access" / "control-plane"


def _key() -> str:
    """What decides about the programs' content: the pinned modules, the flags, the kind of machine."""
    parts = [(_MODULE / name).read_bytes() for name in ("go.mod", "go.sum")]
    parts.append("\n".join([*FLAGS, sys.platform, platform.machine()]).encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Hold an exclusive lock, which ends with this process at the latest; say so while waiting for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        started = time.monotonic()
        told = started - _PROGRESS_SECONDS
        while not _acquired(lock.fileno()):
            _check_deadline(started)
            if time.monotonic() - told >= _PROGRESS_SECONDS:
                told = time.monotonic()
                say(f"waiting for the build that already runs, {told - started:.0f} s so far")
            time.sleep(0.2)
        yield


def _acquired(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _build(programs: Mapping[str, str], binaries: Path) -> None:
    """Build into a temporary folder and move each program into place: one that is there is whole."""
    go = find_go(_cache())
    _check_disk(binaries)
    binaries.mkdir(parents=True, exist_ok=True)
    say(f"building {', '.join(programs)} with {go}; the first time takes about ten minutes on two cores")
    with tempfile.TemporaryDirectory(dir=binaries.parent, prefix="build-") as folder:
        command = [go, "build", "-v", "-o", folder, *FLAGS, *programs.values()]
        _run_with_progress(command)
        for name in programs:
            Path(folder, BUILT_AS.get(name, name)).replace(binaries / name)


def _check_disk(folder: Path) -> None:
    existing = next(parent for parent in folder.parents if parent.exists())
    free = shutil.disk_usage(existing).free / 1e9
    if free < _FREE_DISK_GB:
        message = f"the build needs about {_FREE_DISK_GB} GB, {existing} has {free:.1f} GB free"
        raise BuildError(message)


@dataclass(slots=True)
class _Progress:
    """What `go build -v` has said so far: one line for each package that is done, others where it fails."""

    packages: int = 0
    downloads: int = 0
    other: list[str] = field(default_factory=list)

    def read(self, line: str) -> None:
        if line.startswith("go: downloading"):
            self.downloads += 1
        elif re.fullmatch(r"[\w./~-]+\n?", line):
            self.packages += 1
        else:
            self.other.append(line)


def _run_with_progress(command: list[str]) -> None:
    started = time.monotonic()
    progress = _Progress()
    with subprocess.Popen(
        command,
        cwd=_MODULE,
        env=go_environment(),
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    ) as build:
        reader = threading.Thread(target=_read_all, args=(build, progress), daemon=True)
        reader.start()
        try:
            while not _ended(build):
                _check_deadline(started)
                say(
                    f"still building: {time.monotonic() - started:.0f} s so far, {progress.downloads} modules"
                    f" downloaded, {progress.packages} packages compiled"
                )
        except BaseException:
            build.terminate()
            raise
        reader.join()
    if build.returncode:
        message = f"{' '.join(command[:2])} failed:\n{''.join(progress.other[-40:])}"
        raise BuildError(message)
    say(f"built in {time.monotonic() - started:.0f} s")


def _check_deadline(started: float) -> None:
    if time.monotonic() - started > _DEADLINE_SECONDS:
        message = f"nothing came of it in {_DEADLINE_SECONDS} s; look at the network and the disk and try again"
        raise BuildError(message)


def _ended(build: subprocess.Popen[str]) -> bool:
    try:
        build.wait(_PROGRESS_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _read_all(build: subprocess.Popen[str], progress: _Progress) -> None:
    for line in build.stderr or ():
        progress.read(line)


if __name__ == "__main__":
    sys.exit(main())
