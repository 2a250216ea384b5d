"""The operator's benchmarks, or those that are named: `python -m bench [NAME ...]`.

Those of the verifier (`fuzz`, `check`, `at-once`, `flood` with `flood-bodies`, `pipelines`, `places`) take long, and
most want wrk, so they run by name only; so do `cascade`, `fairness`, `matrix`, `neighbour`, `plugin`, `quiet`,
`restore`, `scale`, `soak` and `suspension`.
"""

from __future__ import annotations

import argparse
import sys

from bench import (
    at_once,
    cascade,
    check,
    exactly_once,
    expiry,
    fairness,
    flood,
    flood_bodies,
    fuzz,
    matrix,
    mint,
    neighbour,
    pipelines,
    places,
    plugin,
    quiet,
    restore,
    scale,
    soak,
    suspension,
)
from bench.client import ClientError
from tests.support.processes import ProcessError
from tools.go_toolchain import BuildError

_OPERATOR = {"mint": mint.main, "expiry": expiry.main, "exactly-once": exactly_once.measure}
_VERIFIER = {
    "fuzz": fuzz.main,
    "check": check.main,
    "at-once": at_once.main,
    "flood": flood.main,
    "flood-bodies": flood_bodies.main,
    "pipelines": pipelines.main,
    "places": places.main,
}
_PLUGIN = {"plugin": plugin.main}
_MANY = {
    "cascade": cascade.main,
    "fairness": fairness.main,
    "matrix": matrix.main,
    "neighbour": neighbour.main,
    "quiet": quiet.main,
    "restore": restore.main,
    "scale": scale.main,
    "soak": soak.main,
    "suspension": suspension.main,
}
_BENCHMARKS = {**_OPERATOR, **_VERIFIER, **_PLUGIN, **_MANY}


def main(arguments: list[str]) -> int:
    """Run them one after the other; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(_BENCHMARKS))
    names = parser.parse_args(arguments).names or list(_OPERATOR)
    if unknown := set(names) - _BENCHMARKS.keys():
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    try:
        return max(_BENCHMARKS[name]() for name in names)
    except (BuildError, ClientError, ProcessError, TimeoutError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
