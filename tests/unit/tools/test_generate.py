"""`make generate`: every generator, and in an order that works."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools import generate
from tools.generate import GENERATORS, Generator

TOOLS = Path(generate.__file__).parent
FOR_A_RELEASE = {"bill_of_materials", "krew_manifest", "kubernetes_module"}
"""They write what a release or a new version of Kubernetes needs, from arguments."""


def test_every_module_that_writes_generated_files_is_run() -> None:
    first_lines = {path.stem: ast.get_docstring(ast.parse(path.read_text("utf-8"))) for path in TOOLS.glob("*.py")}
    writing = {name for name, text in first_lines.items() if text and text.split()[0] in {"Writes", "Copies", "Plays"}}

    run = {generator.write.__module__.removeprefix("tools.") for generator in GENERATORS}
    assert run == writing - FOR_A_RELEASE - {"generate"}


def test_what_needs_the_control_plane_comes_last() -> None:
    needs = [generator.needs_control_plane for generator in GENERATORS]

    assert needs == sorted(needs)
    assert any(needs)


@pytest.mark.parametrize(("options", "written"), [([], ["a", "b"]), (["--fast"], ["a"])])
def test_what_needs_the_control_plane_can_be_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: list[str], written: list[str]
) -> None:
    done: list[str] = []
    plain = Generator("a page", lambda: done.append("a"))
    played = Generator("a tutorial", lambda: done.append("b"), needs_control_plane=True)
    monkeypatch.setattr(generate, "GENERATORS", (plain, played))

    assert generate.main(options) == 0
    assert done == written
    assert ("left out: a tutorial" in capsys.readouterr().out) == (options == ["--fast"])
