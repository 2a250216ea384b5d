"""Faults from seeds on a real control plane: `python -m bench.chaos [--runs N] [--first SEED] [--seconds S]`.

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
from pathlib import Path
from typing import TYPE_CHECKING

from bench.meters import machine
from bench.report import table, write
from bench.stage import say
from tests.chaos.run import Outcome, run
from tests.chaos.stage import set_up

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.chaos.stage import Stage

__all__ = ["main"]

_ENOUGH = 200
_SHOWN = 40  # of the steps before the end of a run that broke


def main() -> int:
    """Play the seeds, tell, and write."""
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=_ENOUGH)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--seconds", type=float, default=8.0, help="of faults in each run")
    parser.add_argument("--trace", action="store_true", help="print all steps of runs that broke or failed")
    arguments = parser.parse_args()
    began = time.monotonic()
    outcomes: list[Outcome] = []
    seeds = range(arguments.first, arguments.first + arguments.runs)
    while len(outcomes) < len(seeds):  # a run that failed may leave anything: the next one gets a new stage
        say("starting a control plane, two operators and two verifiers")
        with tempfile.TemporaryDirectory(prefix="pharia-access-chaos-") as folder, set_up(Path(folder)) as stage:
            outcomes += _play(stage, seeds[len(outcomes) :], seconds=arguments.seconds, trace=arguments.trace)
    _report(outcomes, time.monotonic() - began)
    return _status(outcomes)


def _play(stage: Stage, seeds: Sequence[int], *, seconds: float, trace: bool) -> Iterator[Outcome]:
    """Each seed in turn, up to the first run that failed."""
    for seed in seeds:
        outcome = run(stage, seed, seconds=seconds)
        _tell(outcome, trace=trace)
        yield outcome
        if outcome.failure:
            return


def _tell(outcome: Outcome, *, trace: bool) -> None:
    verdict = f"{len(outcome.violations)} BROKEN" if outcome.violations else "kept"
    if outcome.failure:
        verdict = f"FAILED, proves nothing: {outcome.failure}"
    counts = f"{len(outcome.history.lives)} tokens, {outcome.answers} answers, {outcome.seconds:.0f} s"
    say(f"seed {outcome.seed}: {verdict}; {counts}: {'; '.join(outcome.faults)}")
    for left in outcome.waited_for[:5]:
        print(f"  Kubernetes' collector was started anew: {left}", flush=True)
    for violation in outcome.violations[:5]:
        print(f"  {violation}", flush=True)
    if outcome.violations or outcome.failure:
        steps = sorted(outcome.history.log)
        print(*(f"    {at:.3f} {what}" for at, what in (steps if trace else steps[-_SHOWN:])), sep="\n", flush=True)


def _status(outcomes: list[Outcome]) -> int:
    if any(outcome.violations for outcome in outcomes):
        return 1
    return 2 if any(outcome.failure for outcome in outcomes) else 0


def _report(outcomes: list[Outcome], seconds: float) -> None:
    if len(outcomes) < _ENOUGH:
        return
    faults = Counter(fault for outcome in outcomes for fault in outcome.faults)
    rows = [
        ["runs", str(len(outcomes))],
        ["runs that broke a promise", str(sum(bool(outcome.violations) for outcome in outcomes))],
        ["runs that failed, and prove nothing", str(sum(bool(outcome.failure) for outcome in outcomes))],
        ["runs that waited for Kubernetes' collector", str(sum(bool(outcome.waited_for) for outcome in outcomes))],
        ["tokens whose secret was collected", f"{sum(len(outcome.history.lives) for outcome in outcomes):,}"],
        ["answers judged", f"{sum(outcome.answers for outcome in outcomes):,}"],
        ["minutes", f"{seconds / 60:.0f}"],
        *[[fault, str(times)] for fault, times in sorted(faults.items())],
    ]
    head = "# Chaos\n\nWritten by `make chaos`: two operators, two verifiers, people, faults from seeds."
    write("chaos", f"{head}\n\n{machine(2)}\n\n{table(['what', 'number'], rows)}")


if __name__ == "__main__":
    sys.exit(main())
