"""Ctrl-C while an event loop waits.

asyncio.run notes an interrupt, and acts on it when the loop wakes up next. The system call that the loop waits in is
cut short by a signal that its own thread takes while it is in that call: not by one that another thread takes, nor by
one that comes just before. A command that waits for an exec plugin would wait on. So the loop is woken by its pipe.

A terminal interrupts the plugin, too. What the command makes of the plugin's end is no error of the command then.
"""

import asyncio
import signal
import threading
from collections.abc import Coroutine
from types import FrameType
from typing import Any

__all__ = ["run_until_interrupted"]


def run_until_interrupted(work: Coroutine[Any, Any, None]) -> None:
    """Run it in an event loop of its own. Ctrl-C cancels it, and a second one does not wait for what it cleans up.

    Raises KeyboardInterrupt for both, whatever the work raises from then on.
    """
    interrupted = threading.Event()
    try:
        asyncio.run(_heard(work, interrupted))
    except asyncio.CancelledError:  # nobody else cancels it
        raise KeyboardInterrupt from None
    except Exception:
        if interrupted.is_set():
            raise KeyboardInterrupt from None
        raise


async def _heard(work: Coroutine[Any, Any, None], interrupted: threading.Event) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def cancel() -> None:
        if task is not None:
            task.cancel()

    def note(_number: int, _frame: FrameType | None) -> None:
        """Run at once, before anything else that is done in this thread."""
        interrupted.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a second one raises wherever it comes

    if threading.current_thread() is threading.main_thread():  # no other may
        loop.add_signal_handler(signal.SIGINT, cancel)  # for its pipe
        signal.signal(signal.SIGINT, note)
    await work
