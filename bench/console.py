"""What the console promises, measured: `python -m bench console`. Writes bench/results/console.md.

`BENCH_PARTS` names the parts that are measured; see `console_findings`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from bench import console_latency, console_live, console_tokens, console_use
from bench.bench_cluster import BenchCluster, bench_cluster, say
from bench.console_findings import Findings, kept, page
from bench.meters import bind_to_cores, machine
from bench.report import write

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["main"]

PARTS: Final[Mapping[str, Callable[[BenchCluster, Findings], None]]] = {
    "first": console_latency.measure,
    "tokens": console_tokens.measure,
    "live": console_live.measure,
    "tabs": console_use.measure_tabs,
    "use": console_use.measure_use,
    "huge": console_tokens.measure_huge,
}
"""In this order: `huge` leaves its tokens behind."""

_HEAD: Final = f"""\
# `kubectl access console`: what it promises, and what was measured

Written by `python -m bench console`, on two cores that the API server, etcd, the console and Chromium share. How many
rounds there were stands beside the times. The browser runs already; byte code is cached. Tokens are in
{console_tokens.NAMESPACES} namespaces, as the operator leaves them; nobody tells them from those that the API server
wrote. The parts were measured one by one: how busy the machine was meanwhile stands below for each."""


def main() -> int:
    """Measure and write; the exit status."""
    named = os.environ.get("BENCH_PARTS", "")  # noqa: TID251 - a benchmark's own setting
    cores = bind_to_cores()
    with bench_cluster() as place:
        for name in named.split(",") if named else PARTS:
            say(f"part {name}")
            findings = Findings(name, machine(cores))
            PARTS[name](place, findings)
            findings.keep()
            write("console", page(_HEAD, kept(PARTS)))
    return 0
