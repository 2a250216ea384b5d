"""Attacks on whoever uses it: on a person at a terminal. Those on a service are in test_gateway_headers.py.

Faults that were found elsewhere first (public reports about neighbours); each names its goal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from tests.attacks.known import NOT_YET_MENDED

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.kubectl.command_line import Access
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

TERMINAL = "\x1b]52;c;eA==\x07\x1b[2J\x9b31m"
"""Writes the clipboard, clears the screen, and a sequence in one byte."""


def open_still(finding: str) -> pytest.MarkDecorator:
    return pytest.mark.xfail(finding in NOT_YET_MENDED, reason=f"{finding} is not mended yet")


@pytest.mark.parametrize("field", ["as", "as-groups"])
def test_who_chose_to_be_less_is_less(
    access: Access, control_plane: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    """More rights than one chose: a kubeconfig's `as` is a safety catch."""
    config = yaml.safe_load(control_plane.kubeconfig.read_text())
    config["users"][0]["user"] |= {"as": "jane"} | ({"as-groups": ["staff"]} if field == "as-groups" else {})
    lesser = tmp_path / "kubeconfig"
    lesser.write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", str(lesser))

    told = access("credential", "suspend", "invoice-bot", "-y")

    assert told.status != 0


@pytest.mark.parametrize("command", [["list", "-o", "wide"], ["get", "invoice-bot"]], ids=["list", "get"])
def test_a_description_says_nothing_to_a_terminal(access: Access, workspace: Workspace, command: list[str]) -> None:
    """An escape sequence at a terminal."""
    workspace.change(workspace.known("ApiCredential", "invoice-bot"), {"spec": {"description": f"a{TERMINAL}b"}})

    told = access("credential", *command)

    assert told.status == 0
    assert not set(told.out) & {"\x1b", "\x07", "\x9b"}
