"""A network namespace of its own: a command that sees a network, processes, mounts and cgroups that nobody else sees.

Whatever happens in it, and however it ends, the kernel ends every process and drops every mount and every interface
with it; the cgroups are removed here. Linux, as root, with cgroup v1. `python -m tools.network_namespace` is what runs
inside.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["NODE_ADDRESS", "cgroup_hierarchies", "lay_over_usr", "run_in_network_namespace"]

NODE_ADDRESS = "10.99.0.1"
"""The address of the one network interface inside, on which nothing else listens."""

_DIE_WITH_PARENT = Path(__file__).resolve().parent / "control_plane" / "die_with_parent.py"
_CGROUP = "pharia-access-e2e-"
_EMPTIED = ("/run", "/var/lib", "/var/log")  # where the programs of a node write by habit
_SECONDS_FOR_CGROUPS = 20
_SETTINGS = {"net/ipv4/ip_forward": "1", "net/ipv4/conf/all/rp_filter": "0"}


def run_in_network_namespace(argv: Sequence[str], *, over_usr: Path, timeout: float) -> int:
    """Run a command in there; its exit status. `over_usr`: a folder that is laid over /usr, for its programs."""
    _sweep()
    with _cgroups(f"{_CGROUP}{os.getpid()}") as folders:
        inside = [sys.executable, "-m", "tools.network_namespace", "enter", str(over_usr), *folders, "--", *argv]
        with subprocess.Popen(
            [sys.executable, str(_DIE_WITH_PARENT), str(os.getpid()), *inside], stdin=subprocess.DEVNULL
        ) as namespace:
            try:
                return namespace.wait(timeout)
            finally:
                namespace.kill()  # it has ended, or is to end now; the kernel ends all that is inside


def lay_over_usr(folder: Path) -> None:
    """Make the programs and libraries in a folder appear in /usr; for a process with a mount namespace of its own."""
    _run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir={folder}:/usr", "/usr")


def cgroup_hierarchies() -> dict[str, str]:
    """Where each hierarchy of cgroup v1 is mounted, and in which of its cgroups this process is."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    mounted = {fields[1]: set(fields[3].split(",")) for fields in mounts if fields[2] == "cgroup"}
    ours = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()]
    return {
        point: path
        for point, options in mounted.items()
        for _, controllers, path in ours
        if controllers and set(controllers.split(",")) <= options
    }


@contextmanager
def _cgroups(name: str) -> Iterator[list[str]]:
    """A cgroup in each hierarchy, removed at the end with all that was made under it."""
    folders = [Path(point + path) / name for point, path in cgroup_hierarchies().items()]
    try:
        for folder in folders:
            folder.mkdir()
            for setting in ("cpuset.cpus", "cpuset.mems"):  # without them nothing may run in it
                if (folder / setting).exists():
                    (folder / setting).write_bytes((folder.parent / setting).read_bytes())
        yield [str(folder) for folder in folders]
    finally:
        deadline = time.monotonic() + _SECONDS_FOR_CGROUPS
        for folder in folders:
            _remove_cgroup(folder, deadline)


def _sweep() -> None:
    """Remove the cgroups of namespaces whose maker was killed."""
    for point, path in cgroup_hierarchies().items():
        for folder in Path(point + path).glob(f"{_CGROUP}*"):
            if not Path("/proc", folder.name.removeprefix(_CGROUP)).exists():
                _remove_cgroup(folder, time.monotonic() + _SECONDS_FOR_CGROUPS)


def _remove_cgroup(folder: Path, deadline: float) -> None:
    """Remove a cgroup and those under it, once the kernel has taken leave of their last process."""
    while folder.exists():
        for path, _, _ in os.walk(folder, topdown=False):
            try:
                os.rmdir(path)  # noqa: PTH106 - as os.walk names it
            except OSError:
                if time.monotonic() > deadline:
                    raise
        time.sleep(0.1)


def _enter(over_usr: str, folders: Sequence[str], argv: Sequence[str]) -> None:
    """Join the cgroups and become the command that makes the namespaces."""
    for folder in folders:
        Path(folder, "cgroup.procs").write_text(str(os.getpid()), encoding="utf-8")
    namespaces = ["--mount", "--net", "--ipc", "--pid", "--cgroup", "--fork", "--kill-child=KILL", "--mount-proc"]
    inside = [sys.executable, "-m", "tools.network_namespace", "furnish", over_usr, *folders, "--", *argv]
    os.execvp("unshare", ["unshare", *namespaces, "--", *inside])  # noqa: S606 - no shell is wanted


def _furnish(over_usr: str, folders: Sequence[str], argv: Sequence[str]) -> int:
    """As the first process inside: set up mounts and the network, run the command, bury orphans until it ends."""
    for point, folder in zip(cgroup_hierarchies(), folders, strict=True):
        _run("mount", "--bind", folder, point)
    lay_over_usr(Path(over_usr))
    for path in _EMPTIED:
        _run("mount", "-t", "tmpfs", "tmpfs", path)
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "link", "add", "node0", "type", "veth", "peer", "node1")  # both ends are in this namespace
    _run("ip", "link", "set", "node1", "up")
    _run("ip", "address", "add", f"{NODE_ADDRESS}/24", "dev", "node0")
    _run("ip", "link", "set", "node0", "up")
    _run("ip", "route", "add", "default", "dev", "node0")
    for name, value in _SETTINGS.items():
        Path("/proc/sys", name).write_text(value, encoding="utf-8")
    child = os.posix_spawnp(argv[0], list(argv), os.environ)  # noqa: TID251 - handed on as it is
    while True:
        pid, status = os.wait()
        if pid == child:
            return os.waitstatus_to_exitcode(status) & 0xFF


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, timeout=30)


def _main() -> int:
    step, over_usr, *rest = sys.argv[1:]
    folders, argv = rest[: rest.index("--")], rest[rest.index("--") + 1 :]
    if step == "enter":
        _enter(over_usr, folders, argv)
    return _furnish(over_usr, folders, argv)


if __name__ == "__main__":
    sys.exit(_main())
