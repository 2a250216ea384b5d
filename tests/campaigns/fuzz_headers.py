"""A million headers of tokens and models to both ways into the verifier, beside a reference.

`python -m bench fuzz-headers` writes bench/results/fuzz-headers.md. FUZZ_HEADERS says how many headers, FUZZ_FIRST the
first seed.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time

from bench.bench_cluster import say
from bench.meters import machine
from bench.report import table, write
from tests.support.verifier.fuzzed_headers import HeaderFuzzer, Tally

__all__ = ["main"]

_TOLD_EACH = 20_000
_WHAT = """\
Written by `make fuzz`. Checks of gateways whose head has no token or up to four, in `Authorization` and in the headers
of `TOKEN_HEADERS`, good, revoked, unknown and hurt, and no model or up to two, in shuffled order; up to six checks a
connection, many of them a repetition of the one before, in part or as a whole. Every set of `TOKEN_HEADERS` takes its
turn, and one connection in ten goes to the application alone. A reference that was written apart says the status of
each; no answer had another, and none had a token in it."""


def main() -> int:
    """Send, compare, write, and tell; the first answer that is not the reference's ends it, and its seed is shown."""
    shape = machine(2)
    first, count = (
        int(os.environ.get(name, usual)) for name, usual in (("FUZZ_FIRST", "0"), ("FUZZ_HEADERS", "1000000"))
    )
    began = time.monotonic()
    last, tally = asyncio.run(_sent(first, count))
    took = time.monotonic() - began
    statuses = table(
        ["status", "checks"], [[str(status), f"{tally.statuses[status]:,}"] for status in sorted(tally.statuses)]
    )
    said = (
        f"{tally.headers:,} headers in {tally.checks:,} checks over {last - first + 1:,} connections (seeds {first} to "
        f"{last}).\n{tally.at_once:,} checks were answered at once, the others by the parser. It took {took:.0f} s."
    )
    write("fuzz-headers", f"# Headers of strangers\n\n{_WHAT}\n\n{said}\n\n{statuses}\n\n{shape}")
    return 0


async def _sent(first: int, count: int) -> tuple[int, Tally]:
    fuzzer = HeaderFuzzer()
    for seed in itertools.count(first):
        try:
            await fuzzer.sequence(seed)
        except BaseException:
            say(f"seed {seed}")
            raise
        if fuzzer.tally.headers >= count:
            return seed, fuzzer.tally
        if seed % _TOLD_EACH == 0:
            say(f"{fuzzer.tally.headers:,} headers")
    raise AssertionError
