"""What most tests of the services begin with: a clock that a test moves, a replica on fakes, and its parts."""

import pytest

from pharia_access.services.operator.cluster_cache import ClusterCache
from pharia_access.services.operator.work_queue import WorkQueue
from tests.support.fakes.virtual_time import FakeClock
from tests.support.harness.operator_harness import OperatorHarness


@pytest.fixture
def clock() -> FakeClock:
    """Stands still until it is moved."""
    return FakeClock()


@pytest.fixture
def harness(clock: FakeClock) -> OperatorHarness:
    """A replica that leads, among a role and a credential that holds it."""
    return OperatorHarness(clock)


@pytest.fixture
def cache(harness: OperatorHarness) -> ClusterCache:
    """The replica's."""
    return harness.replica.cache


@pytest.fixture
def queue(clock: FakeClock) -> WorkQueue:
    """An empty one."""
    return WorkQueue(clock.monotonic)
