"""The integration tests on one version of Kubernetes: `KUBERNETES=1.32 python -m bench matrix`, or `make matrix`.

Writes a line for that version into bench/results/kubernetes.jsonl, and bench/results/kubernetes.md from all lines.
`WORKERS` is the number of processes, `PYTEST` further options, such as files: a run of a part says so. The options are
kept as they are given, and so are the names of tests that failed.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from bench.matrix_report import ALL, Conditions, Run, keep, outcome, write_report
from bench.meters import machine
from tools.build_control_plane import ensure_binaries
from tools.kubernetes_versions import chosen

__all__ = ["main"]

_ROOT = Path(__file__).resolve().parent.parent
_DEADLINE_SECONDS = 4 * 3600
_WHOLE = (0, 1)
"""Pytest's statuses of a run that came to its end: all passed, or some failed."""


def main() -> int:
    """Run the tests and write down what came of them; pytest's exit status."""
    options = shlex.split(os.environ.get("PYTEST", ""))  # noqa: TID251 - a benchmark's own
    workers = os.environ.get("WORKERS", "2")  # noqa: TID251 - as above
    conditions = _conditions()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="pharia-access-matrix-") as folder:
        report = Path(folder, "junit.xml")
        status = _run_tests(options, workers=workers, report=report)
        if status not in _WHOLE:
            print(f"matrix: pytest ended with status {status}, so nothing was written", file=sys.stderr)
            return status
        found = outcome(report)
    minutes = round((time.monotonic() - began) / 60, 1)
    keep(Run(**conditions, tests=shlex.join(options) or ALL, workers=int(workers), minutes=minutes, **found))
    write_report()
    return status


def _conditions() -> Conditions:
    """What is run on what, as it is before the run."""
    server = ensure_binaries()["kube-apiserver"]
    return {
        "version": chosen(),
        "server": _said([str(server), "--version"]).rpartition("v")[2],
        "commit": _said(["git", "-C", str(_ROOT), "rev-parse", "--short", "HEAD"]),
        "day": time.strftime("%Y-%m-%d", time.gmtime()),
        "conditions": machine(psutil.cpu_count() or 1),
    }


def _run_tests(options: list[str], *, workers: str, report: Path) -> int:
    """As `make integration` does; without files among the options, all."""
    files = [] if any(option.startswith("tests/") for option in options) else ["tests/integration"]
    spread = ["-n", workers, "--dist", "loadfile", "--no-loadscope-reorder"]
    argv = [sys.executable, "-m", "pytest", *files, *spread, f"--junitxml={report}", *options]
    return subprocess.run(argv, cwd=_ROOT, check=False, timeout=_DEADLINE_SECONDS).returncode


def _said(argv: list[str]) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=60).stdout.strip()
