"""What takes long is done in pieces: one between two looks at the sockets, and checks come first."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import TYPE_CHECKING

import pytest

from pharia_access.entrypoints.verifier.long_work import PLACES, LongWork
from pharia_access.entrypoints.verifier.pace import RESTS, Pace
from pharia_access.errors import OverloadedError

if TYPE_CHECKING:
    from pytest_mock import MockerFixture


async def test_pieces_of_several_are_done_one_in_a_round_and_in_turn() -> None:
    work = LongWork(lambda: 0)
    done: list[tuple[int, str]] = []
    rounds = 0

    async def requests(name: str) -> None:
        with work.request(name) as request:
            for _ in range(3):
                await request.piece()
                done.append((rounds, name))

    async def count_rounds() -> None:
        nonlocal rounds
        while True:
            rounds += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count_rounds())
    async with asyncio.timeout(10):
        await asyncio.gather(*(requests(name) for name in "abcd"))
    counting.cancel()

    assert len({number for number, _ in done}) == len(done) == 12
    assert [name for _, name in done] == list("abcd") * 3


async def test_holders_take_turns_and_of_each_the_oldest_request_goes_on() -> None:
    work = LongWork(lambda: 0)
    done: list[str] = []

    async def asked(client: str, name: str) -> None:
        with work.request(client) as request:
            for _ in range(4):
                await request.piece()
                done.append(name)

    async with asyncio.timeout(10):
        await asyncio.gather(*(asked("greedy", f"g{number}") for number in range(20)), asked("other", "o"))

    assert done[:10].count("o") == 4
    ends = [len(done) - 1 - done[::-1].index(f"g{number}") for number in range(20)]
    assert ends == sorted(ends)


async def test_while_checks_come_pieces_rest() -> None:
    work = LongWork(itertools.count().__next__)
    loop = asyncio.get_running_loop()

    began, worked = loop.time(), 0.0
    with work.request("a") as request:
        for _ in range(4):
            worked += spin()
            await request.piece()

    assert loop.time() - began >= RESTS * (worked - spin()) * 0.5


async def test_where_no_checks_come_nothing_rests(mocker: MockerFixture) -> None:
    rest = mocker.spy(Pace, "rest")
    work, rests = LongWork(lambda: 0), []

    with work.request("a") as request:
        for _ in range(2000):
            await request.piece()
            rests.append(rest.spy_return)

    assert rests == [0] * rest.call_count


async def test_a_request_costs_what_is_done_beside_its_pieces_too() -> None:
    work = LongWork(itertools.count().__next__)
    loop = asyncio.get_running_loop()

    began = loop.time()
    for _ in range(5):
        with work.request("a") as request:
            await request.piece()

    assert loop.time() - began >= 4 * RESTS * 0.001 * 0.9


async def test_who_waited_too_long_is_told_so_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pharia_access.entrypoints.verifier.long_work.MOST_SECONDS", 0.2)
    work = LongWork(itertools.count().__next__)

    async def asked(client: str) -> str:
        with work.request(client) as request:
            try:
                for _ in range(6):
                    await request.piece()
                    spin()
            except OverloadedError:
                return "overloaded"
        return "answered"

    async with asyncio.timeout(20):
        ends = await asyncio.gather(*(asked("greedy") for _ in range(PLACES // 2)), asked("other"))
        monkeypatch.setattr("pharia_access.entrypoints.verifier.long_work.MOST_SECONDS", 20.0)
        afterwards = await asked("other")

    assert set(ends) == {"overloaded"}
    assert afterwards == "answered"
    assert work._taken.total() == 0


@pytest.mark.parametrize("rounds", range(6))
async def test_who_gives_up_keeps_nobody_waiting(rounds: int) -> None:
    work = LongWork(lambda: 0)

    async def asked(client: str, pieces: int) -> None:
        with work.request(client) as request:
            for _ in range(pieces):
                await request.piece()

    given_up = [asyncio.create_task(asked(name, 1000)) for name in "aab"]
    for _ in range(rounds):
        await asyncio.sleep(0)
    for task in given_up:
        task.cancel()
    async with asyncio.timeout(10):
        await asyncio.gather(*(asked(name, 3) for name in "abc"))
        await asyncio.gather(*given_up, return_exceptions=True)

    assert not work._waiting
    assert work._taken.total() == 0


def spin() -> float:
    """A millisecond of work; how many seconds."""
    began = time.thread_time()
    while time.thread_time() - began < 0.001:
        pass
    return 0.001
