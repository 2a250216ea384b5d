"""What the containers of pods take of memory and CPU, as the kernel's cgroups count it; and a load of checks."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tools.debian_programs import find_program

if TYPE_CHECKING:
    from tests.support.pods.release import Release

__all__ = ["PodMeter", "checks_per_second"]

_MIB = 2**20
_PAUSE_SECONDS = 0.05
_CONNECTIONS = 64
_CGROUPS = Path("/sys/fs/cgroup")


class PodMeter:
    """Looks at every container from the beginning of a `with` block to its end."""

    def __init__(self, release: Release) -> None:
        self._cgroups = {
            (component, name): next(release.processes(pod))[0]
            for component in ("operator", "verifier")
            for name, pod in release.pods(component).items()
        }
        self._most: defaultdict[str, int] = defaultdict(int)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)

    def __enter__(self) -> Self:
        self._began, self._cpu = time.monotonic(), self._cpu_seconds()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(10)
        seconds = time.monotonic() - self._began
        used = {pod: now - self._cpu[pod] for pod, now in self._cpu_seconds().items()}
        self._rates = {pod: 1000 * cpu / seconds for pod, cpu in used.items()}

    def mebibytes(self, component: str) -> float:
        """The most that one of its containers held: what counts against its limit and cannot be taken from it."""
        return self._most[component] / _MIB

    def millicores(self, component: str) -> float:
        """What the busiest of its containers used on average."""
        return max(rate for (of, _), rate in self._rates.items() if of == component)

    def _look_on(self) -> None:
        while not self._ended.wait(_PAUSE_SECONDS):
            for (component, _), cgroup in self._cgroups.items():
                self._most[component] = max(self._most[component], _held(cgroup))

    def _cpu_seconds(self) -> dict[tuple[str, str], float]:
        return {pod: int(_read("cpuacct", cgroup, "cpuacct.usage")) / 1e9 for pod, cgroup in self._cgroups.items()}


def checks_per_second(address: str, text: str, seconds: int) -> float:
    """Ask about one token as fast as answers come."""
    wrk = [str(find_program("wrk")), "--threads=1", f"--connections={_CONNECTIONS}", f"--duration={seconds}"]
    wrk += [f"--header=Authorization: Bearer {text}", f"http://{address}/auth/nginx"]
    said = subprocess.run(wrk, capture_output=True, text=True, check=True, timeout=seconds + 30).stdout
    rate = re.search(r"Requests/sec: +([\d.]+)", said)
    assert rate, said
    assert "Non-2xx" not in said, said
    return float(rate[1])


def _held(cgroup: Path) -> int:
    """The working set, as the kubelet reckons it."""
    usage = int(_read("memory", cgroup, "memory.usage_in_bytes"))
    idle = re.search(r"^total_inactive_file (\d+)$", _read("memory", cgroup, "memory.stat"), re.MULTILINE)
    return usage - int(idle[1] if idle else 0)


def _read(controller: str, cgroup: Path, name: str) -> str:
    return (_CGROUPS / controller / cgroup / name).read_text(encoding="utf-8")
