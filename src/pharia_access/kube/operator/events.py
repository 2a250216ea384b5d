"""Writes Events (core/v1) in the background: `record` never waits and never fails; lost Events are counted.

One Event for one thing told: the same reason and message about the same object within ten minutes is told once, and
not again to raise a count, which would be a write for nothing new. Namespaces take turns, and where there is no room,
the one that has most waiting gives way.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from pharia_access.domain.api_values import EventMessage
from pharia_access.domain.token_bucket import TokenBucket
from pharia_access.domain.turns import Turns
from pharia_access.errors import AlreadyExistsError, ApiError, UnavailableError
from pharia_access.kube import manifests, paths
from pharia_access.kube.connection import Connection
from pharia_access.kube.http import Request

__all__ = ["EventRecorder", "RecorderClock"]

COMPONENT = "pharia-access-operator"
QUEUE_SIZE = 10_000
PER_SECOND = 50.0
RETRY_SECONDS = 1.0
MOST_RETRY_SECONDS = 10.0
REPEAT_AFTER = timedelta(minutes=10)
MOST_REMEMBERED = 10_000


_Queued = tuple[EventMessage, datetime]


class _Backlog(asyncio.Queue[_Queued]):
    """A queue in which namespaces take turns, by the three hooks of asyncio.Queue."""

    def _init(self, maxsize: int) -> None:  # noqa: ARG002 - the base's
        self._queue: Turns[_Queued] = Turns()

    def _put(self, item: _Queued) -> None:
        self._queue.append(item[0].key.namespace, item)

    def _get(self) -> _Queued:
        taken = self._queue.take()
        assert taken is not None, "asked only where something waits"  # noqa: S101 - for the type alone
        return taken

    def give_way(self) -> EventMessage:
        """Remove the last Event of the namespace with the most Events."""
        last = self._queue.shorten_the_longest()
        assert last is not None, "asked only where there is no room"  # noqa: S101 - for the type alone
        self.task_done()
        return last[0]


class RecorderClock(Protocol):
    """The clock of a recorder."""

    def now(self) -> datetime:
        """Return the wall clock in UTC."""
        ...

    def monotonic(self) -> float:
        """Return monotonic seconds."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class EventRecorder:
    """Implements `services.operator.ports.Recorder`. Use from one event loop; `run` in a task of its own.

    Args:
        instance: this replica's name.
        on_drop: called for each notice that was not written.
        timeout_seconds: of a single request.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        instance: str,
        clock: RecorderClock,
        on_drop: Callable[[], None] = lambda: None,
        timeout_seconds: float = 5.0,
    ) -> None:
        self._connection = connection
        self._reporter = manifests.Reporter(COMPONENT, instance)
        self._clock = clock
        self._on_drop = on_drop
        self._timeout = timeout_seconds
        self._queue = _Backlog()
        self._bucket = TokenBucket(PER_SECOND)
        self._recorded: OrderedDict[tuple[str, str, str], datetime] = OrderedDict()
        self.dropped = 0
        """Return the number of lost Events: the queue was full, or the API server refused them."""

    def record(self, notice: EventMessage) -> None:
        """Queue an Event, unless the same Event was recorded within ten minutes."""
        now = self._clock.now()
        if self._is_repeated(notice, now):
            return
        self._queue.put_nowait((notice, now))
        if self._queue.qsize() > QUEUE_SIZE:
            self._drop(self._queue.give_way())

    async def run(self) -> None:
        """Write queued Events for ever, at most about 50 a second."""
        while True:
            await self._clock.sleep(self._bucket.wait_seconds(self._clock.monotonic()))
            notice, moment = await self._queue.get()
            try:
                await self._write(notice, moment)
            finally:
                self._queue.task_done()
            self._bucket.reserve(self._clock.monotonic())

    async def drain(self, seconds: float) -> None:
        """Wait until the queue is written, at most so long, and drop the rest. `run` must be running."""
        try:
            async with asyncio.timeout(seconds):
                await self._queue.join()
        except TimeoutError:
            while not self._queue.empty():
                notice, _ = self._queue.get_nowait()
                self._queue.task_done()
                self._drop(notice)

    async def _write(self, notice: EventMessage, moment: datetime) -> None:
        body = manifests.event(notice, self._reporter, moment)
        try:
            await self._send(Request("POST", paths.of_event(body["metadata"]["namespace"]), self._timeout, body))
        except AlreadyExistsError:
            return  # the first try took effect after all
        except ApiError:
            self._drop(notice)

    async def _send(self, call: Request) -> None:
        try:
            await self._connection.send(call)
        except UnavailableError as error:
            await self._clock.sleep(min(error.retry_after or RETRY_SECONDS, MOST_RETRY_SECONDS))
            await self._connection.send(call)

    def _is_repeated(self, notice: EventMessage, now: datetime) -> bool:
        what = _what(notice)
        recorded = self._recorded.get(what)
        if recorded is not None and now - recorded < REPEAT_AFTER:
            return True
        self._recorded[what] = now
        self._recorded.move_to_end(what)
        while len(self._recorded) > MOST_REMEMBERED or now - next(iter(self._recorded.values())) >= REPEAT_AFTER:
            self._recorded.popitem(last=False)
        return False

    def _drop(self, notice: EventMessage) -> None:
        self._recorded.pop(_what(notice), None)  # told the next time instead
        self.dropped += 1
        self._on_drop()


def _what(notice: EventMessage) -> tuple[str, str, str]:
    return notice.uid, notice.reason, notice.message
