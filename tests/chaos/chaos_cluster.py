"""Two operators and two verifiers on one control plane, each behind a proxy of its own, under the chart's accounts."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.chaos.clock import Clock
from tests.chaos.configurations import NO_PLACE
from tests.chaos.write_outcomes import POLICY
from tools.control_plane.cuttable_proxy import CuttableProxy
from tools.control_plane.installation import NAMESPACE, OPERATOR_ACCOUNT, install
from tools.control_plane.operators import RunningOperator, start_operator
from tools.control_plane.plane import ControlPlane
from tools.control_plane.processes import ProcessError, log_tail, wait_until
from tools.control_plane.resources import api_role
from tools.control_plane.verifiers import VERIFIER_ACCOUNT, RunningVerifier, start_verifier, write_keyring

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["LEASE_SECONDS", "VIEW_BOUND", "ChaosCluster", "Replica", "set_up"]

VIEW_BOUND = 10.0
"""Seconds after which a verifier that hears nothing answers no more: the least that may be set."""

LEASE_SECONDS = 5.0
"""Short, so that it is lost often, but not on a busy machine all the time."""

_OPERATOR = {
    "PHARIA_ACCESS_LEASE_DURATION": f"{LEASE_SECONDS:.0f}s",
    "PHARIA_ACCESS_LEASE_RENEW_DEADLINE": f"{LEASE_SECONDS - 1:.0f}s",
    "PHARIA_ACCESS_LEASE_RETRY_PERIOD": "500ms",
    "PHARIA_ACCESS_RESYNC_INTERVAL": "10s",
    "PHARIA_ACCESS_PENDING_BOUND": "5m",
    "PHARIA_ACCESS_PROBE_FIRST": "1s",
    "PHARIA_ACCESS_PROBE_MAX": "2s",
    "PHARIA_ACCESS_PROBE_BUDGET_PER_SECOND": "50",
    "PHARIA_ACCESS_SETTLE": "1s",
}
_VERIFIER = {
    "PHARIA_ACCESS_VIEW_BOUND": f"{VIEW_BOUND:.0f}s",
    "PHARIA_ACCESS_WATCH_TIMEOUT": "5s",
    "PHARIA_ACCESS_REQUEST_TIMEOUT": "3s",
}
_QUOTA = 64 * 2**20  # little, so that it is filled in seconds
_READY_SECONDS = 60.0
_INSIST_SECONDS = 30.0


@dataclass(slots=True)
class Replica:
    """A process, started again whenever it has ended.

    Attributes:
        settings: environment variables beside those that all of its kind have.
    """

    name: str
    cuttable_proxy: CuttableProxy
    root: Path
    kubeconfig: Path
    control_plane: ControlPlane
    clock: Clock
    settings: dict[str, str] = field(default_factory=dict)
    running: RunningOperator | RunningVerifier | None = None

    def start(self) -> None:
        """Start it, unless it runs; returns at once."""
        if self.running is not None and self.running.process.running:
            return
        if self.name.startswith("operator"):
            env = {**_OPERATOR, "PHARIA_ACCESS_IDENTITY": self.name, **self.settings}
            self.running = start_operator(
                self.control_plane, self.root, env, kubeconfig=self.kubeconfig, program=self.clock.program
            )
        else:
            env = {**_VERIFIER, **self.settings}
            self.running = start_verifier(
                self.control_plane, self.root, env, kubeconfig=self.kubeconfig, program=self.clock.program
            )

    def signal(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self.running is not None and self.running.process.running:
            os.kill(self.running.process.pid, number)

    def kill(self) -> None:
        """End it at once."""
        if self.running is not None:
            self.running.process.kill()

    def log_tail(self) -> str:
        """The end of its log, after its name."""
        return f"{self.name}:{log_tail(self.running.process.log if self.running else None)}"

    def log(self) -> str:
        """All that it ever wrote."""
        return "" if self.running is None else self.running.process.log.read_text(encoding="utf-8", errors="replace")

    def ready(self) -> bool:
        """Whether it says that it is; a standby operator is, too."""
        return self.running is not None and self.running.process.running and self.running.get("/readyz")[0] == 200


class ChaosCluster:
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
        """Start all, and wait until they are ready. Raises ProcessError."""
        policy = self.control_plane.root / "chaos-audit-policy.json"
        policy.write_text(json.dumps(POLICY))
        self.control_plane.restart_etcd_with(f"--quota-backend-bytes={_QUOTA}")
        self.control_plane.restart_api_server_with(f"--audit-policy-file={policy}")
        self.insist("apply", "--filename=-", stdin=json.dumps(NO_PLACE))
        for operator in self.operators:
            operator.start()
        for verifier in self.verifiers:
            write_keyring(self.control_plane, verifier.root / "keyring")
        if late := self.mend():
            raise ProcessError("; ".join(late))

    def mend(self) -> list[str]:
        """Undo whatever a fault left: everything runs, is reached, and is ready. Tells which replicas are not."""
        self._mend_control_plane()
        for replica in self.replicas:
            replica.cuttable_proxy.mend()
            replica.clock.step(0)
            replica.signal(signal.SIGCONT)
        deadline = time.monotonic() + _READY_SECONDS
        while late := [replica.name for replica in self.replicas if not replica.ready()]:
            if time.monotonic() > deadline:
                break
            self.revive()
            time.sleep(0.1)
        return [f"{name} is not ready {_READY_SECONDS:.0f} s after peace came" for name in late]

    def revive(self) -> None:
        """Start what has ended, as a kubelet would: an operator that loses its Lease ends by itself."""
        for replica in self.replicas:
            replica.start()

    def insist(self, *args: str, stdin: str | None = None) -> None:
        """Run kubectl until it succeeds: the API server may just have been restarted. Raises ProcessError."""
        wait_until(
            lambda: not self.control_plane.kubectl(*args, stdin=stdin, check=False).returncode,
            what=f"kubectl {' '.join(args)} succeeds",
            timeout=_INSIST_SECONDS,
        )

    def _mend_control_plane(self) -> None:
        """As a kubelet would: what has ended is started again."""
        running = {process.name for process in self.control_plane.processes if process.running}
        if "etcd" not in running:
            self.control_plane.start_etcd()
        if "kube-apiserver" not in running:
            self.control_plane.start_api_server()
        if "kube-controller-manager" not in running:
            self.control_plane.start_controllers()

    def _replica(self, name: str, account: str, root: Path, stack: ExitStack) -> Replica:
        cuttable_proxy = stack.enter_context(CuttableProxy(self.control_plane.server_url))
        folder = root / name
        folder.mkdir(parents=True)
        path = self.control_plane.service_account_kubeconfig(
            NAMESPACE, account, folder / "kubeconfig", server=cuttable_proxy.url
        )
        return Replica(name, cuttable_proxy, folder, path, self.control_plane, Clock(folder / "clock"))

    def _end(self) -> None:
        for replica in self.replicas:
            replica.signal(signal.SIGCONT)
            try:
                replica.kill()
            except ProcessError:  # the others are to end all the same
                continue


@contextmanager
def set_up(root: Path) -> Iterator[ChaosCluster]:
    """A control plane with the chart and a role, and all replicas ready; everything ends with the block."""
    with ExitStack() as stack:
        control_plane = stack.enter_context(ControlPlane.start(root / "control-plane"))
        install(control_plane)
        control_plane.kubectl("apply", "--filename=-", stdin=json.dumps(api_role()))
        chaos_cluster = ChaosCluster(control_plane, root, stack)
        chaos_cluster.start()
        yield chaos_cluster
