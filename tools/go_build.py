"""Builds programs from a pinned Go module of this project, once, into the cache.

Prints what it does while it takes minutes. The cache is outside the checkout. Standard library only: runs before there
is a virtual environment.
"""

from __future__ import annotations

import fcntl
import hashlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tools.go_toolchain import BuildError, find_go, go_environment, say
from tools.program_cache import cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["GoModule"]

_ROOT = Path(__file__).resolve().parent / "go"
_FREE_DISK_GB = 6  # Go's build cache, its module cache and the programs together
_PROGRESS_SECONDS = 15
_DEADLINE_SECONDS = 3600  # for a build, and for waiting for another's


@dataclass(frozen=True, slots=True)
class GoModule:
    """A module of this project, and how programs are built from it."""

    name: str
    """Its folder under tools/go/, and the one in the cache."""
    go: tuple[int, int]
    """The oldest Go that builds it."""
    minutes: int
    """What a first build takes on two cores."""
    flags: Sequence[str] = ("-trimpath", "-buildvcs=false", "-ldflags=-s -w")
    built_as: Mapping[str, str] = field(default_factory=dict)
    """`go build` names a program after the last element of its package that is not a version; what it is to be."""

    @property
    def source(self) -> Path:
        """Where the module is."""
        return _ROOT / self.name

    @property
    def binaries(self) -> Path:
        """Where its programs are, once they are built."""
        return cache_folder(self.name) / self._key() / "bin"

    def ensure(self, programs: Mapping[str, str]) -> dict[str, Path]:
        """Answer where each program is, after building those that are nowhere yet. Raises BuildError.

        `programs`: their names and packages.
        """
        wanted = {name: self.binaries / name for name in programs}
        if _missing(wanted):
            with _lock(cache_folder(self.name) / "lock"):
                missing = _missing(wanted)  # somebody else may have built them meanwhile
                if missing:
                    self._build({name: programs[name] for name in missing})
        return wanted

    def _key(self) -> str:
        """What decides about the programs' content: the module, the flags, the kind of machine."""
        parts = [path.read_bytes() for path in sorted(self.source.iterdir())]
        parts.append("\n".join([*self.flags, sys.platform, platform.machine()]).encode())
        return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]

    def _build(self, programs: Mapping[str, str]) -> None:
        """Build into a temporary folder and move each program into place: one that is there is whole."""
        go = find_go(self.go)
        _check_disk(self.binaries)
        self.binaries.mkdir(parents=True, exist_ok=True)
        say(f"building {', '.join(programs)} with {go}; the first time takes about {self.minutes} minutes on two cores")
        with tempfile.TemporaryDirectory(dir=self.binaries.parent, prefix="build-") as folder:
            _run_with_progress(
                [go, "build", "-v", "-o", folder, *self.flags, *programs.values()], self.source, programs.values()
            )
            for name in programs:
                Path(folder, self.built_as.get(name, name)).replace(self.binaries / name)


def _missing(wanted: dict[str, Path]) -> list[str]:
    return [name for name, path in wanted.items() if not path.is_file()]


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
    total: int = 0
    other: list[str] = field(default_factory=list)

    def read(self, line: str) -> None:
        if line.startswith("go: downloading"):
            self.downloads += 1
        elif re.fullmatch(r"[\w./~-]+\n?", line):
            self.packages += 1
        else:
            self.other.append(line)

    def told(self) -> str:
        """How far it is; a package that an earlier build left in Go's cache is not compiled again, nor counted."""
        share = f" of {self.total}" if self.total else ""
        percent = f" ({min(99, 100 * self.packages // self.total)} %)" if self.total else ""
        return f"{self.downloads} modules downloaded, {self.packages}{share} packages compiled{percent}"


def _run_with_progress(command: list[str], folder: Path, packages: Iterable[str]) -> None:
    started = time.monotonic()
    progress = _Progress()
    listing = [command[0], "list", "-deps", *packages]
    threading.Thread(target=_count, args=(progress, listing, folder), daemon=True).start()
    with subprocess.Popen(
        command,
        cwd=folder,
        env=go_environment(),
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    ) as build:
        reader = threading.Thread(target=_read_all, args=(build, progress), daemon=True)
        reader.start()
        _watch(build, progress, started)
        reader.join()
    if build.returncode:
        message = f"{' '.join(command[:2])} failed:\n{''.join(progress.other[-40:])}"
        raise BuildError(message)
    say(f"built in {time.monotonic() - started:.0f} s")


def _count(progress: _Progress, command: list[str], folder: Path) -> None:
    """Find out how many packages there are, beside the build."""
    listed = subprocess.run(
        command, cwd=folder, env=go_environment(), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    progress.total = len(listed.stdout.splitlines())


def _watch(build: subprocess.Popen[str], progress: _Progress, started: float) -> None:
    """Tell how far it is until it ends; whatever breaks off ends the build."""
    try:
        while not _ended(build):
            _check_deadline(started)
            say(f"still building: {time.monotonic() - started:.0f} s so far, {progress.told()}")
    except BaseException:
        build.terminate()
        raise


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
