"""The console's login: an exec plugin's credential ends within seconds, and nobody in the browser notices."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.console.console_process import running_console
from tests.support.kubectl.plugin_runner import Plugin

if TYPE_CHECKING:
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane

_SCRIPT = """\
#!/bin/sh
echo run >>{folder}/runs
END=$(date -u -d '+{seconds} seconds' +%Y-%m-%dT%H:%M:%SZ)
printf '{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":'
printf '{{"token":"%s","expirationTimestamp":"%s"}}}}' "$(cat {folder}/token)" "$END"
"""


@pytest.fixture
def short_lived(control_plane: ControlPlane, namespace: str, tmp_path: Path) -> Plugin:
    """Somebody whose exec plugin gives credentials of two seconds."""
    control_plane.kubectl("create", "serviceaccount", "anna", f"--namespace={namespace}")
    who = f"--serviceaccount={namespace}:anna"
    control_plane.kubectl("create", "rolebinding", "anna", "--clusterrole=admin", who, f"--namespace={namespace}")
    token = control_plane.kubectl("create", "token", "anna", f"--namespace={namespace}").stdout.strip()
    (tmp_path / "token").write_text(token)
    program = tmp_path / "login"
    program.write_text(_SCRIPT.format(folder=tmp_path, seconds=2))
    program.chmod(0o700)
    config = yaml.safe_load(control_plane.kubeconfig.read_text())
    plugin = {
        "command": str(program),
        "apiVersion": "client.authentication.k8s.io/v1",
        "interactiveMode": "Never",
    }
    config["users"][0]["user"] = {"exec": plugin}
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
    return Plugin(control_plane, namespace, kubeconfig=tmp_path / "kubeconfig")


async def test_a_login_that_ends_is_renewed_while_the_console_runs(short_lived: Plugin, tmp_path: Path) -> None:
    pages: list[int] = []
    with running_console(short_lived) as console:
        browser = await console.browser()
        runs = len((tmp_path / "runs").read_text().splitlines())
        for _ in range(3):
            await asyncio.sleep(2.5)
            pages.append((await browser.get(f"/namespaces/{short_lived.namespace}/credentials")).status)

    assert pages == [200, 200, 200]
    assert len((tmp_path / "runs").read_text().splitlines()) >= runs + 3
