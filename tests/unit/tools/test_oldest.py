"""What runs on the oldest Kubernetes, and what is said where it is not built; nothing is built or run here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tools import oldest
from tools.control_plane_programs import OF_A_VERSION, module
from tools.go_toolchain import BuildError
from tools.kubernetes_versions import OLDEST

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, list[str]]]:
    """The version and the options of each run, with a cache in which nothing is built."""
    runs: list[tuple[str, list[str]]] = []
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("KUBERNETES", "")
    monkeypatch.setattr(oldest, "ensure_binaries", dict)

    def run(options: list[str]) -> int:
        runs.append((os.environ["KUBERNETES"], options))
        return 5

    monkeypatch.setattr(oldest, "_run", run)
    return runs


def build() -> None:
    binaries = module(OLDEST).binaries
    binaries.mkdir(parents=True)
    for name in OF_A_VERSION:
        (binaries / name).touch()


def test_where_it_is_not_built_one_line_says_so_and_how_to_build_it(
    ran: list[tuple[str, list[str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert oldest.main(["--if-built", "-n", "2"]) == 0

    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"oldest: skipped, since Kubernetes {OLDEST} is not built here")
    assert f"`make control-plane KUBERNETES={OLDEST}`" in line
    assert ran == []


def test_where_it_is_built_the_tests_run_on_it_and_end_as_they_do(ran: list[tuple[str, list[str]]]) -> None:
    build()

    assert oldest.main(["--if-built", "-n", "2"]) == 5
    assert ran == [(OLDEST, ["-n", "2"])]


def test_without_the_option_it_is_built_first(
    ran: list[tuple[str, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []
    monkeypatch.setattr(oldest, "ensure_binaries", lambda: built.append(os.environ["KUBERNETES"]))

    assert oldest.main([]) == 5
    assert built == [OLDEST]


def test_a_build_that_fails_is_a_failure(
    ran: list[tuple[str, list[str]]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        message = "no Go"
        raise BuildError(message)

    monkeypatch.setattr(oldest, "ensure_binaries", fail)

    assert oldest.main([]) == 1
    assert capsys.readouterr().err == "oldest: no Go\n"
    assert ran == []
