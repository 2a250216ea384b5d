"""What strangers' connections cost a verifier and its other clients: `python -m bench pipelines`.

A verifier on one core; on the other strangers that pipeline, do not read, or send what costs much, and one client that
asks for a good token every few milliseconds. Writes bench/results/pipelines.md.
"""

from __future__ import annotations

import os
import secrets
import statistics
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from bench.bench_cluster import say
from bench.checks.one_client import asked_checks, others, p50_and_p99, running_verifier
from bench.checks.strangers import KINDS
from bench.meters import machine
from bench.report import Target, table, targets, write
from pharia_access.domain.keyring import Digester
from pharia_access.domain.token import mint

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["main"]

COUNTS = (1, 16, 64)
ROUNDS = 3
SECONDS = 3.0
REST_SECONDS = 2.0
_PAUSE_SECONDS = 0.004
_MIB = 2**20
_LIMIT_MIB = 384
"""The chart's limit of a verifier's memory."""
_HOW = f"""\
Written by `python -m bench pipelines`: the verifier on one core, strangers (niced) and one client on the other; a fresh
verifier for each line, {SECONDS:.0f} s of strangers. "peak" is the verifier's largest resident memory, "rest" the one
{REST_SECONDS:.0f} s after they are gone; "p50" and "p99" are of the client's checks meanwhile, which it asks every
{_PAUSE_SECONDS * 1000:.0f} ms. Medians of {ROUNDS} rounds. Strangers open a closed connection again
after 0.1 s. "kernel" is the memory of all TCP sockets of the machine at the end, both sides."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Who is there beside the client."""

    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Cost:
    """MiB and milliseconds."""

    peak: float
    rest: float
    kernel: float
    p50: float
    p99: float


SCENES = [Scene("nobody", 0), *(Scene(kind, count) for kind in KINDS for count in COUNTS)]


def main() -> int:
    """Measure, write, and tell."""
    with tempfile.TemporaryDirectory(prefix="pharia-access-pipelines-") as folder:
        root = Path(folder)
        token = _tokens(root)
        costs: dict[Scene, list[Cost]] = {}
        for number in range(ROUNDS):
            say(f"round {number + 1} of {ROUNDS}")
            for scene in SCENES:
                costs.setdefault(scene, []).append(_measure(root, scene, token))
        _report({scene: _median(found) for scene, found in costs.items()})
    return 0


def _tokens(root: Path) -> str:
    key, text = secrets.token_bytes(32), mint("pharia", secrets.token_bytes)
    mac = Digester(key).digest(text.reveal().encode()).hex()
    uid = "6f0c6a3e-0000-4000-8000-000000000000"
    (root / "tokens").write_text(f"{text.token_id} {mac} 2000000000 {uid} team/bot studio-user")
    (root / "key").write_bytes(key)
    return text.reveal()


def _measure(root: Path, scene: Scene, token: str) -> Cost:
    with running_verifier(root) as (port, process):
        with _strangers(scene, port, token):
            times = asked_checks(port, token, seconds=SECONDS, pause_seconds=_PAUSE_SECONDS)
            peak, kernel = _peak_mib(process.pid), _kernel_mib()
        time.sleep(REST_SECONDS)
        rest = psutil.Process(process.pid).memory_info().rss / _MIB
    return Cost(peak, rest, kernel, *p50_and_p99(times))


@contextmanager
def _strangers(scene: Scene, port: int, token: str) -> Iterator[None]:
    if not scene.count:
        yield
        return
    with others("bench.checks.strangers", scene.kind, scene.count, port=port, token=token):
        yield


def _peak_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def _kernel_mib() -> float:
    told = Path("/proc/net/sockstat").read_text()
    line = next(line for line in told.splitlines() if line.startswith("TCP:")).split()
    return int(line[line.index("mem") + 1]) * os.sysconf("SC_PAGE_SIZE") / _MIB


def _median(costs: list[Cost]) -> Cost:
    return Cost(*(statistics.median(getattr(cost, name) for cost in costs) for name in Cost.__slots__))


def _report(costs: dict[Scene, Cost]) -> None:
    most = {name: max(getattr(cost, name) for cost in costs.values()) for name in ("peak", "rest", "p99")}
    verdicts = [
        Target("largest peak of memory, MiB, of the chart's limit", most["peak"], at_most=_LIMIT_MIB),
        Target("most that is kept, MiB over a verifier alone", most["rest"] - costs[SCENES[0]].rest, at_most=32),
        Target("largest p99 ms of the client", most["p99"], at_most=100),
    ]
    rows = [_row(scene, costs[scene]) for scene in SCENES]
    heads = ["strangers", "connections", "peak MiB", "rest MiB", "kernel MiB", "p50 ms", "p99 ms"]
    parts = ["# Connections of strangers", _HOW, machine(2), targets(verdicts), table(heads, rows)]
    write("pipelines", "\n\n".join(parts))


def _row(scene: Scene, cost: Cost) -> list[str]:
    mib = (f"{each:.0f}" for each in (cost.peak, cost.rest, cost.kernel))
    return [scene.kind, str(scene.count), *mib, f"{cost.p50:.2f}", f"{cost.p99:.1f}"]
