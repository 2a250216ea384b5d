"""Who plays in `bench scale`: the cluster with its many tokens, and the replicas that were started among them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tools.control_plane.operators import RunningOperator, start_operator
from tools.control_plane.processes import ProcessError
from tools.control_plane.verifiers import RunningVerifier, start_verifier, write_keyring

if TYPE_CHECKING:
    from bench.bench_cluster import BenchCluster

__all__ = ["BIG", "Figures", "Plan", "ScaleCluster"]

BIG = "big"
"""The credential that has many tokens; it holds the role `extra` too."""

Figures = dict[str, float]

_FEWEST_ENDS = 1000
_MOST_OF_ONE = 10_000


@dataclass(frozen=True, slots=True)
class Plan:
    """How many there are to be."""

    tokens: int
    credentials: int

    @classmethod
    def from_environment(cls) -> Plan:
        """BENCH_TOKENS and CREDENTIALS."""
        tokens = int(os.environ.get("BENCH_TOKENS", "10000"))  # noqa: TID251 - a benchmark's own
        return cls(tokens, int(os.environ.get("CREDENTIALS", "1000")))  # noqa: TID251 - the same

    @property
    def of_big(self) -> int:
        """How many tokens the big credential has."""
        return min(self.tokens // 2, _MOST_OF_ONE)

    @property
    def expiring(self) -> int:
        """How many tokens end in the same second: so many that Events and mints come between."""
        return min(max(self.tokens // 10, _FEWEST_ENDS), self.tokens, _MOST_OF_ONE)

    def seconds(self, base: float, per_token: float) -> float:
        """A deadline: so long in any case, and so long for each token."""
        return base + self.tokens * per_token


@dataclass(slots=True)
class ScaleCluster:
    """The stage, what was put there, and who runs on it."""

    cluster: BenchCluster
    plan: Plan
    texts: list[str] = field(default_factory=list)
    """Of the tokens t0, t1, ...; the last ones are the big credential's."""
    operators: dict[str, RunningOperator] = field(default_factory=dict)
    verifier: RunningVerifier | None = None

    def start_operator(self, name: str) -> RunningOperator:
        """One more replica."""
        operator = start_operator(self.cluster.control_plane, self.cluster.root / name)
        self.operators[name] = operator
        return operator

    def start_verifier(self) -> RunningVerifier:
        """The verifier."""
        folder = self.cluster.root / "verifier"
        write_keyring(self.cluster.control_plane, folder / "keyring")
        self.verifier = start_verifier(self.cluster.control_plane, folder)
        return self.verifier

    @property
    def running_verifier(self) -> RunningVerifier:
        """The verifier, once it was started."""
        if self.verifier is None:
            message = "no verifier was started"
            raise ProcessError(message)
        return self.verifier

    def stop(self) -> None:
        """End all replicas."""
        for operator in self.operators.values():
            operator.process.stop()
        if self.verifier is not None:
            self.verifier.process.stop()

    def pids(self) -> dict[str, int]:
        """Of all that runs, by the names of the figures."""
        running = {process.name: process.pid for process in self.cluster.control_plane.processes}
        running |= {name: operator.process.pid for name, operator in self.operators.items()}
        return running | ({"verifier": self.verifier.process.pid} if self.verifier else {})
