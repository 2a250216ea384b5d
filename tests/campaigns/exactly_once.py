"""Runs the exactly-once property many times: `python -m tests.campaigns.exactly_once --runs 10000`.

Exit status 1 if it broke. The runs are made of fakes and virtual time; see tests/support/simulation/simulated_run.py.
Writes bench/results/exactly_once.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from bench.meters import machine
from bench.report import table, write
from tests.support.simulation.simulated_run import simulate

__all__ = ["main", "measure"]

RUNS = 10_000


def measure() -> int:
    """The whole number of runs, written down."""
    began = time.perf_counter()
    counts, broken = _run(range(RUNS), most=10, trace=False)
    seconds = time.perf_counter() - began
    told = ("runs", "tokens", "mints", "reads", "crashes", "calls", "event", "people")
    names = {"event": "events delivered", "people": "changes by people", "calls": "API calls"}
    rows = [[names.get(name, name), str(counts[name])] for name in told]
    rows += [["runs that broke", str(broken)], ["milliseconds a run", f"{1000 * seconds / RUNS:.1f}"]]
    head = "# The exactly-once property\n\nWritten by `python -m bench exactly-once`: generated runs on fakes."
    write("exactly_once", f"{head}\n\n{machine(1)}\n\n{table(['what', 'number'], rows)}")
    return 1 if broken else 0


def main() -> int:
    """Some runs, chosen by arguments, printed."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.exactly_once", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--trace", action="store_true", help="print the steps of the runs that broke")
    parser.add_argument("--most", type=int, default=10, help="how many broken runs to print")
    arguments = parser.parse_args()
    seeds = range(arguments.first, arguments.first + arguments.runs)
    counts, broken = _run(seeds, most=arguments.most, trace=arguments.trace)
    print(f"{broken} broken;", ", ".join(f"{name} {number}" for name, number in sorted(counts.items())))
    return 1 if broken else 0


def _run(seeds: range, *, most: int, trace: bool) -> tuple[Counter[str], int]:
    counts: Counter[str] = Counter()
    broken = 0
    for seed in seeds:
        outcome = simulate(seed)
        counts.update(outcome.counts)
        broken += bool(outcome.violations)
        if outcome.violations and broken <= most:
            print(f"seed {seed}:", *outcome.violations, sep="\n  ")
            print(*(outcome.trace if trace else ()), sep="\n")
    return counts, broken


if __name__ == "__main__":
    sys.exit(main())
