"""Streams of bytes, good and bad: the listener reads them as h11 does, or as a row of the table says; never more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from tests.support.comparison import DisagreementError
from tests.support.differences import DIFFERENCES
from tests.support.http_streams import all_tags, make_stream
from tests.support.stream_rules import LENIENCES, OTHER_LENIENCES
from tests.support.stream_run import Run
from tests.support.stream_talk import Recorder
from tests.support.ways_in import APPLICATION, listener

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from pharia_access.entrypoints.verifier.guarded import Limits
    from tests.support.http_door import Door
    from tests.support.step_loop import StepLoop

PARTS = [range(start, start + 10_000) for start in (0, 10_000)]
ENOUGH = range(2_000)


@pytest.mark.parametrize("numbers", PARTS, ids=str)
def test_streams_are_read_as_h11_reads_them(numbers: range) -> None:
    run = Run()

    run.feed(numbers)

    tally = run.tally
    print(tally)
    assert all_tags() - tally.tags.keys() == set()
    assert DIFFERENCES.keys() - tally.differences.keys() == set()
    assert {*LENIENCES, *OTHER_LENIENCES} - tally.leniences.keys() == set()
    assert tally.well_formed > 0.4 * tally.streams
    assert tally.whole > 0.6 * tally.streams
    assert tally.whole_well_formed > 0.6 * tally.well_formed


def test_a_stream_is_made_of_its_number_alone() -> None:
    assert [make_stream(number) for number in range(200)] == [make_stream(number) for number in range(200)]


class Late(Recorder):
    """An application that answers each request as if it were the one before."""

    def __init__(self) -> None:
        self._before: Any = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        before, self._before = self._before, scope["headers"]
        await super().__call__({**scope, "headers": before or []}, receive, send)


def uvicorns_own(app: ASGIApp) -> Callable[[StepLoop, Limits, Door], dict[str, Callable[[], Any]]]:
    def ways(loop: StepLoop, _limits: Limits, _door: Door) -> dict[str, Callable[[], Any]]:
        config = Config(app, interface="asgi3", lifespan="off", ws="none", log_config=None)
        config.load()
        state = ServerState()
        return {APPLICATION: lambda: HttpToolsProtocol(config=config, server_state=state, app_state={}, _loop=loop)}

    return ways


def of_which(change: Callable[[Any], None]) -> Callable[[StepLoop, Limits, Door], dict[str, Callable[[], Any]]]:
    """The listener, each connection changed."""

    def ways(loop: StepLoop, limits: Limits, door: Door) -> dict[str, Callable[[], Any]]:
        def changed(connect: Callable[[], Any]) -> Callable[[], Any]:
            def make() -> Any:  # noqa: ANN401 - whatever the listener makes
                protocol = connect()
                change(protocol)
                return protocol

            return make

        return {name: changed(connect) for name, connect in listener(loop, limits, door).items()}

    return ways
