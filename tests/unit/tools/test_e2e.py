"""Whether there can be a node on this machine, and what is said where there cannot; nothing is started here."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tools import e2e
from tools.debian_programs import MissingProgramError
from tools.image import ImageError
from tools.kubernetes_versions import NEWEST, OLDEST

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def able(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A machine on which there can be a node, and on which the tests pass."""
    monkeypatch.delenv("KUBERNETES", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("tools.e2e.os.geteuid", lambda: 0)
    monkeypatch.setattr("tools.e2e.shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(e2e, "cgroup_hierarchies", lambda: {"/sys/fs/cgroup/memory": "/"})
    monkeypatch.setattr(e2e, "ensure_binaries", lambda programs: dict.fromkeys(programs, tmp_path))
    for name in ("find_program", "unpacked"):
        monkeypatch.setattr(e2e, name, lambda _: tmp_path)
    monkeypatch.setattr(e2e, "ensure_policy_enforcer", lambda: tmp_path)
    monkeypatch.setattr(e2e, "ensure_argo_cd", lambda: None)
    monkeypatch.setattr(e2e, "build_images", lambda *_, **__: None)
    monkeypatch.setattr(e2e, "run_in_network_namespace", lambda *_, **__: 0)
    return monkeypatch


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("sys.platform", "darwin", "needs Linux"),
        ("os.geteuid", lambda: 1000, "needs root"),
        ("shutil.which", lambda name: None if name == "unshare" else name, "lacks unshare"),
        ("cgroup_hierarchies", dict, "no cgroup v1"),
    ],
)
def test_it_says_what_is_skipped_and_why(
    able: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: object, why: str
) -> None:
    able.setattr(f"tools.e2e.{name}", value)
    able.setattr(e2e, "run_in_network_namespace", lambda *_, **__: pytest.fail("nothing was to be run"))

    assert e2e.main([]) == 0
    said = capsys.readouterr().out
    assert "skipped" in said
    assert why in said


def test_it_runs_the_tests_in_a_room_and_ends_as_they_do(able: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []

    def run(argv: list[str], **_: object) -> int:
        ran.append(argv)
        return 3

    able.setattr(e2e, "run_in_network_namespace", run)

    assert e2e.main(["-k", "story"]) == 3
    assert ran[0][1:4] == ["-m", "pytest", "tests/e2e"]
    assert ran[0][-2:] == ["-k", "story"]


def test_an_older_kubernetes_is_refused_since_its_kubelet_is_not_built(
    able: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    able.setenv("KUBERNETES", OLDEST)

    assert e2e.main([]) == 1
    assert f"real pods run on Kubernetes {NEWEST} only" in capsys.readouterr().err


@pytest.mark.parametrize("error", [ImageError("no image"), MissingProgramError("no runc")])
def test_what_cannot_be_prepared_is_a_failure(
    able: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    able.setattr(e2e, "build_images", fail)

    assert e2e.main([]) == 1
    assert str(error) in capsys.readouterr().err
