"""A network namespace of its own, as `make e2e` uses it: what is inside, what comes out, and that nothing is left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tools.control_plane.processes import wait_until
from tools.network_namespace import NODE_ADDRESS, cgroup_hierarchies, run_in_network_namespace

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None or not cgroup_hierarchies(),
    reason="needs Linux, root, iproute2 and cgroup v1",
)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder to be laid over /usr, with one program in it."""
    program = tmp_path / "usr" / "bin" / "hello-from-above"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\nexit 7\n")
    program.chmod(0o755)
    return tmp_path / "usr"


def cgroups(maker: int) -> list[Path]:
    return [
        folder
        for point, path in cgroup_hierarchies().items()
        for folder in Path(point + path).glob(f"pharia-access-e2e-{maker}")
    ]


def test_a_command_finds_the_programs_and_its_status_comes_out(programs: Path) -> None:
    assert run_in_network_namespace(["hello-from-above"], over_usr=programs, timeout=30) == 7
    assert not Path("/usr/bin/hello-from-above").exists()


def test_it_has_a_network_processes_and_cgroups_of_its_own(programs: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    look = f"(ip -br -4 address; ls -d /proc/[0-9]*; cat /proc/self/cgroup; mkdir /sys/fs/cgroup/memory/mine) >{seen}"

    assert run_in_network_namespace(["sh", "-c", look], over_usr=programs, timeout=30) == 0
    text = seen.read_text()
    assert NODE_ADDRESS in text
    assert text.count("/proc/") < 10
    assert "memory:/\n" in text
    assert cgroups(os.getpid()) == []


def test_a_command_that_takes_too_long_is_ended_with_all_that_it_started(programs: Path) -> None:
    argv = ["sh", "-c", "setsid sleep 98765 & sleep 98765"]

    with pytest.raises(subprocess.TimeoutExpired):
        run_in_network_namespace(argv, over_usr=programs, timeout=2)

    wait_until(lambda: not sleepers("98765"), what="nobody sleeps any more", timeout=10)
    assert cgroups(os.getpid()) == []


def test_whose_maker_is_killed_leaves_no_process_and_the_next_one_removes_its_cgroups(programs: Path) -> None:
    call = f"run_in_network_namespace(['sleep', '87654'], over_usr=pathlib.Path({str(programs)!r}), timeout=60)"
    body = f"import pathlib; from tools.network_namespace import run_in_network_namespace; {call}"
    with subprocess.Popen([sys.executable, "-c", body], cwd=ROOT) as maker:
        wait_until(lambda: bool(sleepers("87654")), what="somebody sleeps in the namespace", timeout=20)
        maker.send_signal(signal.SIGKILL)

    wait_until(lambda: not sleepers("87654"), what="nobody sleeps any more", timeout=10)
    assert run_in_network_namespace(["true"], over_usr=programs, timeout=30) == 0
    assert cgroups(maker.pid) == []


def sleepers(seconds: str) -> list[int]:
    found = psutil.process_iter(["cmdline"])
    return [process.pid for process in found if (process.info["cmdline"] or [])[-2:] == ["sleep", seconds]]
