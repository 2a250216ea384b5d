"""Threads of low priority."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

__all__ = ["patient_pool"]

NICE: Final = 10
"""About a tenth of a core beside another busy thread. A niceness of 19 would starve callers on one core."""


def patient_pool(threads: int, *, name: str) -> ThreadPoolExecutor:
    """A pool of low-priority threads: on Linux each thread has its own priority."""
    return ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=_lower_priority)


def _lower_priority() -> None:
    with suppress(OSError):  # where that is forbidden, the work is done all the same
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
