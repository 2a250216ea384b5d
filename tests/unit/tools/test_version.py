"""One version, from pyproject.toml: nothing else in the project is written by hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pharia_access import __version__
from tools import version

ROOT = Path(__file__).resolve().parents[3]
IMAGE = re.compile(r"registry\.example\.com/pharia-access:[\w.-]+")


def test_every_file_names_the_version_of_the_project() -> None:
    stale = [path.name for path, text in version.files(version.read()).items() if path.read_text("utf-8") != text]

    assert stale == [], "run: make generate"


def test_package_chart_and_image_have_one_version() -> None:
    chart = (ROOT / "charts" / "pharia-access" / "Chart.yaml").read_text(encoding="utf-8")

    assert re.findall(r"^(?:version|appVersion): (.+)$", chart, re.MULTILINE) == [version.read()] * 2
    assert __version__ == version.read()


def test_a_page_that_names_the_image_by_a_tag_is_one_that_gets_the_version() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "charts").rglob("*.md")]
    named = {page.relative_to(ROOT).as_posix() for page in pages if IMAGE.search(page.read_text(encoding="utf-8"))}

    assert named <= version.PLACES.keys()


def test_a_file_without_a_version_where_it_should_be_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version, "PLACES", {"LICENSE": ((r"^version: ", r"$"),)})

    with pytest.raises(version.VersionError, match=r"LICENSE names no version after \^version: "):
        version.files("1.0.0")
