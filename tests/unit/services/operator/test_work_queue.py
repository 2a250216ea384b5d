"""The work queue: each key once, one worker a key, and no worker sleeps while there is work for it."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.model import ObjectKey
from pharia_access.services.operator.work_queue import WorkItem, WorkQueue
from tests.support.fakes.virtual_time import FakeClock, run_simulated, simulated
from tests.support.harness.recording_workers import RecordingWorkers, a_work, drained


@simulated
async def test_a_key_waits_once(queue: WorkQueue) -> None:
    for _ in range(3):
        queue.add(a_work())

    assert len(queue) == 1
    assert await drained(queue) == ["a"]


def test_kinds_and_uids_are_told_apart(queue: WorkQueue) -> None:
    key = ObjectKey("finance", "a")
    for work in (
        WorkItem("token", key),
        WorkItem("credential", key),
        WorkItem("secret", key, "1"),
        WorkItem("secret", key, "2"),
    ):
        queue.add(work)

    assert len(queue) == 4


@simulated
async def test_work_is_taken_in_the_order_in_which_it_came(queue: WorkQueue) -> None:
    for name in "cab":
        queue.add(a_work(name))

    assert await drained(queue) == ["c", "a", "b"]


@simulated
async def test_a_key_is_worked_on_by_one_worker_at_a_time(queue: WorkQueue, clock: FakeClock) -> None:
    recording_workers = RecordingWorkers(queue, clock, seconds=5)
    await recording_workers.start(workers=3)

    queue.add(a_work())
    await asyncio.sleep(1)
    queue.add(a_work())
    await asyncio.sleep(20)

    assert recording_workers.most_at_once == 1
    assert recording_workers.began == [(0, "a"), (5, "a")]


@simulated
async def test_work_asked_for_often_while_it_runs_runs_once_more(queue: WorkQueue) -> None:
    queue.add(a_work())
    running = await queue.get()
    for _ in range(3):
        queue.add(a_work())
    assert len(queue) == 0

    queue.done(running)

    assert await drained(queue) == ["a"]


@simulated
async def test_work_that_nobody_asked_for_again_does_not_come_back(queue: WorkQueue) -> None:
    queue.add(a_work())
    queue.done(await queue.get())

    assert len(queue) == 0


@simulated
async def test_a_sleeping_worker_is_woken_by_new_work(queue: WorkQueue, clock: FakeClock) -> None:
    recording_workers = RecordingWorkers(queue, clock)
    await recording_workers.start(workers=1)

    await asyncio.sleep(3)
    queue.add(a_work())
    await asyncio.sleep(1)

    assert recording_workers.began == [(3, "a")]


@simulated
async def test_a_worker_that_sleeps_until_a_date_is_woken_for_an_earlier_one(
    queue: WorkQueue, clock: FakeClock
) -> None:
    recording_workers = RecordingWorkers(queue, clock)
    await recording_workers.start(workers=1)

    queue.add_after(a_work("late"), 50)
    await asyncio.sleep(3)
    queue.add_after(a_work("early"), 2)
    await asyncio.sleep(100)

    assert recording_workers.began == [(5, "early"), (50, "late")]


@simulated
async def test_all_sleeping_workers_help_when_much_comes_at_once(queue: WorkQueue, clock: FakeClock) -> None:
    recording_workers = RecordingWorkers(queue, clock, seconds=10)
    await recording_workers.start(workers=3)

    for name in "abcd":
        queue.add_after(a_work(name), 1)
    await asyncio.sleep(100)

    assert recording_workers.began == [(1, "a"), (1, "b"), (1, "c"), (11, "d")]


@simulated
async def test_a_date_is_kept_when_whoever_waited_for_it_got_other_work(queue: WorkQueue, clock: FakeClock) -> None:
    recording_workers = RecordingWorkers(queue, clock, seconds=1000)
    await recording_workers.start(workers=3)

    queue.add_after(a_work("due"), 10)
    await asyncio.sleep(1)
    queue.add(a_work("a"))
    await asyncio.sleep(1)
    queue.add(a_work("b"))
    await asyncio.sleep(100)

    assert recording_workers.began == [(1, "a"), (2, "b"), (10, "due")]


@simulated
async def test_work_whose_worker_was_stopped_can_be_taken_by_another(queue: WorkQueue, clock: FakeClock) -> None:
    recording_workers = RecordingWorkers(queue, clock, seconds=10)
    await recording_workers.start(workers=1)
    queue.add(a_work())
    await asyncio.sleep(1)
    recording_workers.tasks[0].cancel()

    await asyncio.sleep(1)
    queue.add(a_work())
    await recording_workers.start(workers=1)
    await asyncio.sleep(1)

    assert recording_workers.began == [(0, "a"), (2, "a")]


@simulated
async def test_the_oldest_wait_is_that_of_the_first_that_still_waits(queue: WorkQueue, clock: FakeClock) -> None:
    assert queue.oldest_seconds() == 0
    queue.add(a_work("a"), low_priority=True)
    clock.advance(5)
    queue.add(a_work("b"))
    clock.advance(2)
    queue.add(a_work("a"))
    assert queue.oldest_seconds() == 7

    while (await queue.get()).key.name != "a":
        pass

    assert queue.oldest_seconds() == 0


REQUESTS = st.lists(
    st.tuples(
        st.floats(0, 50),
        st.sampled_from("abc"),
        st.one_of(st.none(), st.floats(0, 20)),
        st.booleans(),
    ),
    max_size=12,
)


@given(requests=REQUESTS, seconds=st.floats(0, 5))
def test_every_request_is_met_in_time_and_never_by_two_workers_at_once(
    requests: list[tuple[float, str, float | None, bool]], seconds: float
) -> None:
    clock = FakeClock()
    queue = WorkQueue(clock.monotonic)
    recording_workers = RecordingWorkers(queue, clock, seconds=seconds)

    async def main() -> None:
        await recording_workers.start(workers=3)
        for at, name, delay, low_priority in sorted(requests, key=lambda request: request[0]):
            await asyncio.sleep(at - clock.monotonic())
            if delay is None:
                queue.add(a_work(name), low_priority=low_priority)
            else:
                queue.add_after(a_work(name), delay)
        await asyncio.sleep(200)

    run_simulated(main(), clock=clock)

    slack = 0.01
    assert recording_workers.most_at_once <= 1
    for at, name, delay, _ in requests:
        latest = at + (delay or 0) + seconds + slack
        assert any(at - slack <= began <= latest for began, worked in recording_workers.began if worked == name)
