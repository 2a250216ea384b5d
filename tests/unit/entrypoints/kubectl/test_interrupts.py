"""Ctrl-C while an event loop waits: heard at once, whichever thread takes the signal."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from pharia_access.entrypoints.kubectl.interrupts import run_until_interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECONDS = 60
"""Who hears of nothing waits so long."""


@pytest.fixture(autouse=True)
def _nothing_stays() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    after = signal.signal(signal.SIGINT, before)
    assert after is signal.default_int_handler


def by_this_thread() -> None:
    """As the kernel gives a signal to a thread that does not wait in the loop: the loop's system call goes on."""
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)


def by_the_process() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("interrupt", [by_this_thread, by_the_process])
def test_who_waits_is_cancelled_cleans_up_and_ends(interrupt: Callable[[], None]) -> None:
    said: list[str] = []

    def ask() -> None:
        asking.wait(SECONDS)
        interrupt()

    async def work() -> None:
        asker = threading.Thread(target=ask)
        asker.start()
        loop = asyncio.get_running_loop()
        loop.call_soon(asking.set)
        loop.call_later(SECONDS, said.append, "nobody heard of it")  # which wakes the loop
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            said.append("cleaned up")
            asker.join()

    asking = threading.Event()
    with pytest.raises(KeyboardInterrupt):
        run_until_interrupted(work())

    assert said == ["cleaned up"]


def test_a_second_interrupt_does_not_wait_for_what_is_cleaned_up() -> None:
    said = []

    async def work() -> None:
        by_the_process()
        try:
            await asyncio.sleep(SECONDS)
        except asyncio.CancelledError:
            by_the_process()
            said.append("cleaned up")  # the signal comes before this

    with pytest.raises(KeyboardInterrupt):
        run_until_interrupted(work())

    assert said == []


@pytest.mark.parametrize("interrupt", [by_this_thread, by_the_process])
def test_what_fails_by_the_interrupt_is_interrupted(interrupt: Callable[[], None]) -> None:
    """A terminal ends the plugin, too: that it failed may be seen before the loop hears of the signal."""

    async def work() -> None:
        interrupt()
        msg = "the plugin ended"
        raise ValueError(msg)

    with pytest.raises(KeyboardInterrupt):
        run_until_interrupted(work())


def test_what_is_not_interrupted_ends_as_it_does() -> None:
    async def work() -> None:
        msg = "its own"
        raise ValueError(msg)

    with pytest.raises(ValueError, match="its own"):
        run_until_interrupted(work())


def test_in_another_thread_it_runs_without_hearing_of_signals() -> None:
    done = []

    async def work() -> None:
        done.append("done")

    thread = threading.Thread(target=lambda: run_until_interrupted(work()))
    thread.start()
    thread.join(SECONDS)

    assert done == ["done"]
