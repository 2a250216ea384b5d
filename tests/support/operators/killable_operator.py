"""An operator that a test may kill, at once or at a request of its choice."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Literal

from tests.support.operators.striking_proxy import Proxy, Strike

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.operators import RunningOperator

__all__ = ["KillableOperator"]

_PATIENT = {
    # Neither a restart of the API server nor its own may end what a test is about.
    "PHARIA_ACCESS_LEASE_DURATION": "2m",
    "PHARIA_ACCESS_LEASE_RENEW_DEADLINE": "100s",
    "PHARIA_ACCESS_PENDING_BOUND": "10m",
}


class KillableOperator:
    """An operator that reaches the API server through a proxy, dies, and is started again when it is wanted."""

    def __init__(self, pool: OperatorPool, proxy: Proxy, kubeconfig: Path) -> None:
        self.proxy = proxy
        self._pool = pool
        self._kubeconfig = kubeconfig
        self._operator: RunningOperator | None = None

    def running(self) -> RunningOperator:
        """The operator, ready."""
        if self._operator is None or not self._operator.process.running:
            self.start().wait_until_ready()
        assert self._operator is not None
        return self._operator

    def start(self) -> RunningOperator:
        """Start another one."""
        self._operator = self._pool.start(_PATIENT, kubeconfig=self._kubeconfig)
        return self._operator

    def die_at(self, method: str, path: str, when: Literal["before", "after"], *, spared: int = 0) -> None:
        """Have it killed at its next request of this kind, or after so many of them."""
        pid = self.running().process.pid
        self.proxy.arm(Strike(method, path, when, lambda: os.kill(pid, signal.SIGKILL), spared))

    def until_dead(self) -> None:
        """Wait until that has happened."""
        assert self.proxy.struck.wait(20), "the operator sent no such request"
        assert self._operator is not None
        assert self._operator.process.popen.wait(10) == -signal.SIGKILL

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._operator is not None and self._operator.process.running

    def kill(self) -> None:
        """Kill it now."""
        if self._operator is not None:
            self._operator.process.kill()
