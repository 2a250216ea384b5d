"""Faults from seeds on a real control plane: `python -m tests.campaigns.chaos [--runs N] [--first SEED] [--jobs J]`.

Two operators and two verifiers run, people work, and things go wrong; a referee says which promises were broken.
Exit status 1 if any was, 2 if a run failed that proves nothing therefore. Writes bench/results/chaos.md after at least
200 runs. A seed plays the same people and faults again; what the machine does between them differs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.bench_cluster import say
from bench.meters import machine
from bench.report import table, write
from tests.chaos.chaos_cluster import set_up
from tests.chaos.run import Outcome, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.chaos.chaos_cluster import ChaosCluster

__all__ = ["main"]

_ENOUGH = 200
_SHOWN = 40  # of the steps before the end of a run that broke


@dataclass(frozen=True, slots=True)
class _Played:
    """What is kept of a run: its history is told where it broke, and is large."""

    faults: list[str]
    broke: bool
    failed: bool
    waited: bool
    tokens: int
    deliveries: int
    answers: int


def main() -> int:
    """Play the seeds, tell, and write."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=_ENOUGH)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--seconds", type=float, default=8.0, help="of faults in each run")
    parser.add_argument("--jobs", type=int, default=1, help="stages at a time, each with a control plane of its own")
    parser.add_argument("--trace", action="store_true", help="print all steps of runs that broke or failed")
    arguments = parser.parse_args()
    began = time.monotonic()
    seeds = range(arguments.first, arguments.first + arguments.runs)
    shares = [seeds[number :: arguments.jobs] for number in range(arguments.jobs)]
    with ProcessPoolExecutor(arguments.jobs) as pool:
        futures = [pool.submit(_play_all, share, arguments.seconds, trace=arguments.trace) for share in shares]
        played = [one for future in futures for one in future.result()]
    _report(played, time.monotonic() - began, arguments.jobs)
    return _status(played)


def _play_all(seeds: Sequence[int], seconds: float, *, trace: bool) -> list[_Played]:
    played: list[_Played] = []
    while len(played) < len(seeds):  # a run that failed may leave anything: the next one gets a new stage
        say("starting a control plane, two operators and two verifiers")
        with (
            tempfile.TemporaryDirectory(prefix="pharia-access-chaos-") as folder,
            set_up(Path(folder)) as chaos_cluster,
        ):
            played += _play(chaos_cluster, seeds[len(played) :], seconds=seconds, trace=trace)
    return played


def _play(chaos_cluster: ChaosCluster, seeds: Sequence[int], *, seconds: float, trace: bool) -> Iterator[_Played]:
    """Each seed in turn, up to the first run that failed."""
    for seed in seeds:
        outcome = run(chaos_cluster, seed, seconds=seconds)
        _tell(outcome, trace=trace)
        yield _Played(
            faults=outcome.faults,
            broke=bool(outcome.violations),
            failed=bool(outcome.failure),
            waited=bool(outcome.waited_for),
            tokens=len(outcome.history.lives),
            deliveries=outcome.deliveries,
            answers=outcome.answers,
        )
        if outcome.failure:
            return


def _tell(outcome: Outcome, *, trace: bool) -> None:
    verdict = f"{len(outcome.violations)} BROKEN" if outcome.violations else "kept"
    if outcome.failure:
        verdict = f"FAILED, proves nothing: {outcome.failure}"
    tokens = f"{len(outcome.history.lives)} tokens, {outcome.deliveries} of them kept"
    counts = f"{tokens}, {outcome.answers} answers, {outcome.seconds:.0f} s"
    say(f"seed {outcome.seed}: {verdict}; {counts}: {'; '.join(outcome.faults)}")
    for left in outcome.waited_for[:5]:
        print(f"  Kubernetes' collector was started anew: {left}", flush=True)
    for violation in outcome.violations[:5]:
        print(f"  {violation}", flush=True)
    if outcome.violations or outcome.failure:
        steps = sorted(outcome.history.log)
        print(*(f"    {at:.3f} {what}" for at, what in (steps if trace else steps[-_SHOWN:])), sep="\n", flush=True)


def _status(played: list[_Played]) -> int:
    if any(one.broke for one in played):
        return 1
    return 2 if any(one.failed for one in played) else 0


def _report(played: list[_Played], seconds: float, jobs: int) -> None:
    if len(played) < _ENOUGH:
        return
    faults = Counter(fault for one in played for fault in one.faults)
    rows = [
        ["runs", str(len(played))],
        ["runs that broke a promise", str(sum(one.broke for one in played))],
        ["runs that failed, and prove nothing", str(sum(one.failed for one in played))],
        ["runs that waited for Kubernetes' collector", str(sum(one.waited for one in played))],
        ["tokens whose secret was read", f"{sum(one.tokens for one in played):,}"],
        ["texts that were seen in Secrets of WorkloadTokens", f"{sum(one.deliveries for one in played):,}"],
        ["answers judged", f"{sum(one.answers for one in played):,}"],
        ["minutes, of so many stages at a time", f"{seconds / 60:.0f}, {jobs}"],
        *[[fault, str(times)] for fault, times in sorted(faults.items())],
    ]
    head = "# Chaos\n\nWritten by `make chaos`: two operators, two verifiers, people, faults from seeds."
    write("chaos", f"{head}\n\n{machine(2)}\n\n{table(['what', 'number'], rows)}")


if __name__ == "__main__":
    sys.exit(main())
