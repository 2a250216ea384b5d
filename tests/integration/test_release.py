"""A release, made in a clone of the project: everything that needs no registry. `make plugin-test` runs this."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tools.build_control_plane import ensure_binaries
from tools.plugin import PLATFORMS, archive_name

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.packaging

ROOT = Path(__file__).resolve().parents[2]
VERSION = "0.3.0"
SECONDS = 900


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as it was committed, released."""
    folder = tmp_path_factory.mktemp("release") / "project"
    run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(folder)])
    (folder / ".local").mkdir()
    (folder / ".local" / "lock").symlink_to(ROOT / ".local" / "lock")
    run([sys.executable, "-m", "tools.release", VERSION], cwd=folder, env={"PYTHONPATH": str(folder / "src")})
    return folder


def test_everything_that_is_released_is_there_with_its_checksum(clone: Path) -> None:
    dist = clone / "dist"
    archives = {archive_name(name) for name in PLATFORMS}
    sums = dict(re.findall(r"^(\w{64})  (.+)$", (dist / "SHA256SUMS").read_text(), re.MULTILINE))

    assert set(sums.values()) == archives | {f"pharia-access-{VERSION}.tgz", "access.yaml", "sbom.cdx.json"}
    assert {hashlib.sha256((dist / name).read_bytes()).hexdigest() for name in sums.values()} == set(sums)


def test_all_of_it_has_the_version(clone: Path) -> None:
    rendered = run([str(ensure_binaries()["helm"]), "template", str(clone / "dist" / f"pharia-access-{VERSION}.tgz")])
    krew = yaml.safe_load((clone / "dist" / "access.yaml").read_text(encoding="utf-8"))
    bill = json.loads((clone / "dist" / "sbom.cdx.json").read_text(encoding="utf-8"))

    assert set(re.findall(r"image: \"(.+)\"", rendered)) == {f"pharia-access:{VERSION}"}
    assert krew["spec"]["version"] == f"v{VERSION}"
    assert bill["metadata"]["component"]["version"] == VERSION
    assert f"## {VERSION} - 20" in (clone / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"pharia-access:{VERSION}" in (clone / "manifests" / "pharia-access.yaml").read_text(encoding="utf-8")


def test_one_bill_of_materials_names_both_sources(clone: Path) -> None:
    bill = json.loads((clone / "dist" / "sbom.cdx.json").read_text(encoding="utf-8"))
    urls = [component.get("purl", "") for component in bill["components"]]

    assert {url.partition("/")[0] for url in urls} == {"pkg:pypi", "pkg:deb"}


def test_nothing_else_than_the_version_is_changed(clone: Path) -> None:
    changed = run(["git", "diff", "--unified=0"], cwd=clone)
    added = re.findall(r"^\+(?!\+\+)(.*)$", changed, re.MULTILINE)

    assert [line for line in added if line and VERSION not in line and line != "## Unreleased"] == []


def run(argv: list[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        argv, cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout
