"""How fast tokens are minted, what a mint costs, and how much memory many tokens take: `python -m bench.mints.mint`.

Everything shares two cores: the operator, the API server, etcd, the controllers and the load. Writes
bench/results/mint.md. The bounds that results are held against are measured in the same run.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.bench_cluster import BenchCluster, bench_cluster, say
from bench.meters import Argon2, Cpu, CpuMeter, bind_to_cores, machine, memory, others_share
from bench.report import Target, table, targets, write
from bench.tokens import Json, Minted, Mints, put_minted

if TYPE_CHECKING:
    from tools.control_plane.operators import RunningOperator

__all__ = ["main"]

WARM_UP, MANY, ALONE = 50, 1000, 200
"""How many mints: before anything is measured, at 16 at a time, one at a time."""

AT_A_TIME = 16
FEW_TOKENS, MANY_TOKENS = 1000, 10_000
SETTLE_SECONDS = 20
"""For the full lists of 10,000 tokens."""


@dataclass(frozen=True, slots=True)
class Load:
    """Mints under one load, and the CPU that went into them."""

    minted: Minted
    cpu: Cpu

    def each(self, name: str) -> float:
        """Milliseconds of CPU of one process for one mint."""
        return 1000 * self.cpu.of[name] / self.minted.count

    @property
    def hashing(self) -> float:
        """Milliseconds of CPU of the operator's hashing threads for one mint."""
        return 1000 * self.cpu.hashing / self.minted.count

    @property
    def total(self) -> float:
        """Milliseconds of CPU of everybody for one mint."""
        return sum(self.each(name) for name in self.cpu.of)


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory of the operator in MiB."""

    what: str
    now: float
    peak: float


def main() -> int:
    """Measure, write, and tell."""
    cores = bind_to_cores()
    shape = machine(cores)
    with bench_cluster() as cluster:
        template = cluster.delivered_token()
        before = Argon2.measure()
        with cluster.operator("operator") as operator:
            many, alone, few_tokens = asyncio.run(_mint(cluster, operator))
        bound = before.averaged(Argon2.measure())
        many_tokens = _fill(cluster, template)
    write("mint", _report(shape, cores, bound, (many, alone), (few_tokens, many_tokens)))
    return 0


async def _mint(cluster: BenchCluster, operator: RunningOperator) -> tuple[Load, Load, Memory]:
    meter = CpuMeter(cluster.pids(operator), operator)
    say(f"{WARM_UP} mints to warm up")
    await Mints(cluster.server, "warm-up").run(WARM_UP, at_a_time=AT_A_TIME)
    say(f"{MANY} mints, {AT_A_TIME} at a time")
    many = await _measured(cluster, meter, "many", MANY, AT_A_TIME)
    used = Memory(f"{WARM_UP + MANY} minted by it", *memory(operator))
    say(f"{ALONE} mints, one at a time")
    return many, await _measured(cluster, meter, "alone", ALONE, 1), used


async def _measured(cluster: BenchCluster, meter: CpuMeter, prefix: str, count: int, at_a_time: int) -> Load:
    mints = Mints(cluster.server, prefix)
    start = meter.read()
    minted = await mints.run(count, at_a_time=at_a_time)
    return Load(minted, meter.since(start))


def _fill(cluster: BenchCluster, template: Json) -> Memory:
    """Bring the cluster to 10,000 tokens, most of them put there, and start an operator among them."""
    missing = MANY_TOKENS - WARM_UP - MANY - ALONE - 1
    say(f"putting {missing} minted tokens there")
    asyncio.run(put_minted(cluster.server, template, [f"old-{number}" for number in range(missing)]))
    with cluster.operator("among-many") as operator:
        time.sleep(SETTLE_SECONDS)
        return Memory(f"started among {MANY_TOKENS}", *memory(operator))


def _report(shape: str, cores: int, bound: Argon2, loads: tuple[Load, Load], used: tuple[Memory, Memory]) -> str:
    many, alone = loads
    ceiling = 1000 * cores / many.total
    beyond = many.each("operator") - many.hashing
    verdicts = [
        Target("mints/s of the 2-thread Argon2 rate", many.minted.rate / bound.per_second, at_least=0.4),
        Target("mints/s of the ceiling that the CPU per mint sets", many.minted.rate / ceiling, at_least=0.9),
        Target("ms of operator CPU per mint beyond the hash", beyond, at_most=12),
        Target("ms from create to Ready, p99, one at a time", 1000 * alone.minted.percentile(99), at_most=150),
        Target(f"MiB of the operator at {MANY_TOKENS} tokens", used[1].now, at_most=150),
    ]
    return "\n\n".join(
        [
            "# Mints: rate, latency, CPU and memory",
            "Written by `make bench`. Operator, API server, etcd, controllers and load share the cores below.",
            shape,
            targets(verdicts),
            f"Argon2id alone, 2 threads: {bound.per_second:.0f}/s, {1000 * bound.cpu_seconds:.1f} ms of CPU each.",
            f"CPU per mint, all together: {many.total:.1f} ms, so at most {ceiling:.0f} mints/s on {cores} cores.",
            _rates(many, alone),
            _cpu(many, alone),
            _memory(used),
        ]
    )


def _rates(*loads: Load) -> str:
    rows = [
        [
            str(at_a_time),
            str(load.minted.count),
            f"{load.minted.rate:.1f}",
            *(f"{1000 * load.minted.percentile(percent):.0f}" for percent in (50, 99)),
            f"{100 * others_share(load.cpu, load.minted.seconds):.0f} %",
        ]
        for at_a_time, load in zip((AT_A_TIME, 1), loads, strict=True)
    ]
    heads = ["at a time", "mints", "mints/s", "create to Ready p50, ms", "p99, ms", "CPU taken by other programs"]
    return table(heads, rows)


def _cpu(many: Load, alone: Load) -> str:
    rows = [[name, f"{many.each(name):.1f}", f"{alone.each(name):.1f}"] for name in many.cpu.of]
    rows.insert(1, ["of which hashing", f"{many.hashing:.1f}", f"{alone.hashing:.1f}"])
    rows.append(["all", f"{many.total:.1f}", f"{alone.total:.1f}"])
    return table(["CPU per mint, ms", f"{AT_A_TIME} at a time", "one at a time"], rows)


def _memory(used: tuple[Memory, ...]) -> str:
    rows = [[memory.what, f"{memory.now:.0f}", f"{memory.peak:.0f}"] for memory in used]
    return table(["tokens", "resident memory of the operator, MiB", "at most so far"], rows)


if __name__ == "__main__":
    raise SystemExit(main())
