"""All tests that hypothesis generates, with other examples than `make test` has: `python -m bench properties`.

`make test` generates the same examples each time (decision 0052). Here each run has a seed of its own, PROPERTY_FIRST
and those after it, PROPERTY_RUNS in all. The seed of a run that fails is shown, and makes it again. Writes
bench/results/properties.md.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.matrix_report import outcome
from bench.meters import machine
from bench.report import table, write

__all__ = ["main"]

_ROOT = Path(__file__).resolve().parents[2]
_AT_MOST_SECONDS = 1800
_WHAT = """\
Written by `make properties`. Every unit test that hypothesis generates, once for each seed, with as many examples as
in `make test`, but others. A run again: `.venv/bin/python -m pytest tests/unit -m hypothesis
--hypothesis-profile=chance --hypothesis-seed=SEED`."""


@dataclass(frozen=True, slots=True)
class Run:
    """What came of one seed."""

    seed: int
    passed: int
    failed: list[str]
    seconds: float


def main() -> int:
    """Run every seed, tell which failed, and write the result; 1 if any did."""
    shape = machine(2)
    first, count = (
        int(os.environ.get(name, usual)) for name, usual in (("PROPERTY_FIRST", "1"), ("PROPERTY_RUNS", "10"))
    )
    runs = [_run(seed) for seed in range(first, first + count)]
    rows = [
        [str(run.seed), str(run.passed), ", ".join(f"`{test}`" for test in run.failed) or "none", f"{run.seconds:.0f}"]
        for run in runs
    ]
    found = table(["seed", "passed", "failed", "s"], rows)
    write("properties", f"# Properties, with other examples\n\n{_WHAT}\n\n{found}\n\n{shape}")
    return int(any(run.failed or not run.passed for run in runs))


def _run(seed: int) -> Run:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="pharia-access-properties-") as folder:
        report = Path(folder, "junit.xml")
        options = ["-m", "hypothesis", "--hypothesis-profile=chance", f"--hypothesis-seed={seed}"]
        argv = [sys.executable, "-m", "pytest", "tests/unit", "-n", "2", *options, f"--junitxml={report}"]
        subprocess.run(argv, cwd=_ROOT, check=False, timeout=_AT_MOST_SECONDS)
        found = outcome(report)
    print(f"properties: seed {seed}: {found['passed']} passed, failed: {found['failed'] or 'none'}", flush=True)
    return Run(seed, found["passed"], found["failed"], time.monotonic() - began)
