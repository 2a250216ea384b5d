"""What is measured besides time: CPU and memory of processes, the bare speed of Argon2, and what machine it was."""

from __future__ import annotations

import os
import platform
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING

import psutil

from pharia_access.domain.argon2id import Argon2Parameters, hash_token
from pharia_access.domain.token import mint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.control_plane.operators import RunningOperator

__all__ = ["CORES", "Argon2", "Burden", "Cpu", "CpuMeter", "bind_to_cores", "machine", "memory", "others_share"]

CORES = 2
"""How many cores everything shares, so that results of larger machines compare."""

_HASHES = 200
_THREADS = 2
_PACKAGES = ("kopf", "kubernetes", "aiohttp", "argon2-cffi", "msgspec")
_MIB = 2**20


def bind_to_cores() -> int:
    """Keep this process and all that it starts on two cores; answers how many it may use."""
    if not hasattr(os, "sched_setaffinity"):
        return psutil.cpu_count() or 1
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    return len(os.sched_getaffinity(0))


def machine(cores: int) -> str:
    """The machine and the versions in a Markdown list."""
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    memory_gib = psutil.virtual_memory().total / 2**30
    return "\n".join(
        [
            f"- {cores} of {psutil.cpu_count()} cores of {_cpu_model()}, {memory_gib:.0f} GiB; {platform.platform()}",
            f"- Python {platform.python_version()}; {versions}; etcd without fsync",
            f"- load average of the machine at the start: {psutil.getloadavg()[0]:.1f}",
        ]
    )


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


@dataclass(frozen=True, slots=True)
class Argon2:
    """The bound: how fast two threads hash when they do nothing else, and the CPU of one hash."""

    per_second: float
    cpu_seconds: float

    @classmethod
    def measure(cls) -> Argon2:
        """Hash for some seconds."""
        text, parameters = mint("bench", os.urandom), Argon2Parameters()
        with ThreadPoolExecutor(_THREADS) as pool:
            began, cpu = perf_counter(), process_time()
            for _ in pool.map(lambda _: hash_token(text, parameters), range(_HASHES)):
                pass
            return cls(_HASHES / (perf_counter() - began), (process_time() - cpu) / _HASHES)

    def averaged(self, other: Argon2) -> Argon2:
        """The mean of two measurements."""
        return Argon2((self.per_second + other.per_second) / 2, (self.cpu_seconds + other.cpu_seconds) / 2)


@dataclass(frozen=True, slots=True)
class Cpu:
    """Seconds of CPU: of each process, of the operator's threads that hash, of all programs on the machine."""

    of: Mapping[str, float]
    hashing: float
    machine: float


class CpuMeter:
    """Reads CPU times. Make it before the operator's first mint: threads that come later are those that hash."""

    def __init__(self, processes: Mapping[str, int], operator: RunningOperator) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in processes.items()}
        self._operator = psutil.Process(operator.process.pid)
        self._before = {thread.id for thread in self._operator.threads()}

    def read(self) -> Cpu:
        """Everything up to now."""
        threads = [thread for thread in self._operator.threads() if thread.id not in self._before]
        times = psutil.cpu_times()
        return Cpu(
            of={name: sum(process.cpu_times()[:2]) for name, process in self._processes.items()},
            hashing=sum(thread.user_time + thread.system_time for thread in threads),
            machine=times.user + times.system,
        )

    def since(self, start: Cpu) -> Cpu:
        """What was used since an earlier reading."""
        end = self.read()
        return Cpu(
            of={name: seconds - start.of[name] for name, seconds in end.of.items()},
            hashing=end.hashing - start.hashing,
            machine=end.machine - start.machine,
        )


class Burden:
    """What processes take from now on: the CPU as percent of one core, and the memory."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._began = perf_counter()
        self._before = self._seconds()

    def seconds(self) -> dict[str, float]:
        """Of CPU, since the start."""
        return {name: seconds - self._before[name] for name, seconds in self._seconds().items()}

    def percent(self) -> dict[str, float]:
        """Of one core, on average since the start."""
        took = perf_counter() - self._began
        return {name: 100 * seconds / took for name, seconds in self.seconds().items()}

    def mib(self) -> dict[str, float]:
        """Resident memory now."""
        return {name: process.memory_info().rss / _MIB for name, process in self._processes.items()}

    def _seconds(self) -> dict[str, float]:
        return {name: sum(process.cpu_times()[:2]) for name, process in self._processes.items()}


def others_share(cpu: Cpu, seconds: float) -> float:
    """What part of the machine's CPU programs took that are not ours: above a few percent, measure again."""
    return max(0.0, cpu.machine - sum(cpu.of.values())) / (seconds * (psutil.cpu_count() or 1))


def memory(operator: RunningOperator) -> tuple[float, float]:
    """Resident memory of the operator now and at most, in MiB; the latter is 0 where the system does not tell."""
    status = Path(f"/proc/{operator.process.pid}/status")
    now = psutil.Process(operator.process.pid).memory_info().rss / _MIB
    if not status.exists():
        return now, 0.0
    peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return now, int(peak.split()[1]) / 1024
