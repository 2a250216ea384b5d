"""What reading tokens in more headers costs a check: `python -m bench header-costs`.

The verifier as it was before TOKEN_HEADERS, as it is without any listed, and with all of them; each on one core with
100,000 tokens, wrk on the other. The three take turns within each round, in shuffled order, so that rounds are pairs.
HEADER_LOADS says which loads (numbers, with commas). Each run keeps its rates in bench/results/header-costs.jsonl, and
writes bench/results/header-costs.md from all of them.
"""

from __future__ import annotations

import json
import os
import random
import re
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import exp, log
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

from bench.bench_cluster import say
from bench.checks.check import TOKENS, images_python, is_listening, write_tokens
from bench.checks.wrk import Load, Wrk
from bench.earlier import CHECKOUT, as_it_was
from bench.meters import machine
from bench.report import RESULTS, Target, table, targets, write
from tools.control_plane.processes import ProcessError, free_port, wait_until
from tools.debian_programs import find_program

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["main"]

BEFORE: Final = "e529245e"
ROUNDS: Final = 15
SECONDS: Final = 2
_RESAMPLES: Final = 10_000
_SLOWER: Final = 0.9
_KEPT: Final = RESULTS / "header-costs.jsonl"
_HOW: Final = f"""\
Written by `python -m bench header-costs`, in parts of at most five minutes: one core for the server, wrk on the other,
keep-alive over loopback, {TOKENS:,} tokens, {ROUNDS} rounds of {SECONDS} s for each load. "before" is commit {BEFORE},
"off" is now without `TOKEN_HEADERS`, "on" with all of them; all by Debian's CPython where the machine has it. Within a
round all three are measured, in shuffled order, and their rates compared. The ratio is the geometric mean over the
rounds, and the interval that of 95 % by resampling rounds. "Off" is slower if its interval is below 1, and "on" more
than 10 % slower if its interval is below 0.9; for CPU the other way round. Beside other work on the machine, the CPU of
a check says more than the rate, whose intervals are wide. With a key, "on" reads `x-api-key` and the others
`Authorization`."""

LOADS: Final = (
    Load("64 connections", of=()),
    Load("1 connection", connections=1, of=()),
    Load("64, 10,000 tokens in turn", of=(), script="in_turn.lua"),
    Load("64, no request like another", of=(), script="another.lua"),
    Load("64, the same with 13 headers", of=(), script="repeated.lua"),
    Load("64 connections, a key", of=()),
    Load("64, 10,000 keys in turn", of=(), script="in_turn.lua"),
)
_KEYS: Final = LOADS[5:]
"""Those with a token in `x-api-key` where that is read."""

Round = dict[str, dict[str, float]]
"""By server: its rate, and its cost of a check."""


@dataclass(frozen=True, slots=True)
class Server:
    """One that is measured, on core 0."""

    name: str
    port: int
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """What it has used."""
        return float(sum(self.process.cpu_times()[:2]))


def main() -> int:
    """Measure, keep, write, and tell."""
    numbers = os.environ.get("HEADER_LOADS", "0,1,2,3,4,5,6")  # noqa: TID251 - a benchmark's own setting
    chosen = [LOADS[int(number)] for number in numbers.split(",")]
    with tempfile.TemporaryDirectory(prefix="pharia-access-headers-") as folder, ExitStack() as stack:
        root = Path(folder)
        token = write_tokens(root)
        earlier = as_it_was(BEFORE, root / "earlier")
        sources = {"before": earlier, "off": CHECKOUT, "on": CHECKOUT}
        servers = [stack.enter_context(_started(name, root, path)) for name, path in sources.items()]
        wrk = Wrk(find_program("wrk"), token, root / "asked")
        for load in chosen:
            say(load.name)
            _keep(load, [_round(servers, wrk, load) for _ in range(ROUNDS)])
    _report()
    return 0


@contextmanager
def _started(name: str, root: Path, sources: Path) -> Iterator[Server]:
    port = free_port()
    paths = os.pathsep.join(map(str, (sources, sources / "src", sysconfig.get_path("purelib"))))
    files: list[str | Path] = ["--tokens", root / "tokens", "--key", root / "key", "--port", str(port), "--fast"]
    python = images_python() or sys.executable
    argv = [python, "-m", "bench.checks.filled_verifier", *files, *(["--headers"] if name == "on" else [])]
    with subprocess.Popen(["taskset", "-c", "0", *argv], env={"PYTHONPATH": paths}, cwd=sources) as process:
        try:
            wait_until(lambda: is_listening(port), what=f"{name} listens", timeout=60)
            yield Server(name, port, psutil.Process(process.pid))
        finally:
            process.terminate()


