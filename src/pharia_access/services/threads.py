"""Threads that give way to the rest of the machine."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

__all__ = ["patient_pool"]

NICE: Final = 10
"""About a tenth of a core beside another busy thread: 19 would starve who waits for them on one core."""


def patient_pool(threads: int, *, name: str) -> ThreadPoolExecutor:
    """So many threads of low priority: on Linux each thread has one of its own."""
    return ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=_lower_priority)


def _lower_priority() -> None:
    with suppress(OSError):  # where that is forbidden, the work is done all the same
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
