"""One range of versions of Kubernetes, in one place: everything that names versions is compared with it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.documents.schemas import VERSIONS
from tools.control_plane_programs import CONTROL_PLANE, NODE, OF_A_VERSION, module
from tools.go_toolchain import BuildError
from tools.kubernetes_versions import BUILT, NEWEST, OLDEST, SUPPORTED, chosen, module_name, release

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "pharia-access"
RANGE = f"Kubernetes {OLDEST} to {NEWEST}"
NAMING = [
    "README.md",
    "docs/how-to/install.md",
    "docs/decisions/0002-admission-policies-not-webhooks.md",
    "docs/decisions/0035-kubernetes-versions.md",
    "charts/pharia-access/README.md",
    "charts/pharia-access/templates/NOTES.txt",
]
"""The pages that must name the range; what any page says of a range must be this one."""
HISTORY = ["CHANGELOG.md"]
"""What was once; it stays."""


def minor(version: str) -> int:
    return int(version.rpartition(".")[2])


def pages() -> Iterator[Path]:
    for pattern in (
        "*.md",
        "docs/**/*.md",
        "charts/**/*.md",
        "charts/**/*.txt",
        "charts/**/*.yaml",
        "examples/**/*.md",
    ):
        yield from (page for page in ROOT.glob(pattern) if page.name not in HISTORY)


@pytest.mark.parametrize("page", NAMING)
def test_a_page_that_tells_what_is_needed_names_the_range(page: str) -> None:
    assert RANGE in " ".join((ROOT / page).read_text(encoding="utf-8").split())


def test_no_page_names_another_range() -> None:
    said = {
        str(page.relative_to(ROOT)): found
        for page in pages()
        if (found := re.findall(r"\b1\.\d\d (?:to 1\.\d\d|or newer|and newer|or later)", page.read_text("utf-8")))
    }
    others = {page: [each for each in found if f"Kubernetes {each}" != RANGE] for page, found in said.items()}

    # "Go 1.26 or newer" is about something else.
    assert {page: found for page, found in others.items() if set(found) - {"1.26 or newer"}} == {}


def test_the_chart_lets_in_the_oldest_and_whatever_is_newer() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))

    assert chart["kubeVersion"] == f">={OLDEST}.0-0"


def test_the_notes_warn_of_what_is_newer_than_the_newest() -> None:
    notes = (CHART / "templates" / "NOTES.txt").read_text(encoding="utf-8")

    assert f'semverCompare ">=1.{minor(NEWEST) + 1}.0-0" .Capabilities.KubeVersion.Version' in notes


def test_what_is_installed_is_compared_with_the_schemas_of_every_version() -> None:
    assert VERSIONS == SUPPORTED


def test_the_range_has_no_gap() -> None:
    assert [minor(version) for version in SUPPORTED] == list(range(minor(OLDEST), minor(NEWEST) + 1))


def test_tests_can_run_on_both_ends_of_the_range() -> None:
    assert {OLDEST, NEWEST} <= set(BUILT) <= set(SUPPORTED)


def test_every_module_of_a_version_is_one_that_can_be_chosen() -> None:
    folders = {path.parent.name for path in ROOT.glob("tools/go/control-plane*/go.mod")}

    assert folders == {module_name(version) for version in BUILT}


@pytest.mark.parametrize("version", BUILT)
def test_a_module_builds_a_release_of_its_version(version: str) -> None:
    major, of, patch = release(version)
    (pinned,) = [flag for flag in module(version).flags if "gitVersion" in flag]

    assert f"{major}.{of}" == version
    assert f"gitVersion=v{version}.{patch} " in pinned


@pytest.mark.parametrize("version", BUILT)
def test_a_module_has_the_programs_that_are_taken_from_it(version: str) -> None:
    wanted = {**CONTROL_PLANE, **NODE} if version == NEWEST else OF_A_VERSION
    text = (module(version).source / "go.mod").read_text(encoding="utf-8")

    assert {package for package in wanted.values() if f"\t{package}\n" not in text} == set()


def test_the_makefile_names_the_versions_that_can_be_chosen() -> None:
    *older, newest = BUILT

    assert f"{', '.join(older)} or, if nothing is said, {newest}." in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_kind_runs_the_newest() -> None:
    config: dict[str, Any] = yaml.safe_load((ROOT / "kind-config.yaml").read_text(encoding="utf-8"))

    assert config["nodes"][0]["image"].startswith(f"kindest/node:v{NEWEST}.")


def test_the_package_of_schemas_is_one_that_knows_the_newest() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    known = [each for each in pyproject["dependency-groups"]["dev"] if each.startswith("kubernetes-validate")]

    assert known == [f"kubernetes-validate>={NEWEST}"]


@pytest.mark.parametrize(("asked", "version"), [(None, NEWEST), ("", NEWEST), (OLDEST, OLDEST), ("1.34", "1.34")])
def test_a_version_is_chosen_by_the_environment(
    monkeypatch: pytest.MonkeyPatch, asked: str | None, version: str
) -> None:
    monkeypatch.delenv("KUBERNETES", raising=False)
    if asked is not None:
        monkeypatch.setenv("KUBERNETES", asked)

    assert chosen() == version


@pytest.mark.parametrize("asked", ["1.31", "1.33", "1.32.13", "v1.32", "latest"])
def test_a_version_that_is_not_built_is_refused_with_those_that_are(
    monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.setenv("KUBERNETES", asked)

    with pytest.raises(BuildError, match=re.escape(f"Kubernetes {asked}; choose KUBERNETES={', '.join(BUILT)}")):
        chosen()
