"""Faults from seeds on a real control plane: `python -m bench.chaos [--runs N] [--first SEED] [--seconds S]`.

Two operators and two verifiers run, people work, and things go wrong; a referee says which promises were broken.
Exit status 1 if any was. Writes bench/results/chaos.md after at least 200 runs. A seed plays the same people and faults
again; what the machine does between them differs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from bench.meters import machine
from bench.report import table, write
from bench.stage import say
from tests.chaos.run import Outcome, run
from tests.chaos.stage import Stage
from tests.support.control_plane import ControlPlane
from tests.support.installation import install
from tests.support.resources import api_role

__all__ = ["main"]

_ENOUGH = 200
_SHOWN = 40  # of the steps before the end of a run that broke


def main() -> int:
    """Play the seeds, tell, and write."""
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=_ENOUGH)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--seconds", type=float, default=10.0, help="of faults in each run")
    parser.add_argument("--trace", action="store_true", help="print all steps of runs that broke")
    arguments = parser.parse_args()
    began = time.monotonic()
    outcomes: list[Outcome] = []
    with ExitStack() as stack:
        stage = _stage(stack)
        for seed in range(arguments.first, arguments.first + arguments.runs):
            outcome = run(stage, seed, seconds=arguments.seconds)
            outcomes.append(outcome)
            _tell(outcome, trace=arguments.trace)
    _report(outcomes, time.monotonic() - began)
    return 1 if any(outcome.violations for outcome in outcomes) else 0


def _stage(stack: ExitStack) -> Stage:
    root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pharia-access-chaos-")))
    say("starting a control plane, two operators and two verifiers")
    control_plane = stack.enter_context(ControlPlane.start(root / "control-plane"))
    install(control_plane)
    control_plane.kubectl("apply", "--filename=-", stdin=json.dumps(api_role()))
    stage = Stage(control_plane, root, stack)
    stage.start()
    return stage


def _tell(outcome: Outcome, *, trace: bool) -> None:
    verdict = f"{len(outcome.violations)} BROKEN" if outcome.violations else "kept"
    counts = f"{outcome.tokens} tokens, {outcome.answers} answers, {len(outcome.faults)} faults"
    say(f"seed {outcome.seed}: {verdict}; {counts}")
    for violation in outcome.violations[:5]:
        print(f"  {violation}", flush=True)
    if outcome.violations:
        steps = outcome.history.log if trace else outcome.history.log[-_SHOWN:]
        print(*(f"    {at:.3f} {what}" for at, what in sorted(steps)), sep="\n", flush=True)


def _report(outcomes: list[Outcome], seconds: float) -> None:
    if len(outcomes) < _ENOUGH:
        return
    faults = Counter(fault for outcome in outcomes for fault in outcome.faults)
    rows = [
        ["runs", str(len(outcomes))],
        ["runs that broke a promise", str(sum(bool(outcome.violations) for outcome in outcomes))],
        ["tokens whose secret was collected", f"{sum(outcome.tokens for outcome in outcomes):,}"],
        ["answers judged", f"{sum(outcome.answers for outcome in outcomes):,}"],
        ["minutes", f"{seconds / 60:.0f}"],
        *[[fault, str(times)] for fault, times in sorted(faults.items())],
    ]
    head = "# Chaos\n\nWritten by `python -m bench.chaos`: two operators, two verifiers, people, faults from seeds."
    write("chaos", f"{head}\n\n{machine(2)}\n\n{table(['what', 'number'], rows)}")


if __name__ == "__main__":
    sys.exit(main())
