"""`make up` and `make down`, in a folder of their own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from tools.control_plane.processes import ProcessRecord, end_recorded, is_running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_STARTED = ["pharia-access-verifier", "pharia-access", "kube-controller-manager", "kube-apiserver", "etcd"]


def local(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "tools.local", command, f"--folder={folder}"]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)


def records(folder: Path) -> list[ProcessRecord]:
    return [ProcessRecord(**record) for record in json.loads((folder / "processes.json").read_text())]


def after_the_end_of(name: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What `make up` says when this program has ended."""
    (record,) = (record for record in records(folder) if record.name == name)
    assert end_recorded(record)
    return local("up", folder)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "local"
    yield folder
    if (folder / "processes.json").exists():
        for record in records(folder):
            end_recorded(record)


def test_up_leaves_operator_and_verifier_running_until_down_ends_exactly_that(folder: Path) -> None:
    up = local("up", folder)
    assert up.returncode == 0, up.stderr
    started = records(folder)
    commands = ("kubectl get apiroles --output=name", "kubectl access token list -A -o json | head -c 1")
    script = "; ".join((f". {folder}/env", *commands, "helm list --all-namespaces --short", "echo $VERIFIER_URL"))
    used = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, timeout=30)
    running = [is_running(record) for record in started]
    again = local("up", folder)
    revived = after_the_end_of("pharia-access", folder)

    down = local("down", folder)
    down_again = local("down", folder)

    assert [record.name for record in started] == _STARTED
    assert running == [True] * len(_STARTED)
    assert re.fullmatch(r"[\[{]pharia-access\nhttp://127\.0\.0\.1:[0-9]+\n", used.stdout)
    assert "runs already" in again.stdout
    assert "pharia-access ended since; starting anew" in revived.stdout
    assert revived.returncode == 0
    assert down.stdout == f"Ended {', '.join(_STARTED)}; their data is removed.\n"
    assert not [record for record in started if psutil.pid_exists(record.pid) and is_running(record)]
    assert list(folder.iterdir()) == []
    assert down_again.stdout == "Nothing is running.\n"
