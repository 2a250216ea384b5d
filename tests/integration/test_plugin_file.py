"""The single file of `kubectl access`: built, and used by kubectl on a real API server."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

if TYPE_CHECKING:
    from tools.control_plane.plane import ControlPlane

pytestmark = pytest.mark.packaging

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that it was built into."""
    folder = tmp_path_factory.mktemp("plugin")
    argv = [sys.executable, "-m", "tools.plugin", f"--output={folder}"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def environment(built: Path, control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A person's: the file on PATH beside kubectl, and no library of ours anywhere else."""
    return {
        "PATH": f"{built}:{control_plane.bin}:{os.environ['PATH']}",
        "HOME": str(tmp_path_factory.mktemp("home")),
        "KUBECONFIG": str(control_plane.kubeconfig),
    }


def test_it_is_small_enough_to_be_fetched_without_a_thought(built: Path) -> None:
    assert (built / "kubectl-access").stat().st_size < 15_000_000


def run(environment: dict[str, str], *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_kubectl_runs_it_as_its_plugin(environment: dict[str, str], namespace: str) -> None:
    done = run(environment, "kubectl", "access", "token", "list", "--namespace", namespace)

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"There are no tokens in namespace {namespace}.\n"
    (unpacked,) = Path(environment["HOME"], ".shiv").glob("kubectl-access_*")
    assert not (unpacked / "site-packages" / "kopf").exists()


def test_it_serves_the_console(environment: dict[str, str], namespace: str) -> None:
    argv = ["kubectl", "access", "console", "--no-browser", "--namespace", namespace]
    with subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        link = process.stdout.readline().strip()
        with urlopen(link, timeout=30) as answer:  # noqa: S310 - to ourselves
            text = answer.read().decode()
        process.terminate()

    assert '<h1 id="title" tabindex="-1">Open the console</h1>' in text
    assert process.returncode == 0


def test_by_its_other_name_it_completes(environment: dict[str, str], workspace: object) -> None:
    done = run(environment, "kubectl", "__complete", "access", "credential", "create", "x", "--role", "integration-")

    assert workspace
    assert done.stdout.splitlines() == ["integration-reader", ":4"]


def test_the_archive_has_regular_files_only_for_krew_unpacks_no_others(built: Path) -> None:
    (file,) = built.glob("*.tar.gz")

    with tarfile.open(file) as archive:
        members = archive.getmembers()

    assert [member.name for member in members if member.isreg()] == ["kubectl-access", "LICENSE"]
    assert len(members) == 2
    assert members[0].mode & 0o111
