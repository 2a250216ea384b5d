"""A Git repository made by a test, with manifests in it."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import yaml

from tools.control_plane.resources import api_token

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Repository"]

_IDENTITY = ("-c", "user.name=a test", "-c", "user.email=test@example.com")
_END = (datetime.now(UTC) + timedelta(days=60)).strftime("%FT00:00:00Z")
_ABSOLUTE_END = re.compile(r'(?<=expiresAt: )"[^"]+"')


@dataclass(frozen=True, slots=True)
class Repository:
    """A folder under Git with the branch `main`."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> Repository:
        """An empty one in a folder that does not exist yet."""
        folder.mkdir(parents=True)
        repository = cls(folder)
        repository._git("init", "--quiet", "--initial-branch=main")
        return repository

    @property
    def url(self) -> str:
        """Where others fetch it from."""
        return self.folder.as_uri()

    def declare(self, name: str, **spec: object) -> None:
        """Write the manifest of a token of the examples' credential; with an absolute end, as a manifest should."""
        manifest = yaml.safe_dump(api_token("finance", name, **{"expiresAt": _END, **spec}))
        (self.folder / f"{name}.yaml").write_text(manifest, encoding="utf-8")

    def copy(self, manifest: Path) -> None:
        """Take a manifest over, with an end of ours: one that is written down has its day."""
        text = _ABSOLUTE_END.sub(f'"{_END}"', manifest.read_text(encoding="utf-8"))
        (self.folder / manifest.name).write_text(text, encoding="utf-8")

    def remove(self, name: str) -> None:
        """Remove a manifest."""
        (self.folder / f"{name}.yaml").unlink()

    def commit(self) -> str:
        """Commit all that was changed; answers the commit."""
        self._git("add", "--all")
        self._git(*_IDENTITY, "commit", "--quiet", "--message=a change")
        return self._git("rev-parse", "HEAD")

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, capture_output=True, text=True, check=False, timeout=30
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()
