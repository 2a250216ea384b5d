"""Events are written behind the work, each once, and what is lost is counted."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from pharia_access.domain.api_values import EventMessage
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import AlreadyExistsError, ApiError, ForbiddenError, UnavailableError
from pharia_access.kube.operator.events import QUEUE_SIZE, EventRecorder
from tests.support.builders.domain_objects import TOKEN
from tests.support.fakes.virtual_time import FakeClock, simulated

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pharia_access.kube.client import Connection, Request

NOTICE = EventMessage(kind="ApiToken", key=TOKEN, uid="token-1", reason="Issued", message="The token can be used.")


class FakeConnection:
    """Keeps the Events that it takes; first answers with the errors that it was given."""

    def __init__(self, *errors: ApiError) -> None:
        self.errors = list(errors)
        self.written: list[tuple[float, str]] = []

    async def send(self, call: Request) -> bytes:
        if self.errors:
            raise self.errors.pop(0)
        body = cast("dict[str, str]", call.body)
        self.written.append((asyncio.get_running_loop().time(), body["message"]))
        return b"{}"

    @property
    def messages(self) -> list[str]:
        """What was written, in order."""
        return [message for _, message in self.written]


@asynccontextmanager
async def a_recorder(connection: FakeConnection, clock: FakeClock) -> AsyncIterator[EventRecorder]:
    """A recorder that runs."""
    recorder = EventRecorder(cast("Connection", connection), instance="replica-1", clock=clock)
    running = asyncio.create_task(recorder.run())
    yield recorder
    running.cancel()


def numbered(number: int, namespace: str = TOKEN.namespace) -> EventMessage:
    """A notice unlike the others."""
    return replace(NOTICE, message=f"{number}", key=ObjectKey(namespace, TOKEN.name))


@pytest.fixture
def clock() -> FakeClock:
    """The time of the test and of its loop."""
    return FakeClock()


@simulated
async def test_what_is_recorded_is_written(clock: FakeClock) -> None:
    connection = FakeConnection()
    async with a_recorder(connection, clock) as recorder:
        recorder.record(NOTICE)
        await recorder.drain(5)

    assert connection.messages == [NOTICE.message]


@simulated
async def test_no_more_than_fifty_are_written_in_a_second(clock: FakeClock) -> None:
    connection = FakeConnection()
    async with a_recorder(connection, clock) as recorder:
        for number in range(200):
            recorder.record(numbered(number))
        await recorder.drain(60)

    assert connection.messages == [str(number) for number in range(200)]
    assert connection.written[-1][0] == pytest.approx(199 / 50)


@simulated
async def test_the_same_is_told_again_only_after_ten_minutes(clock: FakeClock) -> None:
    connection = FakeConnection()
    async with a_recorder(connection, clock) as recorder:
        for _ in range(12):
            recorder.record(NOTICE)
            recorder.record(replace(NOTICE, uid="token-2"))
            await asyncio.sleep(60)
        await recorder.drain(5)

    assert len(connection.written) == 4


@simulated
async def test_what_was_told_longer_ago_takes_no_memory(clock: FakeClock) -> None:
    async with a_recorder(FakeConnection(), clock) as recorder:
        for number in range(100):
            recorder.record(replace(NOTICE, uid=f"token-{number}"))
            await asyncio.sleep(60)
        await recorder.drain(5)

    assert len(recorder._recorded) == 10


@pytest.mark.parametrize(
    ("errors", "written", "dropped"),
    [
        pytest.param([UnavailableError("x")], 1, 0, id="no answer: tried again"),
        pytest.param([UnavailableError("x"), UnavailableError("x")], 0, 1, id="no answer twice: given up"),
        pytest.param([UnavailableError("x"), AlreadyExistsError("x")], 0, 0, id="the first try took effect"),
        pytest.param([ForbiddenError("x")], 0, 1, id="refused: given up at once"),
    ],
)
@simulated
async def test_a_lost_event_is_tried_again_once(
    clock: FakeClock, errors: list[ApiError], written: int, dropped: int
) -> None:
    connection = FakeConnection(*errors)
    async with a_recorder(connection, clock) as recorder:
        recorder.record(NOTICE)
        await recorder.drain(30)

        assert (len(connection.written), recorder.dropped) == (written, dropped)


@simulated
async def test_what_was_lost_is_told_the_next_time(clock: FakeClock) -> None:
    connection = FakeConnection(ForbiddenError("x"))
    async with a_recorder(connection, clock) as recorder:
        for _ in range(2):
            recorder.record(NOTICE)
            await recorder.drain(5)

    assert connection.messages == [NOTICE.message]


@simulated
async def test_what_finds_no_room_is_counted(clock: FakeClock) -> None:
    drops: list[None] = []
    recorder = EventRecorder(
        cast("Connection", FakeConnection()), instance="x", clock=clock, on_drop=lambda: drops.append(None)
    )
    for number in range(QUEUE_SIZE + 10):
        recorder.record(numbered(number))

    assert recorder.dropped == len(drops) == 10


@simulated
async def test_a_drain_ends_in_time_and_counts_what_is_left(clock: FakeClock) -> None:
    connection = FakeConnection()
    async with a_recorder(connection, clock) as recorder:
        for number in range(200):
            recorder.record(numbered(number))
        await recorder.drain(1)

        assert asyncio.get_running_loop().time() == pytest.approx(1)
        assert recorder.dropped + len(connection.written) == 200


@simulated
async def test_one_namespaces_events_do_not_delay_anothers(clock: FakeClock) -> None:
    connection = FakeConnection()
    async with a_recorder(connection, clock) as recorder:
        for number in range(1000):
            recorder.record(numbered(number, "noisy"))
        recorder.record(numbered(-1, "quiet"))
        await asyncio.sleep(1)

    assert connection.messages[:3] == ["0", "-1", "1"]


@simulated
async def test_where_there_is_no_room_who_has_most_gives_way(clock: FakeClock) -> None:
    connection = FakeConnection()
    async with a_recorder(connection, clock) as recorder:
        for number in range(QUEUE_SIZE):
            recorder.record(numbered(number, "noisy"))
        for number in range(QUEUE_SIZE, QUEUE_SIZE + 5):
            recorder.record(numbered(number, "quiet"))
        recorder.record(numbered(-1, "noisy"))
        await recorder.drain(QUEUE_SIZE)

    assert recorder.dropped == 6
    assert {str(number) for number in range(QUEUE_SIZE, QUEUE_SIZE + 5)} <= set(connection.messages)
    assert "-1" not in connection.messages
