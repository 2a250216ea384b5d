"""The files of `clients/introspection`, as people are shown them: copied, with addresses and chosen texts replaced."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from tools.control_plane.processes import inherited_environment
from tools.program_cache import cache_folder, locked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["CALLER", "FOLDER", "Changes", "Place", "built_once", "run"]

Changes = Mapping[str, str]
FOLDER = Path(__file__).resolve().parents[2] / "clients" / "introspection"
CALLER = "finance/introspector"
"""The credential whose token the clients ask with, in every file."""

_VERIFIER = "pharia-access-verifier.pharia-access-system.svc.cluster.local"
_SERVICE = "reports.finance.svc.cluster.local:8080"
_AUTHORITY = "/etc/ssl/certs/pharia-access-verifier.pem"
_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Place:
    """Where a client runs, and whom it asks.

    Attributes:
        root: its folder.
        port: where it answers, on 127.0.0.1.
        verifier: host and port, behind TLS.
        ca_file: what the verifier's certificate is checked against.
        secret: the token that it asks with.
        service: host and port of what stands behind it, if it is a proxy.
        changes: texts of its files, and what stands there instead.
    """

    root: Path
    port: int
    verifier: str
    ca_file: Path
    service: str
    secret: str = field(repr=False)
    changes: Changes = field(default_factory=dict)

    def copied(self, client: str, listens: Changes) -> Path:
        """Copy the client's files; `listens`: how they say where it answers. Raises AssertionError."""
        folder = self.root / client
        shutil.copytree(FOLDER / client, folder, ignore=shutil.ignore_patterns("target", "node_modules", "__pycache__"))
        files = [path for path in folder.rglob("*") if path.is_file()]
        for shown, own in self.changes.items():
            _replaced(files, shown, own)
        for shown, own in listens.items():
            _replaced(files, shown, own)
        for shown, own in ((_VERIFIER, self.verifier), (_SERVICE, self.service), (_AUTHORITY, str(self.ca_file))):
            _replaced(files, shown, own, must=False)
        return folder


def _replaced(files: Sequence[Path], shown: str, own: str, *, must: bool = True) -> None:
    found = False
    for file in files:
        text = file.read_text(encoding="utf-8")
        if shown in text:
            found = True
            file.write_text(text.replace(shown, own), encoding="utf-8")
    assert found or not must, shown


def built_once(client: str, build: Callable[[Path], None], *, beside: Sequence[Path] = ()) -> Path:
    """A copy of the client's folder in the cache, in which `build` was run once; anew when a file changes."""
    cache = cache_folder("introspection")
    files = [*sorted(path for path in (FOLDER / client).rglob("*") if _is_source(path)), *beside]
    key = hashlib.sha256(b"\0".join(path.name.encode() + b"\0" + path.read_bytes() for path in files)).hexdigest()[:16]
    folder = cache / f"{client}-{key}"
    with locked(cache):
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(FOLDER / client, folder, ignore=shutil.ignore_patterns("target", "node_modules"))
            build(folder)
            (folder / "complete").touch()
    return folder


def _is_source(path: Path) -> bool:
    return path.is_file() and not {"target", "node_modules", "__pycache__"} & set(path.parts)


def run(argv: Sequence[str | Path], folder: Path, env: Changes = MappingProxyType({})) -> None:
    """Run a program to its end. Raises RuntimeError with what it said."""
    done = subprocess.run(
        argv,
        cwd=folder,
        env={**inherited_environment(), **env},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=_SECONDS,
    )
    if done.returncode:
        message = f"{argv[0]} failed:\n{(done.stdout + done.stderr)[-3000:]}"
        raise RuntimeError(message)
