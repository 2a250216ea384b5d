"""Streams of bytes to the listener and to h11, on both cores: part of `python -m bench fuzz`."""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from importlib.metadata import version

from bench.bench_cluster import say
from bench.meters import CORES
from bench.report import table
from tests.support.streams.comparison import DisagreementError
from tests.support.streams.http_streams import Stream, make_stream
from tests.support.streams.shrinking import shrunk
from tests.support.streams.stream_run import Run, Tally

__all__ = ["compare_streams", "report"]

_PART = 2_000
_TOLD_EACH = 50


def compare_streams(first: int, count: int) -> Tally:
    """Compare so many, and tell how far it is. Raises DisagreementError, with a shorter stream that shows the fault."""
    total, began = Tally(), time.monotonic()
    parts = [range(start, min(start + _PART, first + count)) for start in range(first, first + count, _PART)]
    with ProcessPoolExecutor(CORES) as pool:
        try:
            for number, tally in enumerate(pool.map(_part, parts), start=1):
                total.add(tally)
                if not number % _TOLD_EACH:
                    say(f"{total.streams:,} streams in {time.monotonic() - began:.0f} s")
        except DisagreementError:
            pool.shutdown(cancel_futures=True)
            raise
    return total


def _part(numbers: range) -> Tally:
    run = Run()
    for number in numbers:
        try:
            run.feed([number])
        except DisagreementError as error:
            msg = f"{error}\nshorter: {_shorter(make_stream(number))!r}"
            raise DisagreementError(msg) from None
    return run.tally


def _shorter(stream: Stream) -> bytes:
    """Of one that is only wrong for a well-formed one there is none."""
    plain, run = replace(stream, well_formed=False), Run()

    def fails(data: bytes) -> bool:
        try:
            run.compare(replace(plain, data=data))
        except DisagreementError:
            return True
        return False

    return shrunk(stream.data, fails) if fails(stream.data) else b""


def report(first: int, tally: Tally, seconds: float) -> str:
    """What a run has seen, in Markdown."""
    rows = [[name, f"{count:,}"] for name, count in tally.differences.most_common()]
    given = [[name, f"{count:,}"] for name, count in tally.leniences.most_common()]
    parts = [
        "# Streams beside h11",
        _told(first, tally, seconds),
        table(["share", "answered whole, and ended as by h11"], _shares(tally)),
        table(["difference", "connections"], rows),
        table(["what h11 is given to read it", "requests"], given),
    ]
    return "\n\n".join(parts)


def _told(first: int, tally: Tally, seconds: float) -> str:
    return f"""\
{tally.streams:,} streams (numbers {first:,} to {first + tally.streams - 1:,}; each number is a seed), of which
{tally.well_formed:,} are well-formed, with {tally.requests:,} requests that h11 reads. Each was sent in three or four
cuts, over {tally.talks:,} connections, the ways in taking turns. The listener answered no request that h11 does not
read, and none by another token; every difference has a row of decision 0032. It took {seconds:.0f} s on {CORES}
cores, with h11 {version("h11")} and httptools {version("httptools")}."""


def _shares(tally: Tally) -> list[list[str]]:
    return [
        ["of all connections", f"{tally.whole_talks / tally.talks:.1%}"],
        ["of all streams, in each of its cuts", f"{tally.whole / tally.streams:.1%}"],
        ["of well-formed streams, in each of its cuts", f"{tally.whole_well_formed / tally.well_formed:.1%}"],
        ["of well-formed streams, message by message", "100 %, or the run fails"],
    ]
