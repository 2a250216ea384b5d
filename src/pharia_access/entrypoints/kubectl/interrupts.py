"""Ctrl-C while an event loop waits.

asyncio.run notes an interrupt, and acts on it when the loop wakes up next. The system call that the loop waits in is
cut short by a signal that its own thread takes while it is in that call: not by one that another thread takes, nor by
one that comes just before. A command that waits for an exec plugin would wait on. So the loop is woken by its pipe.
"""

import asyncio
import signal
import threading
from collections.abc import Coroutine
from typing import Any

__all__ = ["run_until_interrupted"]


def run_until_interrupted(work: Coroutine[Any, Any, None]) -> None:
    """Run it in an event loop of its own. Ctrl-C cancels it, and a second one does not wait for what it cleans up.

    Raises KeyboardInterrupt for both.
    """
    try:
        asyncio.run(_heard(work))
    except asyncio.CancelledError:  # nobody else cancels it
        raise KeyboardInterrupt from None


async def _heard(work: Coroutine[Any, Any, None]) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def interrupt() -> None:
        loop.remove_signal_handler(signal.SIGINT)  # a second one raises KeyboardInterrupt wherever it comes
        if task is not None:
            task.cancel()

    if threading.current_thread() is threading.main_thread():  # no other may
        loop.add_signal_handler(signal.SIGINT, interrupt)
    await work
