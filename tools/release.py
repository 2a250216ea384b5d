"""Makes a release as far as no registry is needed: `python -m tools.release 0.3.0`, or `make release VERSION=0.3.0`.

Writes the version everywhere and its section of the changelog, and puts into dist/: the chart's package, the archives
of `kubectl access` for each platform, krew's manifest, one bill of materials, and the checksums of them all. Commits,
pushes and signs nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tools import bill_of_materials, krew_manifest, owners, plugin, render_manifests, version
from tools.build_control_plane import ensure_binaries

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CHECKSUMS", "ReleaseError", "changelog_of", "check_version", "checksums", "main"]

CHECKSUMS: Final = "SHA256SUMS"

_ROOT: Final = Path(__file__).resolve().parent.parent
_DIST: Final = _ROOT / "dist"
_UNRELEASED: Final = re.compile(r"^## Unreleased\n(?P<content>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_UNNAMED: Final = "OWNER/REPOSITORY"

_REST: Final = """\
dist/ holds the release {version}. What is left needs a person, or a registry:
  git commit --all --message "tools: release {version}" && git tag --sign v{version}
  git push --follow-tags      # the release workflow builds and signs the image and the chart
  docs/how-to/build-the-image.md does the same by hand"""


class ReleaseError(RuntimeError):
    """The release cannot be made; the text says why."""


def main(arguments: list[str]) -> int:
    """Make it; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.release", description=__doc__)
    parser.add_argument("version", help="such as 0.3.0")
    parser.add_argument("--image-packages", type=Path, metavar="FOLDER", help="the image's /var/lib/dpkg/status.d")
    asked = parser.parse_args(arguments)
    try:
        check_version(asked.version, version.read())
        _check_clean()
        for told, step in _steps(asked.version, asked.image_packages):
            print(told, flush=True)
            step()
    except (ReleaseError, version.VersionError, bill_of_materials.BillError) as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    print(_REST.format(version=asked.version))
    return 0


def check_version(wanted: str, current: str) -> None:
    """Raise ReleaseError for a version that is none, or that is before the current one."""
    if not version.FORM.fullmatch(wanted):
        message = f"{wanted} is no version: name three numbers, such as 0.3.0"
        raise ReleaseError(message)
    if _numbers(wanted) < _numbers(current):
        message = f"{wanted} is before {current}, the version in pyproject.toml: name a later one"
        raise ReleaseError(message)


def changelog_of(text: str, released: str, day: str) -> str:
    """The changelog with a section for what was unreleased. Raises ReleaseError if there is nothing."""
    found = _UNRELEASED.search(text)
    if not found or not found["content"].strip():
        message = "CHANGELOG.md has nothing under Unreleased: say what changed"
        raise ReleaseError(message)
    return f"{text[: found.start()]}## Unreleased\n\n## {released} - {day}\n{text[found.start('content') :]}"


def checksums(folder: Path) -> str:
    """A line for each file in a folder, as `sha256sum --check` reads them."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != CHECKSUMS)
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def _steps(released: str, image_packages: Path | None) -> list[tuple[str, Callable[[], object]]]:
    """What is done, in order, each with what is told before."""
    return [
        ("pyproject.toml, the chart and the pages get the version", lambda: version.write(released)),
        ("CHANGELOG.md gets a section", lambda: _write_changelog(released)),
        ("manifests/ is rendered", render_manifests.main),
        ("dist/ is emptied", _empty_dist),
        ("the chart is packaged", _package_chart),
        ("kubectl access is built for each platform", _build_plugin),
        ("krew's manifest is written", _write_krew_manifest),
        ("the bill of materials is written", lambda: bill_of_materials.write(_DIST, image_packages)),
        (f"{CHECKSUMS} is written", lambda: (_DIST / CHECKSUMS).write_text(checksums(_DIST), encoding="utf-8")),
    ]


def _check_clean() -> None:
    done = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=no"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode or done.stdout.strip():
        message = f"the checkout has changes that are not committed: commit them first\n{done.stdout or done.stderr}"
        raise ReleaseError(message)


def _write_changelog(released: str) -> None:
    path = _ROOT / "CHANGELOG.md"
    day = time.strftime("%Y-%m-%d", time.gmtime())
    path.write_text(changelog_of(path.read_text(encoding="utf-8"), released, day), encoding="utf-8")


def _empty_dist() -> None:
    shutil.rmtree(_DIST, ignore_errors=True)
    _DIST.mkdir()


def _package_chart() -> None:
    helm = ensure_binaries()["helm"]
    argv = [str(helm), "package", str(_ROOT / "charts" / "pharia-access"), "--destination", str(_DIST)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        message = f"helm package failed:\n{done.stderr}"
        raise ReleaseError(message)


def _build_plugin() -> None:
    if plugin.main(["--all", f"--output={_DIST}"]):
        message = "kubectl access could not be built; what failed is told above"
        raise ReleaseError(message)
    for name in ("kubectl-access", "kubectl_complete-access"):  # for this machine; what is released is in the archives
        (_DIST / name).unlink(missing_ok=True)


def _write_krew_manifest() -> None:
    repository = owners.read().repository or _UNNAMED
    if repository == _UNNAMED:
        print(f"  tools/owners.toml names no repository yet: access.yaml says {_UNNAMED}")
    krew_manifest.main([repository])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
