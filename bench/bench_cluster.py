"""Where benchmarks play: a control plane of its own with the chart, a role, a credential, and operators on demand."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.client import Server
from bench.tokens import CREDENTIAL, NAMESPACE, Json
from tools.control_plane.installation import install
from tools.control_plane.operators import RunningOperator, start_operator
from tools.control_plane.plane import ControlPlane
from tools.control_plane.processes import wait_until
from tools.control_plane.resources import api_credential, api_role, api_token

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["BenchCluster", "bench_cluster", "say"]


def say(text: str) -> None:
    """Tell how far it is."""
    print(f"bench: {text}", flush=True)


@dataclass(frozen=True, slots=True)
class BenchCluster:
    """A running control plane, and how to reach it."""

    control_plane: ControlPlane
    server: Server
    root: Path

    @contextmanager
    def operator(self, name: str, settings: Mapping[str, str] | None = None) -> Iterator[RunningOperator]:
        """An operator with the default settings, leading and caught up; stopped at the end of the block."""
        operator = start_operator(self.control_plane, self.root / name, settings)
        try:
            operator.wait_until_ready(timeout=60)
            wait_until(lambda: "pharia_access_leader 1.0" in operator.get("/metrics")[1], what="it leads")
            yield operator
        finally:
            operator.process.stop()

    def pids(self, operator: RunningOperator) -> dict[str, int]:
        """What takes part, by the name for the tables."""
        control_plane = {process.name: process.pid for process in self.control_plane.processes}
        return {"operator": operator.process.pid, **control_plane, "load generator": os.getpid()}

    def delivered_token(self, **spec: object) -> Json:
        """A token whose Secret was collected, as the operator left it: the model of those that are put there."""
        name = "template"
        obj = json.dumps(api_token(NAMESPACE, name, credentialRef={"name": CREDENTIAL}, **spec))
        with self.operator("template", {"PHARIA_ACCESS_PROBE_FIRST": "1s"}):
            run = self.control_plane.kubectl
            run("apply", "--filename=-", stdin=obj)
            run("wait", f"--namespace={NAMESPACE}", "--for=condition=Ready", f"apitoken/{name}", "--timeout=20s")
            run("delete", "secret", f"--namespace={NAMESPACE}", f"{name}-token")
            run("wait", f"--namespace={NAMESPACE}", "--for=condition=Delivered", f"apitoken/{name}", "--timeout=20s")
        template: Json = json.loads(run("get", "apitoken", f"--namespace={NAMESPACE}", name, "--output=json").stdout)
        return template


@contextmanager
def bench_cluster() -> Iterator[BenchCluster]:
    """Set one up; everything ends with the block."""
    with tempfile.TemporaryDirectory(prefix="pharia-access-bench-") as folder:
        root = Path(folder)
        say("starting a control plane")
        with ControlPlane.start(root / "control-plane") as control_plane:
            install(control_plane)
            control_plane.kubectl("create", "namespace", NAMESPACE)
            objects = [api_role(), api_credential(NAMESPACE, CREDENTIAL)]
            listing = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
            control_plane.kubectl("apply", "--filename=-", stdin=listing)
            yield BenchCluster(control_plane, Server.of(control_plane.kubeconfig), root)
