"""A million inputs to all that reads what strangers send, and a million streams to the listener beside h11.

`python -m bench fuzz` writes bench/results/fuzz.md. FUZZ_STREAMS says how many streams, FUZZ_FIRST which is the first.
"""

from __future__ import annotations

import os
import time
from itertools import islice
from random import Random

from bench.bench_cluster import say
from bench.meters import machine
from bench.report import write
from tests.campaigns.fuzz_streams import compare_streams, report
from tests.support.verifier.mutations import Feeder, mutations
from tests.support.verifier.verifier_server import VerifierServer

__all__ = ["main"]

COUNT = 1_000_000
SEED = 20261124
_RANGE = (("FUZZ_FIRST", "0"), ("FUZZ_STREAMS", "1000000"))
_WHAT = f"""\
{COUNT:,} mutated inputs (seed {SEED}) to the readers of the Authorization header, of tokens, requirements, paths and
the three kinds of bodies. None raised anything undocumented, and none was accepted but the token itself."""


def main() -> int:
    """Feed, compare, write, and tell; an input that breaks something is shown and ends it."""
    shape = machine(2)
    inputs = _feed()
    first, count = (int(os.environ.get(name, usual)) for name, usual in _RANGE)
    began = time.monotonic()
    tally = compare_streams(first, count)
    streams = report(first, tally, time.monotonic() - began)
    write("fuzz", "\n\n".join(["# Inputs of strangers", _WHAT, f"It took {inputs:.0f} s.", streams, shape]))
    return 0


def _feed() -> float:
    """Hand inputs to all readers; how long it took, in seconds."""
    feeder = Feeder(VerifierServer())
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
    return time.monotonic() - began
