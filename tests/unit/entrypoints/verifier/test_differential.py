"""Streams of bytes, good and bad: the listener reads them as h11 does, or as a row of the table says; never more."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.streams.comparison import DisagreementError
from tests.support.streams.differences import DIFFERENCES
from tests.support.streams.http_streams import all_tags, make_stream
from tests.support.streams.stream_grammar import GOOD
from tests.support.streams.stream_rules import LENIENCES, OTHER_LENIENCES
from tests.support.streams.stream_run import Run
from tests.support.streams.ways_in import listener

if TYPE_CHECKING:
    from collections.abc import Callable

    from pharia_access.entrypoints.verifier.limits import Limits
    from tests.support.fakes.step_loop import StepLoop
    from tests.support.streams.ways_in import Ways
    from tests.support.verifier.verifier_server import VerifierServer

pytestmark = pytest.mark.no_cover
"""Many examples of code that other tests cover: tracing them takes twice as long again."""


PARTS = [range(start, start + 10_000) for start in (0, 10_000)]
ENOUGH = range(2_000)
DECISION = Path(__file__).parents[4] / "docs" / "decisions" / "0032-compared-with-a-reference.md"


@pytest.mark.parametrize("numbers", PARTS, ids=str)
def test_streams_are_read_as_h11_reads_them(numbers: range) -> None:
    run = Run()

    run.feed(numbers)

    tally = run.tally
    assert all_tags() - tally.tags.keys() == set()
    assert DIFFERENCES.keys() - tally.differences.keys() == set()
    assert {*LENIENCES, *OTHER_LENIENCES} - tally.leniences.keys() == set()
    assert tally.well_formed > 0.4 * tally.streams
    assert tally.whole > 0.6 * tally.streams
    assert tally.whole_well_formed > 0.6 * tally.well_formed


def test_a_stream_is_made_of_its_number_alone() -> None:
    assert [make_stream(number) for number in range(200)] == [make_stream(number) for number in range(200)]


SABOTAGES: dict[str, Callable[[bytes], bytes]] = {
    "it reads bodies as requests": lambda data: data.replace(b"Content-Length: ", b"X-Length: "),
    "it takes chunks for requests": lambda data: data.replace(b"Transfer-Encoding: ", b"X-Encoding: "),
    "it stays open": lambda data: data.replace(b"Connection: close", b"Connection: stays"),
    "it closes": lambda data: data.replace(b"Connection: keep-alive", b"Connection: close"),
    "it takes another's token": lambda data: data.replace(GOOD[0], GOOD[1]),
    "it takes another target": lambda data: data.replace(b" /whoami ", b" /auth/forward "),
    "it takes another method": lambda data: data.replace(b"PROPFIND ", b"REPORT "),
    "it takes trailers for requests": lambda data: data.replace(b"0\r\nAuth", b"0\r\n\r\nGET / HTTP/1.1\r\nAuth"),
    "it loses small packets": lambda data: data if len(data) > 2 else b"",
    "it refuses what is good": lambda data: data.replace(b"X:\ty", b"X:\x00"),
}


@pytest.mark.parametrize("change", SABOTAGES.values(), ids=SABOTAGES.keys())
def test_a_listener_that_reads_otherwise_is_found_out(change: Callable[[bytes], bytes]) -> None:
    run = Run(sabotaged(change))

    with pytest.raises(DisagreementError):
        run.feed(ENOUGH)


def sabotaged(change: Callable[[bytes], bytes]) -> Ways:
    """The listener, which is shown other bytes than those that came."""

    def ways(loop: StepLoop, limits: Limits, server: VerifierServer) -> dict[str, Callable[[], Any]]:
        return {name: partial(made, connect) for name, connect in listener(loop, limits, server).items()}

    def made(connect: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the listener makes
        protocol = connect()
        received = protocol.data_received
        protocol.data_received = lambda data: received(change(data))
        return protocol

    return ways


def test_the_tables_in_the_documents_are_those_that_are_used() -> None:
    rows = {cells[0]: cells[1:] for cells in map(cells_of, DECISION.read_text().splitlines()) if cells}

    del rows["---"], rows["what stands in a stream"]
    differences = {name: [row.ours, row.theirs, row.why] for name, row in DIFFERENCES.items()}
    leniences = {name: [lenience.why] for name, lenience in LENIENCES.items()}
    assert rows == differences | leniences | {name: [why] for name, why in OTHER_LENIENCES.items()}


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
