"""What most tests of the services begin with: a clock that a test moves, a replica on fakes, and its parts."""

import pytest

from pharia_access.services.operator.cluster_cache import ClusterCache
from pharia_access.services.operator.work_queue import WorkQueue
from tests.support.service_builders import Bench
from tests.support.virtual_time import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    """Stands still until it is moved."""
    return FakeClock()


@pytest.fixture
def bench(clock: FakeClock) -> Bench:
    """A replica that leads, among a role and a credential that holds it."""
    return Bench(clock)


@pytest.fixture
def cache(bench: Bench) -> ClusterCache:
    """The replica's."""
    return bench.replica.cache


@pytest.fixture
def queue(clock: FakeClock) -> WorkQueue:
    """An empty one."""
    return WorkQueue(clock.monotonic)
