"""What a release decides: the version, the changelog, the checksums, and what the image is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tools.bill_of_materials import BillError, combined, debian_names, parse_control
from tools.release import ReleaseError, changelog_of, check_version, checksums

if TYPE_CHECKING:
    from pathlib import Path

LOCK: dict[str, Any] = {
    "metadata": {"component": {"bom-ref": "root"}},
    "components": [{"name": "aiohttp"}],
    "dependencies": [{"ref": "root", "dependsOn": ["aiohttp"]}, {"ref": "aiohttp"}],
}


@pytest.mark.parametrize("wanted", ["0.2.0", "0.2.1", "0.10.0", "1.0.0"])
def test_a_version_may_be_the_current_one_or_a_later_one(wanted: str) -> None:
    check_version(wanted, "0.2.0")

    assert wanted.count(".") == 2


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("0.1.9", "0.1.9 is before 0.2.0"),
        ("v0.3.0", "v0.3.0 is no version"),
        ("0.3", "0.3 is no version"),
        ("0.3.0-rc.1", "0.3.0-rc.1 is no version"),
        ("", " is no version"),
    ],
)
def test_what_is_no_later_version_is_refused(wanted: str, message: str) -> None:
    with pytest.raises(ReleaseError, match=message):
        check_version(wanted, "0.2.0")


def test_what_was_unreleased_becomes_the_section_of_the_release() -> None:
    before = "# Changelog\n\n## Unreleased\n\n- a\n\n## 0.1.0\n\n- b\n"

    assert changelog_of(before, "0.2.0", "2026-11-30") == (
        "# Changelog\n\n## Unreleased\n\n## 0.2.0 - 2026-11-30\n\n- a\n\n## 0.1.0\n\n- b\n"
    )


@pytest.mark.parametrize("text", ["# Changelog\n", "## Unreleased\n\n", "## Unreleased\n\n## 0.1.0\n\n- b\n"])
def test_a_release_that_changes_nothing_is_refused(text: str) -> None:
    with pytest.raises(ReleaseError, match="nothing under Unreleased"):
        changelog_of(text, "0.2.0", "2026-11-30")


def test_checksums_are_of_every_file_but_their_own(tmp_path: Path) -> None:
    for name in ("b", "a", "SHA256SUMS"):
        (tmp_path / name).write_text("")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    assert checksums(tmp_path) == f"{empty}  a\n{empty}  b\n"


def test_the_packages_of_debian_are_those_of_the_dockerfile() -> None:
    assert {"libssl3", "python3.11-minimal", "base-files", "zlib1g"} < set(debian_names())
    assert [name for name in debian_names() if not name[0].isalpha()] == []


def test_one_bill_has_the_wheels_and_debians_packages() -> None:
    bill = combined(LOCK, packages())

    assert [component["name"] for component in bill["components"]] == ["aiohttp", *debian_names()]
    assert bill["dependencies"][0] == {"ref": "root", "dependsOn": ["aiohttp", *(f"deb:{n}" for n in debian_names())]}
    assert bill["components"][1]["purl"].endswith("@1%2Bdeb12u1?arch=amd64&distro=debian-12")


def test_a_package_without_a_known_version_is_no_bill() -> None:
    with pytest.raises(BillError, match="no version is known of Debian's zlib1g"):
        combined(LOCK, [package for package in packages() if package["Package"] != "zlib1g"])


def packages() -> list[dict[str, str]]:
    text = "\n\n".join(f"Package: {name}\nVersion: 1+deb12u1\nArchitecture: amd64\n two" for name in debian_names())
    return parse_control(text)
