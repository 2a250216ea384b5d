"""Work for later: failures come back after waits that grow, and of several dates the earliest stands."""

import asyncio

import pytest

from pharia_access.services.operator.work_queue import WorkQueue
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.recording_workers import RecordingWorkers, a_work


def test_retries_double_from_a_fifth_of_a_second_to_a_minute(queue: WorkQueue) -> None:
    waits = [queue.add_rate_limited(a_work()) for _ in range(12)]

    assert waits == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 60, 60, 60])


def test_a_thousand_failures_still_wait_a_minute(queue: WorkQueue) -> None:
    assert [queue.add_rate_limited(a_work()) for _ in range(2000)][-1] == 60


@pytest.mark.parametrize(
    ("failures", "at_least", "seconds"),
    [
        pytest.param(0, 30.0, 30.0, id="longer than the first wait"),
        pytest.param(0, 120.0, 120.0, id="longer than the longest wait"),
        pytest.param(9, 1.0, 60.0, id="shorter than what is due anyway"),
    ],
)
def test_a_retry_waits_at_least_as_long_as_the_server_asked(
    queue: WorkQueue, failures: int, at_least: float, seconds: float
) -> None:
    for _ in range(failures):
        queue.add_rate_limited(a_work())

    assert queue.add_rate_limited(a_work(), at_least=at_least) == seconds


def test_success_starts_the_waits_anew(queue: WorkQueue) -> None:
    for _ in range(5):
        queue.add_rate_limited(a_work())
    queue.forget(a_work())

    assert queue.add_rate_limited(a_work()) == 0.2


def test_forgiving_what_never_failed_is_nothing(queue: WorkQueue) -> None:
    queue.forget(a_work())

    assert queue.add_rate_limited(a_work()) == 0.2


def test_the_failures_of_one_do_not_slow_another(queue: WorkQueue) -> None:
    for _ in range(5):
        queue.add_rate_limited(a_work("a"))

    assert queue.add_rate_limited(a_work("b")) == 0.2


@simulated
async def test_a_retry_runs_when_its_wait_is_over(queue: WorkQueue, clock: FakeClock) -> None:
    recording_workers = RecordingWorkers(queue, clock)
    await recording_workers.start(workers=1)

    queue.add_rate_limited(a_work(), at_least=7)
    await asyncio.sleep(100)

    assert recording_workers.began == [(7, "a")]


@pytest.mark.parametrize("delays", [(5, 10), (10, 5), (10, 5, 10), (5, 5)])
@simulated
async def test_of_several_dates_the_earliest_stands(
    queue: WorkQueue, clock: FakeClock, delays: tuple[float, ...]
) -> None:
    recording_workers = RecordingWorkers(queue, clock)
    await recording_workers.start(workers=2)

    for seconds in delays:
        queue.add_after(a_work(), seconds)
    await asyncio.sleep(100)

    assert recording_workers.began == [(5, "a")]


@simulated
async def test_a_new_date_can_be_set_when_the_last_one_has_passed(queue: WorkQueue, clock: FakeClock) -> None:
    recording_workers = RecordingWorkers(queue, clock)
    await recording_workers.start(workers=1)

    queue.add_after(a_work(), 5)
    await asyncio.sleep(6)
    queue.add_after(a_work(), 5)
    await asyncio.sleep(100)

    assert recording_workers.began == [(5, "a"), (11, "a")]


@simulated
async def test_work_that_falls_due_while_it_runs_runs_again(queue: WorkQueue, clock: FakeClock) -> None:
    recording_workers = RecordingWorkers(queue, clock, seconds=10)
    await recording_workers.start(workers=2)

    queue.add(a_work())
    queue.add_after(a_work(), 3)
    await asyncio.sleep(100)

    assert recording_workers.began == [(0, "a"), (10, "a")]
    assert recording_workers.most_at_once == 1
