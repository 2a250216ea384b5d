"""The work queue: each key once, one worker a key, urgent before bulk, and failures come back later."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.model import ObjectKey
from pharia_access.services.work_queue import Work, WorkQueue
from tests.support.virtual_time import FakeClock, run_simulated, simulated


def a_work(name: str = "a") -> Work:
    return Work("token", ObjectKey("finance", name))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def queue(clock: FakeClock) -> WorkQueue:
    return WorkQueue(clock.monotonic)


async def drained(queue: WorkQueue) -> list[str]:
    """The names of all that waits, in the order in which it is taken."""
    names = []
    while len(queue):
        work = await queue.take()
        names.append(work.key.name)
        queue.done(work)
    return names


@dataclass
class Crew:
    """Workers that need some seconds for each work, and write down when they began with which."""

    queue: WorkQueue
    clock: FakeClock
    seconds: float = 0.0
    began: list[tuple[float, str]] = field(default_factory=list)
    running: Counter[Work] = field(default_factory=Counter)
    most_at_once: int = 0
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def start(self, workers: int) -> None:
        """Have them wait for work."""
        self.tasks = [asyncio.create_task(self.queue.work_forever(self.handle)) for _ in range(workers)]
        await asyncio.sleep(0)

    async def handle(self, work: Work) -> None:
        """Work."""
        self.began.append((round(self.clock.monotonic(), 3), work.key.name))
        self.running[work] += 1
        self.most_at_once = max(self.most_at_once, self.running[work])
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.running[work] -= 1


@simulated
async def test_a_key_waits_once(queue: WorkQueue) -> None:
    for _ in range(3):
        queue.add(a_work())

    assert len(queue) == 1
    assert await drained(queue) == ["a"]


def test_kinds_and_uids_are_told_apart(queue: WorkQueue) -> None:
    key = ObjectKey("finance", "a")
    for work in (Work("token", key), Work("credential", key), Work("secret", key, "1"), Work("secret", key, "2")):
        queue.add(work)

    assert len(queue) == 4


@simulated
async def test_work_is_taken_in_the_order_in_which_it_came(queue: WorkQueue) -> None:
    for name in "cab":
        queue.add(a_work(name))

    assert await drained(queue) == ["c", "a", "b"]


@simulated
async def test_a_key_is_worked_on_by_one_worker_at_a_time(queue: WorkQueue, clock: FakeClock) -> None:
    crew = Crew(queue, clock, seconds=5)
    await crew.start(workers=3)

    queue.add(a_work())
    await asyncio.sleep(1)
    queue.add(a_work())
    await asyncio.sleep(20)

    assert crew.most_at_once == 1
    assert crew.began == [(0, "a"), (5, "a")]


@simulated
async def test_work_asked_for_often_while_it_runs_runs_once_more(queue: WorkQueue) -> None:
    queue.add(a_work())
    running = await queue.take()
    for _ in range(3):
        queue.add(a_work())
    assert len(queue) == 0

    queue.done(running)

    assert await drained(queue) == ["a"]


@simulated
async def test_work_that_nobody_asked_for_again_does_not_come_back(queue: WorkQueue) -> None:
    queue.add(a_work())
    queue.done(await queue.take())

    assert len(queue) == 0


@simulated
async def test_urgent_work_goes_before_bulk(queue: WorkQueue) -> None:
    queue.add(a_work("bulk"), bulk=True)
    queue.add(a_work("more bulk"), bulk=True)
    queue.add(a_work("urgent"))

    assert await drained(queue) == ["urgent", "bulk", "more bulk"]


@simulated
async def test_however_much_is_urgent_every_fourth_look_is_for_bulk(queue: WorkQueue) -> None:
    for number in range(9):
        queue.add(a_work(f"urgent {number}"))
        queue.add(a_work(f"bulk {number}"), bulk=True)

    order = (await drained(queue))[:8]

    assert [place for place, name in enumerate(order, 1) if name.startswith("bulk")] == [4, 8]


@simulated
async def test_bulk_that_became_urgent_goes_first_and_only_once(queue: WorkQueue) -> None:
    queue.add(a_work("a"), bulk=True)
    queue.add(a_work("b"), bulk=True)
    queue.add(a_work("b"))

    assert len(queue) == 2
    assert await drained(queue) == ["b", "a"]


@simulated
async def test_urgent_work_stays_urgent_when_it_is_asked_for_in_bulk(queue: WorkQueue) -> None:
    queue.add(a_work("bulk"), bulk=True)
    queue.add(a_work("a"))
    queue.add(a_work("a"), bulk=True)

    assert await drained(queue) == ["a", "bulk"]


@simulated
async def test_work_that_changed_lanes_can_come_in_bulk_again(queue: WorkQueue) -> None:
    queue.add(a_work("a"), bulk=True)
    queue.add(a_work("a"))
    queue.done(await queue.take())
    queue.add(a_work("a"), bulk=True)

    assert await drained(queue) == ["a"]


@pytest.mark.parametrize(
    ("asked_in_bulk", "order"),
    [
        pytest.param([True], ["other", "a"], id="in bulk: it waits in line"),
        pytest.param([True, True], ["other", "a"], id="twice in bulk: it waits in line"),
        pytest.param([False], ["a", "other"], id="urgently: it goes first"),
        pytest.param([True, False], ["a", "other"], id="in bulk, then urgently: it goes first"),
        pytest.param([False, True], ["a", "other"], id="urgently, then in bulk: it goes first"),
    ],
)
@simulated
async def test_work_asked_for_while_it_runs_keeps_its_lane(
    queue: WorkQueue, asked_in_bulk: list[bool], order: list[str]
) -> None:
    queue.add(a_work())
    running = await queue.take()
    for bulk in asked_in_bulk:
        queue.add(a_work(), bulk=bulk)
    queue.add(a_work("other"), bulk=True)

    queue.done(running)

    assert await drained(queue) == order


def test_retries_double_from_a_fifth_of_a_second_to_a_minute(queue: WorkQueue) -> None:
    waits = [queue.retry(a_work()) for _ in range(12)]

    assert waits == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 60, 60, 60])


def test_a_thousand_failures_still_wait_a_minute(queue: WorkQueue) -> None:
    assert [queue.retry(a_work()) for _ in range(2000)][-1] == 60


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
        queue.retry(a_work())

    assert queue.retry(a_work(), at_least=at_least) == seconds


def test_success_starts_the_waits_anew(queue: WorkQueue) -> None:
    for _ in range(5):
        queue.retry(a_work())
    queue.forgive(a_work())

    assert queue.retry(a_work()) == 0.2


def test_forgiving_what_never_failed_is_nothing(queue: WorkQueue) -> None:
    queue.forgive(a_work())

    assert queue.retry(a_work()) == 0.2


def test_the_failures_of_one_do_not_slow_another(queue: WorkQueue) -> None:
    for _ in range(5):
        queue.retry(a_work("a"))

    assert queue.retry(a_work("b")) == 0.2


@simulated
async def test_a_retry_runs_when_its_wait_is_over(queue: WorkQueue, clock: FakeClock) -> None:
    crew = Crew(queue, clock)
    await crew.start(workers=1)

    queue.retry(a_work(), at_least=7)
    await asyncio.sleep(100)

    assert crew.began == [(7, "a")]


@pytest.mark.parametrize("delays", [(5, 10), (10, 5), (10, 5, 10), (5, 5)])
@simulated
async def test_of_several_dates_the_earliest_stands(
    queue: WorkQueue, clock: FakeClock, delays: tuple[float, ...]
) -> None:
    crew = Crew(queue, clock)
    await crew.start(workers=2)

    for seconds in delays:
        queue.add_after(a_work(), seconds)
    await asyncio.sleep(100)

    assert crew.began == [(5, "a")]


@simulated
async def test_a_new_date_can_be_set_when_the_last_one_has_passed(queue: WorkQueue, clock: FakeClock) -> None:
    crew = Crew(queue, clock)
    await crew.start(workers=1)

    queue.add_after(a_work(), 5)
    await asyncio.sleep(6)
    queue.add_after(a_work(), 5)
    await asyncio.sleep(100)

    assert crew.began == [(5, "a"), (11, "a")]


@simulated
async def test_work_that_falls_due_while_it_runs_runs_again(queue: WorkQueue, clock: FakeClock) -> None:
    crew = Crew(queue, clock, seconds=10)
    await crew.start(workers=2)

    queue.add(a_work())
    queue.add_after(a_work(), 3)
    await asyncio.sleep(100)

    assert crew.began == [(0, "a"), (10, "a")]
    assert crew.most_at_once == 1


@simulated
async def test_a_sleeping_worker_is_woken_by_new_work(queue: WorkQueue, clock: FakeClock) -> None:
    crew = Crew(queue, clock)
    await crew.start(workers=1)

    await asyncio.sleep(3)
    queue.add(a_work())
    await asyncio.sleep(1)

    assert crew.began == [(3, "a")]


@simulated
async def test_a_worker_that_sleeps_until_a_date_is_woken_for_an_earlier_one(
    queue: WorkQueue, clock: FakeClock
) -> None:
    crew = Crew(queue, clock)
    await crew.start(workers=1)

    queue.add_after(a_work("late"), 50)
    await asyncio.sleep(3)
    queue.add_after(a_work("early"), 2)
    await asyncio.sleep(100)

    assert crew.began == [(5, "early"), (50, "late")]


@simulated
async def test_all_sleeping_workers_help_when_much_comes_at_once(queue: WorkQueue, clock: FakeClock) -> None:
    crew = Crew(queue, clock, seconds=10)
    await crew.start(workers=3)

    for name in "abcd":
        queue.add_after(a_work(name), 1)
    await asyncio.sleep(100)

    assert crew.began == [(1, "a"), (1, "b"), (1, "c"), (11, "d")]


@simulated
async def test_what_is_due_in_bulk_waits_behind_what_was_there_in_bulk(
    queue: WorkQueue,
    clock: FakeClock,
) -> None:
    queue.add_after(a_work("recount"), 1, bulk=True)
    queue.add(a_work("a"), bulk=True)
    queue.add(a_work("b"), bulk=True)
    await asyncio.sleep(2)
    queue.add(a_work("asked for"))

    assert [(await queue.take()).key.name for _ in range(4)] == ["asked for", "a", "b", "recount"]


@simulated
async def test_a_date_is_kept_when_whoever_waited_for_it_got_other_work(queue: WorkQueue, clock: FakeClock) -> None:
    crew = Crew(queue, clock, seconds=1000)
    await crew.start(workers=3)

    queue.add_after(a_work("due"), 10)
    await asyncio.sleep(1)
    queue.add(a_work("a"))
    await asyncio.sleep(1)
    queue.add(a_work("b"))
    await asyncio.sleep(100)

    assert crew.began == [(1, "a"), (2, "b"), (10, "due")]


@simulated
async def test_work_whose_worker_was_stopped_can_be_taken_by_another(queue: WorkQueue, clock: FakeClock) -> None:
    crew = Crew(queue, clock, seconds=10)
    await crew.start(workers=1)
    queue.add(a_work())
    await asyncio.sleep(1)
    crew.tasks[0].cancel()

    await asyncio.sleep(1)
    queue.add(a_work())
    await crew.start(workers=1)
    await asyncio.sleep(1)

    assert crew.began == [(0, "a"), (2, "a")]


@simulated
async def test_the_oldest_wait_is_that_of_the_first_that_still_waits(queue: WorkQueue, clock: FakeClock) -> None:
    assert queue.oldest_seconds() == 0
    queue.add(a_work("a"), bulk=True)
    clock.advance(5)
    queue.add(a_work("b"))
    clock.advance(2)
    queue.add(a_work("a"))
    assert queue.oldest_seconds() == 7

    while (await queue.take()).key.name != "a":
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
    crew = Crew(queue, clock, seconds=seconds)

    async def main() -> None:
        await crew.start(workers=3)
        for at, name, delay, bulk in sorted(requests, key=lambda request: request[0]):
            await asyncio.sleep(at - clock.monotonic())
            if delay is None:
                queue.add(a_work(name), bulk=bulk)
            else:
                queue.add_after(a_work(name), delay)
        await asyncio.sleep(200)

    run_simulated(main(), clock=clock)

    slack = 0.01
    assert crew.most_at_once <= 1
    for at, name, delay, _ in requests:
        latest = at + (delay or 0) + seconds + slack
        assert any(at - slack <= began <= latest for began, worked in crew.began if worked == name)
