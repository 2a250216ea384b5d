"""What both processes tell of themselves."""

import asyncio
import math

import pytest
from prometheus_client import CollectorRegistry

from pharia_access.telemetry.process import tell_of_process


def read(registry: CollectorRegistry) -> float:
    value = registry.get_sample_value("pharia_access_asyncio_tasks")
    assert value is not None
    return value


@pytest.fixture
def registry() -> CollectorRegistry:
    made = CollectorRegistry()
    tell_of_process(made, version="1.2.3")
    return made


async def test_tasks_that_have_not_ended_are_counted(registry: CollectorRegistry) -> None:
    before = read(registry)
    task = asyncio.create_task(asyncio.sleep(60))

    assert read(registry) == before + 1

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert read(registry) == before


def test_without_an_event_loop_nobody_knows_their_number(registry: CollectorRegistry) -> None:
    assert math.isnan(read(registry))
