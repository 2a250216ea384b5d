"""Writes dist/access.yaml, what krew installs from: `python -m tools.krew_manifest OWNER/REPOSITORY`.

It is .krew.yaml with the version, the place of the release, and the digests of the archives in dist/.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from tools import version
from tools.plugin import PLATFORMS, archive_name

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TEMPLATE", "main", "manifest"]

TEMPLATE = Path(__file__).resolve().parent.parent / ".krew.yaml"


def manifest(repository: str, digests: Mapping[str, str]) -> str:
    """The manifest of this version. `digests`: SHA-256 of each platform's archive."""
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        digests, repository=repository, version=version.read()
    )


def main(arguments: list[str]) -> int:
    """Write it; the exit status."""
    (repository,) = arguments
    folder = TEMPLATE.parent / "dist"
    digests = {name: hashlib.sha256((folder / archive_name(name)).read_bytes()).hexdigest() for name in PLATFORMS}
    (folder / "access.yaml").write_text(manifest(repository, digests), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
