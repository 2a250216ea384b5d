"""Writes the version of pyproject.toml everywhere else where it is named: `python -m tools.version`.

Package, chart, image, archives of `kubectl access` and the pages' commands have one version.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FORM", "PLACES", "VersionError", "files", "main", "read", "write"]

FORM: Final = re.compile(r"(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2}")
"""Three numbers, as Semantic Versioning, Helm and Python's packages all read them."""

_ROOT: Final = Path(__file__).resolve().parent.parent
_PYPROJECT: Final = (r'^version = "', r'"$')
_IMAGE: Final = (r"registry\.example\.com/pharia-access:", r"(?=\s)")

PLACES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "src/pharia_access/__init__.py": ((r'^__version__ = "', r'"$'),),
    "charts/pharia-access/Chart.yaml": ((r"^version: ", r"$"), (r"^appVersion: ", r"$")),
    "README.md": (_IMAGE,),
    "docs/how-to/build-the-image.md": (_IMAGE,),
    "docs/how-to/install-for-real.md": (_IMAGE,),
    "docs/how-to/kubectl-access.md": ((r"/releases/download/v", r"/access\.yaml"),),
}
"""Each file that names the version, and what stands before and after it there."""


class VersionError(RuntimeError):
    """A file does not name a version where it should."""


def read() -> str:
    """The one in pyproject.toml."""
    text = (_ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(rf"{_PYPROJECT[0]}({FORM.pattern}){_PYPROJECT[1]}", text, re.MULTILINE)
    if not found:
        message = "pyproject.toml has no version of three numbers"
        raise VersionError(message)
    return found[1]


def files(version: str) -> dict[Path, str]:
    """The texts of all files that name the version, as they should be."""
    return {_ROOT / name: _named(name, places, version) for name, places in PLACES.items()}


def write(version: str) -> None:
    """Make it the version, in pyproject.toml and everywhere else."""
    wanted = {_ROOT / "pyproject.toml": _named("pyproject.toml", (_PYPROJECT,), version), **files(version)}
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")


def main() -> None:
    """Write what follows from pyproject.toml."""
    write(read())


def _named(name: str, places: tuple[tuple[str, str], ...], version: str) -> str:
    text = (_ROOT / name).read_text(encoding="utf-8")
    for before, after in places:
        text, count = re.subn(rf"({before}){FORM.pattern}({after})", rf"\g<1>{version}\g<2>", text, flags=re.MULTILINE)
        if not count:
            message = f"{name} names no version after {before}"
            raise VersionError(message)
    return text


if __name__ == "__main__":
    main()
