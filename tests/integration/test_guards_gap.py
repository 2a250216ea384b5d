"""What was made while a guard was down is listed by the commands of the runbook."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.security.guards import BINDING, Tampering, tampered
from tools.build_control_plane import ensure_binaries
from tools.control_plane.processes import inherited_environment, wait_until
from tools.control_plane.resources import ONE_TIME_TOKEN, secret
from tools.control_plane.workspace import Workspace, now

if TYPE_CHECKING:
    from tools.control_plane.api import Api
    from tools.control_plane.plane import ControlPlane

RUNBOOK = Path(__file__).resolve().parents[2] / "docs" / "runbooks" / "PhariaAccessGuardsDown.md"


def listed(control_plane: ControlPlane, since: str) -> list[tuple[str, str]]:
    """Kind and name of what the commands of the runbook show."""
    (block,) = re.findall(r"```console\n(\$ SINCE=.*?)```", RUNBOOK.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.removeprefix("$ ") for line in block.splitlines()]
    script = "\n".join([f"SINCE={since}", *lines[1:]])
    kubectl = ensure_binaries()["kubectl"]
    path = f"{kubectl.parent}:{os.environ['PATH']}"
    environment = {**inherited_environment(), "PATH": path, "KUBECONFIG": str(control_plane.kubeconfig)}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return sorted((line.split()[0], line.split()[2]) for line in done.stdout.splitlines())


def test_the_runbook_lists_what_was_made_in_the_gap_and_nothing_older(
    control_plane: ControlPlane, admin: Api, workspace: Workspace
) -> None:
    workspace.credential("older")
    edited = workspace.credential("edited")
    workspace.token("older")
    time.sleep(1.1)
    since = now().strftime("%FT%TZ")

    with (
        tampered(admin, Tampering(BINDING, "bind-roles", None)),
        tampered(admin, Tampering(BINDING, "reserve-one-time-secrets", None)),
    ):
        planted = secret(workspace.namespace, kind=ONE_TIME_TOKEN)
        wait_until(lambda: admin.create(planted).ok, what="nothing reserves the type", timeout=30)
        workspace.credential("planted")
        workspace.change(edited, {"spec": {"roles": ["integration-reader", "admin"]}})
        workspace.token("planted")

    shown = listed(control_plane, since)
    assert admin.delete(planted).ok
    assert {("ApiCredential", "planted"), ("ApiCredential", "edited"), ("ApiToken", "planted")} <= set(shown)
    assert ("Secret", planted["metadata"]["name"]) in shown
    assert not [name for _, name in shown if name == "older"]
