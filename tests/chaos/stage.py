"""Two operators and two verifiers on one control plane, each behind a cable of its own, under the chart's accounts."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.cable import Cable
from tests.support.installation import NAMESPACE, OPERATOR_ACCOUNT
from tests.support.operators import RunningOperator, start_operator
from tests.support.processes import ProcessError, wait_until
from tests.support.verifiers import VERIFIER_ACCOUNT, RunningVerifier, start_verifier, write_keyring

if TYPE_CHECKING:
    from contextlib import ExitStack
    from pathlib import Path

    from tests.support.control_plane import ControlPlane

__all__ = ["VIEW_BOUND", "Replica", "Stage"]

VIEW_BOUND = 15.0
"""Seconds after which a verifier that hears nothing answers no more."""

_OPERATOR = {
    "PHARIA_ACCESS_LEASE_DURATION": "3s",
    "PHARIA_ACCESS_LEASE_RENEW_DEADLINE": "2s",
    "PHARIA_ACCESS_LEASE_RETRY_PERIOD": "500ms",
    "PHARIA_ACCESS_RESYNC_INTERVAL": "10s",
    "PHARIA_ACCESS_PENDING_BOUND": "5m",
    "PHARIA_ACCESS_PROBE_FIRST": "1s",
    "PHARIA_ACCESS_PROBE_MAX": "2s",
    "PHARIA_ACCESS_PROBE_BUDGET_PER_SECOND": "50",
}
_VERIFIER = {
    "PHARIA_ACCESS_VIEW_BOUND": f"{VIEW_BOUND:.0f}s",
    "PHARIA_ACCESS_WATCH_TIMEOUT": "5s",
    "PHARIA_ACCESS_REQUEST_TIMEOUT": "3s",
}
_READY_SECONDS = 60.0


@dataclass(slots=True)
class Replica:
    """A process, started again whenever it has ended."""

    name: str
    cable: Cable
    root: Path
    kubeconfig: Path
    control_plane: ControlPlane
    running: RunningOperator | RunningVerifier | None = None

    def start(self) -> None:
        """Start it, unless it runs; returns at once."""
        if self.running is not None and self.running.process.running:
            return
        if self.name.startswith("operator"):
            identity = {"PHARIA_ACCESS_IDENTITY": self.name}
            self.running = start_operator(
                self.control_plane, self.root, {**_OPERATOR, **identity}, kubeconfig=self.kubeconfig
            )
        else:
            self.running = start_verifier(self.control_plane, self.root, _VERIFIER, kubeconfig=self.kubeconfig)

    def signal(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self.running is not None and self.running.process.running:
            os.kill(self.running.process.pid, number)

    def kill(self) -> None:
        """End it at once."""
        if self.running is not None:
            self.running.process.kill()

    def ready(self) -> bool:
        """Whether it says that it is; a standby operator is, too."""
        return self.running is not None and self.running.process.running and self.running.get("/readyz")[0] == 200


class Stage:
    """All of them; `start` first, and `mend` after every run."""

    def __init__(self, control_plane: ControlPlane, root: Path, stack: ExitStack) -> None:
        self.control_plane = control_plane
        self.operators = [self._replica(f"operator-{n}", OPERATOR_ACCOUNT, root, stack) for n in (1, 2)]
        self.verifiers = [self._replica(f"verifier-{n}", VERIFIER_ACCOUNT, root, stack) for n in (1, 2)]
        stack.callback(self._end)

    @property
    def replicas(self) -> list[Replica]:
        """Operators and verifiers."""
        return [*self.operators, *self.verifiers]

    def start(self) -> None:
        """Start all, and wait until they are ready."""
        for operator in self.operators:
            operator.start()
        for verifier in self.verifiers:
            write_keyring(self.control_plane, verifier.root / "keyring")
        self.mend()

    def mend(self) -> None:
        """Undo whatever a fault left: everything runs, is reached, and is ready."""
        for replica in self.replicas:
            replica.cable.mend()
            replica.signal(signal.SIGCONT)
            replica.start()
        wait_until(lambda: all(r.ready() for r in self.replicas), what="all replicas are ready", timeout=_READY_SECONDS)

    def _replica(self, name: str, account: str, root: Path, stack: ExitStack) -> Replica:
        cable = stack.enter_context(Cable(self.control_plane.server_url))
        folder = root / name
        folder.mkdir(parents=True)
        path = self.control_plane.service_account_kubeconfig(
            NAMESPACE, account, folder / "kubeconfig", server=cable.url
        )
        return Replica(name, cable, folder, path, self.control_plane)

    def _end(self) -> None:
        for replica in self.replicas:
            replica.signal(signal.SIGCONT)
            try:
                replica.kill()
            except ProcessError:  # the others are to end all the same
                continue
