"""What was seen of the processes of a soak, again and again."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil

from bench.scale.growth import slope
from tools.control_plane.processes import ProcessError

if TYPE_CHECKING:
    from tools.control_plane.cuttable_proxy import CuttableProxy
    from tools.control_plane.operators import RunningOperator
    from tools.control_plane.verifiers import RunningVerifier

__all__ = ["Replica", "Sample"]

_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Sample:
    """One process at one moment.

    Attributes:
        files: that are open, beside connections.
        connections: that are open, to the API server.
        connected: how often it has connected so far.
    """

    hours: float
    mib: float
    files: int
    threads: int
    tasks: int
    connections: int
    connected: int


@dataclass(slots=True)
class Replica:
    """A process behind a proxy, and what was seen of it."""

    name: str
    cuttable_proxy: CuttableProxy
    running: RunningOperator | RunningVerifier
    samples: list[Sample] = field(default_factory=list)

    def look(self, hours: float) -> None:
        """Note how it is."""
        seen = psutil.Process(self.running.process.pid)
        peers = [one.raddr.port for one in seen.net_connections("tcp") if one.status != psutil.CONN_LISTEN]
        self.samples.append(
            Sample(
                hours=hours,
                mib=seen.memory_info().rss / _MIB,
                files=seen.num_fds() - len(peers),
                threads=seen.num_threads(),
                tasks=self._tasks(),
                connections=peers.count(self.cuttable_proxy.port),
                connected=self.cuttable_proxy.connections,
            )
        )

    @property
    def second_half(self) -> list[Sample]:
        """After the start has been forgotten."""
        return self.samples[len(self.samples) // 2 :]

    @property
    def growth(self) -> float:
        """MiB an hour in the second half."""
        return slope((sample.hours, sample.mib) for sample in self.second_half) or 0.0

    def more(self, what: str) -> int:
        """How many more files or tasks there are in the second half than in the quarter before, where fewest are."""
        seen: list[int] = [getattr(sample, what) for sample in self.samples]
        half = len(seen) // 2
        return min(seen[half:]) - min(seen[half // 2 : half])

    @property
    def most_connections(self) -> int:
        """How many were open at a time in the second half. They vary with the work, up to the size of the pools."""
        return max(sample.connections for sample in self.second_half)

    def _tasks(self) -> int:
        _, page = self.running.get("/metrics")
        found = re.search(r"^pharia_access_asyncio_tasks (\S+)$", page, re.MULTILINE)
        if found is None:
            message = f"{self.name} does not tell how many tasks it has"
            raise ProcessError(message)
        return int(float(found[1]))
