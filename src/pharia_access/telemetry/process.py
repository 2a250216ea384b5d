"""The metrics of the process itself, common to operator and verifier."""

import asyncio
import math
import platform
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, Info, ProcessCollector

__all__ = ["PREFIX", "tell_of_process"]

PREFIX: Final = "pharia_access"


def tell_of_process(registry: CollectorRegistry, *, version: str) -> None:
    """Add its memory, CPU and open files, its asyncio tasks, and which version of this program it is."""
    ProcessCollector(registry=registry)
    build = Info(f"{PREFIX}_build", "What is running.", registry=registry)
    build.info({"version": version, "python": platform.python_version()})
    tasks = Gauge(f"{PREFIX}_asyncio_tasks", "Tasks of the event loop that have not ended.", registry=registry)
    tasks.set_function(_tasks)


def _tasks() -> float:
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:  # nobody asks from an event loop, as in a test
        return math.nan
