"""How far the API server's clock is from ours: expiry is judged by the clock of whoever asks."""

import logging

from pharia_access.errors import ApiError
from pharia_access.services.operator.ports import Ports

__all__ = ["report_clock_offset"]

log = logging.getLogger(__name__)

MOST_OFFSET_SECONDS = 5.0
"""Nodes are assumed within seconds of each other; more is logged."""


async def report_clock_offset(ports: Ports) -> None:
    """Tell the metric, and the log where it is much. Says nothing where the API server could not be asked."""
    try:
        offset = (await ports.cluster.server_time_offset(ports.clock.now)).total_seconds()
    except ApiError:
        return
    ports.metrics.clock_offset(offset)
    if abs(offset) > MOST_OFFSET_SECONDS:
        log.warning("the API server's clock is another than ours", extra={"aheadSeconds": round(offset, 1)})
