"""What a look at the guards shows, and the guards of an operator that runs."""

from pharia_access.domain.guards import Look
from tests.support.fakes.ports import FakeGuards, seen
from tests.support.harness.live_operator_harness import LiveOperatorHarness

__all__ = ["GONE", "HOLDS", "guards"]

HOLDS = Look((seen("roles"), seen("tokens")))
GONE = Look((seen("tokens"),))


def guards(live: LiveOperatorHarness) -> FakeGuards:
    return live.replica.guards
