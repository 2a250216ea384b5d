"""A quiet namespace beside a noisy one: `python -m bench fairness`.

How long the quiet one waits for a mint, from create to Ready, alone and while the other creates tokens or has many
that end. Measured as it was before (commit d3be567) and as it is now, each scene on a control plane of its own; the
CRDs and policies are those of now. FAIRNESS_TOKENS, FAIRNESS_EXPIRIES and FAIRNESS_MINTS make it smaller, and
FAIRNESS_BEFORE names another commit, or none ("-"); FAIRNESS_SCENES names some of them ("nobody" first, for the
targets), with commas. Writes bench/results/fairness.md.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from bench.bench_cluster import BenchCluster, bench_cluster, say
from bench.client import Channel
from bench.earlier import CHECKOUT, as_it_was
from bench.meters import Burden, bind_to_cores, machine
from bench.mints.fairness_people import EXPIRIES, Latencies, Noise, Quiet, floor
from bench.report import Target, table, targets, write
from bench.tokens import CREDENTIAL, NAMESPACE, put_minted
from pharia_access.domain.times import format_time
from tools.control_plane.api import Api
from tools.control_plane.operators import RunningOperator, start_operator
from tools.control_plane.processes import wait_until
from tools.control_plane.workspace import Workspace, now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["main"]

BEFORE: Final = "d3be567"
QUIET: Final = "quiet"
NOBODY, LIMITED = "nobody", "maxTokens: 1"
SCENES: Final = (NOBODY, "plain", "one secretName", LIMITED, EXPIRIES)
SCENE_SECONDS: Final = 240.0
"""A scene ends after this, however few were minted."""
PUTS_PER_SECOND, START_SECONDS = 80, 45
"""How fast tokens are put there, at least, and what an operator has for its start before they end."""
MOST_TIMES_QUIET, MOST_SECONDS = 4.0, 1.0
WARM_UP = 5

_PROGRAM: Final = (sys.executable, "-c", "from pharia_access.entrypoints.main import main; main()")
_HOW: Final = """\
Written by `python -m bench fairness`. One client mints in a quiet namespace, one token after the other, while in
another one tokens are created on 8 connections, wave after wave, or end at one moment. "mint" is from create to Ready;
"floor" is what a third client waits meanwhile for three requests of its own (two objects created, one changed): what
the API server alone makes of it. "x alone" is p99 in times of p99 beside nobody, "x with floor" in times of that and
what the floor's p99 has grown by. "others/s" are tokens of the other namespace that were done. CPU in percent of one
core; everything shares the cores below. A mint that takes longer than 120 s counts as so long, and a scene ends after
240 s. "failed" counts reconciles that are tried again."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many, and which commit was before."""

    tokens: int
    expiries: int
    mints: int
    before: str
    scenes: tuple[str, ...]

    @classmethod
    def from_environment(cls) -> Plan:
        """What FAIRNESS_... say."""
        read = os.environ.get  # noqa: TID251 - a benchmark's own
        tokens, expiries = read("FAIRNESS_TOKENS", "2000"), read("FAIRNESS_EXPIRIES", "10000")
        before = read("FAIRNESS_BEFORE", BEFORE)
        scenes = tuple(read("FAIRNESS_SCENES", ",".join(SCENES)).split(","))
        return cls(int(tokens), int(expiries), int(read("FAIRNESS_MINTS", "200")), before, scenes)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one scene."""

    mint: Latencies
    floor: Latencies
    waves: int
    others: int
    seconds: float
    cpu: Mapping[str, float]
    counts: Mapping[str, float]


Found = dict[tuple[str, str], Figures]


def main() -> int:
    """Measure, write, and tell."""
    shape, plan = machine(bind_to_cores()), Plan.from_environment()
    found: Found = {}
    with tempfile.TemporaryDirectory(prefix="pharia-access-fairness-") as folder:
        before = {} if plan.before == "-" else {"before": as_it_was(plan.before, Path(folder))}
        for scene in plan.scenes:
            for when, source in {**before, "now": CHECKOUT}.items():
                say(f"{scene}, {when}")
                found[scene, when] = _measure(scene, source, plan)
                say(" | ".join(_row(scene, when, found[scene, when], found[plan.scenes[0], when])))
    write("fairness", "\n\n".join(["# A quiet namespace beside a noisy one", _HOW, shape, *_tables(found)]))
    return 0


def _measure(scene: str, source: Path, plan: Plan) -> Figures:
    with bench_cluster() as cluster:
        _prepare(cluster, scene)
        ends = _fill(cluster, plan) if scene == EXPIRIES else now()
        env = {"PYTHONPATH": str(source / "src")}
        operator = start_operator(cluster.control_plane, cluster.root / "operator", env, program=_PROGRAM)
        try:
            operator.wait_until_ready(timeout=60)
            wait_until(lambda: "pharia_access_leader 1.0" in operator.get("/metrics")[1], what="it leads")
            return asyncio.run(_play(cluster, operator, Scene(scene, plan, ends)))
        finally:
            operator.process.stop()


def _prepare(cluster: BenchCluster, scene: str) -> None:
    run = cluster.control_plane.kubectl
    run("create", "namespace", QUIET)
    place = Workspace(Api(cluster.control_plane.kubeconfig), QUIET)
    place.role()
    place.credential()
    if scene == LIMITED:
        patch = '{"spec":{"tokenPolicy":{"maxTokens":1}}}'
        run("patch", "apicredential", f"--namespace={NAMESPACE}", CREDENTIAL, "--type=merge", f"--patch={patch}")


def _fill(cluster: BenchCluster, plan: Plan) -> datetime:
    """Tokens that end at one moment, which leaves time to put them there."""
    template = cluster.delivered_token()
    in_time = timedelta(seconds=int(START_SECONDS + plan.expiries / PUTS_PER_SECOND))
    ends = datetime.fromtimestamp(int(now().timestamp()), UTC) + in_time
    say(f"putting {plan.expiries} tokens there")
    names = [f"old-{number}" for number in range(plan.expiries)]
    asyncio.run(put_minted(cluster.server, template, names, expires_at=format_time(ends)))
    if ends - now() < timedelta(seconds=START_SECONDS / 2):
        message = "the tokens end too early: the machine is too slow for this benchmark"
        raise TimeoutError(message)
    return ends


@dataclass(frozen=True, slots=True)
class Scene:
    """What is to be played."""

    name: str
    plan: Plan
    ends: datetime

    def enough(self, noise: Noise) -> Callable[[int], bool]:
        """Whether so many mints are: beside tokens that end, those until the last has."""
        if self.name == EXPIRIES:
            return lambda _: noise.waves > 0
        return lambda minted: minted >= self.plan.mints


async def _play(cluster: BenchCluster, operator: RunningOperator, scene: Scene) -> Figures:
    quiet, over = Quiet(cluster.server, QUIET), asyncio.Event()
    await quiet.mint(enough=lambda minted: minted >= WARM_UP, seconds=60)
    noise = Noise(cluster.server, scene.name, scene.plan.expiries if scene.name == EXPIRIES else scene.plan.tokens)
    async with noise.made():
        await asyncio.sleep(max(0.0, (scene.ends - now()).total_seconds()))
        done = noise.done
        burden, before, began = Burden(cluster.pids(operator)), await _counts(cluster, operator), time.monotonic()
        beside = asyncio.create_task(floor(cluster.server, QUIET, over))
        mint = await quiet.mint(enough=scene.enough(noise), seconds=SCENE_SECONDS)
        seconds, cpu, others = time.monotonic() - began, burden.percent(), noise.done - done
    over.set()
    after = await _counts(cluster, operator)
    counts = {name: after[name] - before[name] for name in after}
    return Figures(mint, await beside, noise.waves, others, seconds, cpu, counts)


async def _counts(cluster: BenchCluster, operator: RunningOperator) -> dict[str, float]:
    """What the operator counts, and the Events that there are."""
    page = (await asyncio.to_thread(operator.get, "/metrics"))[1]
    names = {"failed": "reconcile_errors_total", "dropped": "events_dropped_total"}
    return {
        "events": float(await _events(cluster)),
        **{name: _sum(page, f"pharia_access_{series}") for name, series in names.items()},
    }


async def _events(cluster: BenchCluster) -> int:
    channel = await Channel.open(cluster.server)
    answer = await channel.send("GET", "/api/v1/events?limit=1")
    channel.close()
    found = msgspec.json.decode(answer)
    return len(found["items"]) + int(found["metadata"].get("remainingItemCount", 0))


def _sum(page: str, series: str) -> float:
    lines = (line for line in page.splitlines() if line.startswith((f"{series} ", f"{series}{{")))
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def _tables(found: Found) -> list[str]:
    alone = found[NOBODY, "now"].mint.percentile(99)
    verdicts = []
    for (scene, when), figures in found.items():
        if when == "now" and scene != NOBODY:
            p99 = figures.mint.percentile(99)
            verdicts += [
                Target(f"{scene}: p99 of the quiet one, times what it is alone", p99 / alone, at_most=MOST_TIMES_QUIET),
                Target(f"{scene}: p99 of the quiet one, s", p99, at_most=MOST_SECONDS),
            ]
    heads = ["the other one", "", "mints", "p50 s", "p99 s", "most s", "floor p50 s", "p99 s", "x alone"]
    heads += ["x with floor", "others/s", "waves", "in s", "CPU operator", "API server", "etcd", "load"]
    heads += ["Events/s", "dropped", "failed"]
    rows = [_row(scene, when, figures, found[NOBODY, when]) for (scene, when), figures in found.items()]
    return [targets(verdicts), table(heads, rows)]


def _row(scene: str, when: str, figures: Figures, alone: Figures) -> list[str]:
    mint, floor, cpu, counts = figures.mint, figures.floor, figures.cpu, figures.counts
    times = [*map(mint.percentile, (50, 99, 100)), *map(floor.percentile, (50, 99))]
    p99, added = alone.mint.percentile(99), floor.percentile(99) - alone.floor.percentile(99)
    ratios = (mint.percentile(99) / p99, mint.percentile(99) / (p99 + max(0.0, added)))
    shares = [f"{cpu[name]:.0f}" for name in ("operator", "kube-apiserver", "etcd", "load generator")]
    row = [scene, when, str(len(mint.seconds)), *(f"{seconds:.3f}" for seconds in times)]
    row += [*(f"{ratio:.1f}" for ratio in ratios), f"{figures.others / figures.seconds:.1f}", str(figures.waves)]
    row += [f"{figures.seconds:.0f}", *shares, f"{counts['events'] / figures.seconds:.1f}"]
    return [*row, f"{counts['dropped']:.0f}", f"{counts['failed']:.0f}"]
