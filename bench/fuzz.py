"""A million inputs to all that reads what strangers send: `python -m bench fuzz`. Writes bench/results/fuzz.md."""

from __future__ import annotations

import time
from itertools import islice
from random import Random

from bench.meters import machine
from bench.report import write
from bench.stage import say
from tests.support.http_door import Door
from tests.support.mutations import Feeder, mutations

__all__ = ["main"]

COUNT = 1_000_000
SEED = 20261124
_WHAT = f"""\
{COUNT:,} mutated inputs (seed {SEED}) to the readers of the Authorization header, of tokens, requirements, paths and
the three kinds of bodies. None raised anything undocumented, and none was accepted but the token itself."""


def main() -> int:
    """Feed, write, and tell; an input that breaks something is shown in hexadecimal and ends it."""
    feeder = Feeder(Door())
    began = time.monotonic()
    inputs = mutations(feeder.seeds, Random(SEED))  # noqa: S311 - repeatable
    for number, data in enumerate(islice(inputs, COUNT), start=1):
        try:
            feeder.feed(data)
        except BaseException:
            say(f"input {number} of seed {SEED}: {data.hex()}")
            raise
        if number % 100_000 == 0:
            say(f"{number} inputs in {time.monotonic() - began:.0f} s")
    parts = [
        "# Inputs of strangers",
        _WHAT,
        f"It took {time.monotonic() - began:.0f} s.",
        machine(2),
    ]
    write("fuzz", "\n\n".join(parts))
    return 0
