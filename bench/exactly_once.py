"""Runs the exactly-once property many times: `python bench/exactly_once.py --runs 10000`. Exit status 1 if it broke."""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support.simulation import simulate


def main() -> int:
    """Run, print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--trace", action="store_true", help="print the steps of the runs that broke")
    parser.add_argument("--most", type=int, default=10, help="how many broken runs to print")
    arguments = parser.parse_args()
    counts: Counter[str] = Counter()
    began, broken = time.perf_counter(), 0
    for seed in range(arguments.first, arguments.first + arguments.runs):
        outcome = simulate(seed)
        counts.update(outcome.counts)
        if not outcome.violations:
            continue
        broken += 1
        if broken <= arguments.most:
            print(f"seed {seed}:", *outcome.violations, sep="\n  ")
            print(*(outcome.trace if arguments.trace else ()), sep="\n")
    seconds = time.perf_counter() - began
    print(f"{arguments.runs} runs in {seconds:.1f} s ({1000 * seconds / arguments.runs:.1f} ms a run), {broken} broken")
    print(", ".join(f"{name} {number}" for name, number in sorted(counts.items())))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
