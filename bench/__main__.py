"""The operator's benchmarks, or those that are named: `python -m bench [NAME ...]`.

Those of the verifier (`fuzz`, `fuzz-headers`, `check`, `at-once`, `flood` with `flood-bodies`, `header-costs`,
`introspection-clients`, `pipelines`, `places`, `service-accounts`) take long, and most want wrk, so they run by name
only; so do `cascade`, `cleanup`, `console`, `fairness`, `llm-clients`, `matrix`, `neighbour`, `plugin`, `properties`,
`quiet`, `restore`, `scale`, `scale-workloads`, `soak` and `suspension`.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from bench import console, matrix, plugin_latency
from bench.checks import check, flood, flood_bodies, full_places, header_costs, pipelines, propagation, service_accounts
from bench.client import ClientError
from bench.introspection import clients
from bench.mints import expiry, fairness, mint
from bench.scale import cascade, cleanup, neighbour, quiet, restored_backups, scale, soak, suspension, workloads
from tools.control_plane.processes import ProcessError
from tools.go_toolchain import BuildError
from tools.program_cache import MissingProgramError

if TYPE_CHECKING:
    from collections.abc import Callable

CAMPAIGNS = {
    "exactly-once": ("tests.campaigns.exactly_once", "measure"),
    "fuzz": ("tests.campaigns.fuzz", "main"),
    "fuzz-headers": ("tests.campaigns.fuzz_headers", "main"),
    "llm-clients": ("tests.campaigns.llm_clients", "main"),
    "properties": ("tests.campaigns.properties", "main"),
}
"""Tests at length, each a module and its function. They are found by name: a benchmark imports no test."""


def _campaign(name: str) -> Callable[[], int]:
    module, function = CAMPAIGNS[name]

    def run() -> int:
        status: int = getattr(import_module(module), function)()
        return status

    return run


_TESTS = {"matrix": matrix.main, "properties": _campaign("properties")}
_OPERATOR = {"mint": mint.main, "expiry": expiry.main, "exactly-once": _campaign("exactly-once")}
_VERIFIER = {
    "fuzz": _campaign("fuzz"),
    "fuzz-headers": _campaign("fuzz-headers"),
    "llm-clients": _campaign("llm-clients"),
    "check": check.main,
    "at-once": propagation.main,
    "flood": flood.main,
    "flood-bodies": flood_bodies.main,
    "pipelines": pipelines.main,
    "places": full_places.main,
    "header-costs": header_costs.main,
    "introspection-clients": clients.main,
    "service-accounts": service_accounts.main,
}
_PLUGIN = {"plugin": plugin_latency.main, "console": console.main}
_MANY = {
    "cascade": cascade.main,
    "cleanup": cleanup.main,
    "fairness": fairness.main,
    "neighbour": neighbour.main,
    "quiet": quiet.main,
    "restore": restored_backups.main,
    "scale": scale.main,
    "scale-workloads": workloads.main,
    "soak": soak.main,
    "suspension": suspension.main,
}
_BENCHMARKS = {**_TESTS, **_OPERATOR, **_VERIFIER, **_PLUGIN, **_MANY}


def main(arguments: list[str]) -> int:
    """Run them one after the other; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(_BENCHMARKS))
    names = parser.parse_args(arguments).names or list(_OPERATOR)
    if unknown := set(names) - _BENCHMARKS.keys():
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    try:
        return max(_BENCHMARKS[name]() for name in names)
    except (BuildError, ClientError, MissingProgramError, ProcessError, TimeoutError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
