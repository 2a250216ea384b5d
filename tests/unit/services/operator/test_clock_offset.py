"""How far the API server's clock is from ours: told to the metric always, and to the log where it is much."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pharia_access.errors import UnavailableError
from pharia_access.services.operator.clock_offset import report_clock_offset
from tests.support.fakes.cluster import FakeCluster
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.live_operator_harness import LiveOperatorHarness

if TYPE_CHECKING:
    from collections.abc import Callable


class ServersClock(FakeCluster):
    """An API server whose clock is ahead of ours; None: it does not answer."""

    ahead: float | None = None

    async def server_time_offset(self, now: Callable[[], datetime]) -> timedelta:
        if self.ahead is None:
            msg = "503"
            raise UnavailableError(msg)
        return timedelta(seconds=self.ahead)


@pytest.mark.parametrize(
    ("ahead", "logged"),
    [
        pytest.param(0.0, [], id="the same"),
        pytest.param(5.0, [], id="as far ahead as nodes may be"),
        pytest.param(-5.0, [], id="as far behind"),
        pytest.param(5.1, [5.1], id="ahead"),
        pytest.param(-5.1, [-5.1], id="behind"),
        pytest.param(-3600.0, [-3600.0], id="an hour behind"),
    ],
)
@simulated
async def test_a_servers_clock_that_is_ahead_or_behind_is_logged(
    clock: FakeClock, caplog: pytest.LogCaptureFixture, ahead: float, logged: list[float]
) -> None:
    offset = await told(clock, ahead)

    assert offset == ahead
    assert [record.__dict__["aheadSeconds"] for record in caplog.records] == logged


@simulated
async def test_of_a_server_that_does_not_answer_nothing_is_told(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    assert await told(clock, None) is None
    assert caplog.records == []


async def told(clock: FakeClock, ahead: float | None) -> float | None:
    """What the metric says after the server was asked."""
    replica = LiveOperatorHarness(clock).replica
    cluster = ServersClock(replica.cluster.store)
    cluster.ahead = ahead
    await report_clock_offset(replace(replica.ports(), cluster=cluster))
    return replica.metrics.offset