def _round(servers: Sequence[Server], wrk: Wrk, load: Load) -> Round:
    """What each did, in turn."""
    return {server.name: _measured(server, wrk, load) for server in random.sample(servers, len(servers))}


def _measured(server: Server, wrk: Wrk, load: Load) -> dict[str, float]:
    """Checks a second, and microseconds of CPU for a check."""
    before = server.cpu_seconds()
    header = "x-api-key" if load in _KEYS and server.name == "on" else "Authorization"
    said = wrk.run(load, server.port, seconds=SECONDS, header=header)
    if "Non-2xx" in said:
        message = f"{server.name} refused: {said}"
        raise ProcessError(message)
    count, took = re.search(r"(\d+) requests in ([\d.]+)s", said).groups()  # type: ignore[union-attr] # wrk always says
    return {"rate": int(count) / float(took), "cpu": 1e6 * (server.cpu_seconds() - before) / int(count)}


def _keep(load: Load, rounds: list[Round]) -> None:
    """Add the rates of a load; a later run of it replaces them in the page."""
    with _KEPT.open("a", encoding="utf-8") as file:
        row = {"load": load.name, "machine": machine(2), "commit": _commit(), "rounds": rounds}
        file.write(json.dumps(row) + "\n")


def _commit() -> str:
    """Which one is measured as now."""
    asked = ["git", "-C", str(CHECKOUT), "describe", "--always", "--dirty"]
    return f"commit {subprocess.run(asked, capture_output=True, text=True, check=True, timeout=20).stdout.strip()}"


def _report() -> None:
    kept = {row["load"]: row for row in map(json.loads, _KEPT.read_text(encoding="utf-8").splitlines())}
    found = [load for load in LOADS if load.name in kept]
    rows, verdicts = list[list[str]](), list[Target]()
    for load in found:
        rounds = kept[load.name]["rounds"]
        for name in ("on",) if load in _KEYS else ("off", "on"):
            rates, costs = (_ratio(rounds, name, what) for what in ("rate", "cpu"))
            rows.append([load.name, name, *_rates(rounds, name), *map(_told, (rates, costs))])
            least, most = (1.0, 1.0) if name == "off" else (_SLOWER, 1 / _SLOWER)
            verdicts += [
                Target(f"{name}, checks/s, upper end of the interval: {load.name}", rates[2], at_least=least),
                Target(f"{name}, CPU a check, lower end of the interval: {load.name}", costs[1], at_most=most),
            ]
    heads = ["load", "", "before, checks/s", "now, checks/s", "now / before", "CPU a check, now / before"]
    shapes = "\n\n".join(
        dict.fromkeys(f"{kept[load.name]['machine']}\n- {kept[load.name]['commit']}" for load in found)
    )
    parts = ["# What reading tokens in more headers costs", _HOW, shapes, targets(verdicts), table(heads, rows)]
    write("header-costs", "\n\n".join(parts))


def _rates(rounds: list[Round], name: str) -> list[str]:
    return [f"{statistics.median(each[one]['rate'] for each in rounds):,.0f}" for one in ("before", name)]


def _told(ratio: tuple[float, float, float]) -> str:
    middle, low, high = ratio
    return f"{middle:.3f} ({low:.3f} to {high:.3f})"


def _ratio(rounds: list[Round], name: str, what: str) -> tuple[float, float, float]:
    """The geometric mean of the ratios, and its interval of 95 % by resampling rounds."""
    logs = [log(each[name][what] / each["before"][what]) for each in rounds]
    drawn = (random.choices(logs, k=len(logs)) for _ in range(_RESAMPLES))  # noqa: S311 - no secret
    means = sorted(map(statistics.fmean, drawn))
    ends = means[_RESAMPLES * 25 // 1000], means[_RESAMPLES * 975 // 1000]
    return exp(statistics.fmean(logs)), exp(ends[0]), exp(ends[1])
