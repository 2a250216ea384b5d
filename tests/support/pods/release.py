"""The chart as a person installs it in a cluster with real pods, and what runs of it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.control_plane.charts import with_values
from tools.control_plane.installation import CHART, NAMESPACE
from tools.control_plane.processes import wait_until
from tools.image import IMAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.pods.node import Cluster

__all__ = ["IMAGE_VALUES", "Release"]

Json = dict[str, Any]

IMAGE_VALUES = {
    "image.repository": IMAGE.split(":")[0],
    "image.tag": IMAGE.split(":")[1],
    "image.pullPolicy": "Never",
}
"""What a release of the image that was built here sets."""

_IMAGE = "--set=" + ",".join(f"{name}={value}" for name, value in IMAGE_VALUES.items())
_RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"
_CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Release:
    """An installed release."""

    cluster: Cluster

    @classmethod
    def install(cls, cluster: Cluster) -> Release:
        """Install the chart with its defaults, but for the image, in a restricted namespace; on return pods serve."""
        cluster.control_plane.kubectl("create", "namespace", NAMESPACE)
        cluster.control_plane.kubectl("label", "namespace", NAMESPACE, _RESTRICTED)
        return cls(cluster)._apply("install")

    def upgrade(self, values: Json) -> None:
        """Give the chart these values beside its defaults; on return its pods serve, and those before are gone."""
        self._apply("upgrade", with_values(values))
        wait_until(lambda: not self._leaving(), what="the old pods are gone", timeout=90)

    def test(self, *, passes: bool = True) -> str:
        """Run `helm test`; what it said, which includes what its pod did."""
        arguments = ("test", "pharia-access", f"--namespace={NAMESPACE}", "--logs", "--timeout=60s")
        done = self.cluster.control_plane.helm(*arguments, check=passes, timeout=90)
        assert passes == (done.returncode == 0), done.stdout
        return done.stdout + done.stderr

    @contextmanager
    def without_verifier(self) -> Iterator[None]:
        """While the block runs, there is no pod of the verifier."""
        deployment = ("deployment/pharia-access-verifier", f"--namespace={NAMESPACE}")
        kubectl, before = self.cluster.control_plane.kubectl, self.deployment("verifier")["spec"]["replicas"]
        kubectl("scale", *deployment, "--replicas=0")
        wait_until(lambda: not self._leaving() and not self.pods("verifier"), what="no verifier is left", timeout=90)
        try:
            yield
        finally:
            kubectl("scale", *deployment, f"--replicas={before}")
            kubectl("rollout", "status", *deployment, "--timeout=90s", timeout=100)

    @property
    def address(self) -> str:
        """Where the verifier's Service is."""
        service = self._get("service", "pharia-access-verifier")
        return f"{service['spec']['clusterIP']}:{service['spec']['ports'][0]['port']}"

    def deployment(self, component: str) -> Json:
        """The operator's Deployment, or the verifier's."""
        return self._get("deployment", f"pharia-access-{component}")

    def pods(self, component: str) -> dict[str, Json]:
        """The pods of a component that are not being deleted, by name."""
        found = self._get("pods", f"--selector=app.kubernetes.io/component={component}")["items"]
        return {pod["metadata"]["name"]: pod for pod in found if "deletionTimestamp" not in pod["metadata"]}

    def replace_a_pod(self, component: str) -> None:
        """Delete one pod; on return another one is ready in its place, and the old one is gone."""
        before = self.pods(component)
        self.cluster.control_plane.kubectl(
            "delete", "pod", next(iter(before)), f"--namespace={NAMESPACE}", "--timeout=90s", timeout=100
        )

        def replaced() -> bool:
            ready = self._ready(component)
            return len(ready) == len(before) and ready != before.keys()

        wait_until(replaced, what=f"another pod of the {component} is ready", timeout=90)

    @staticmethod
    def processes(pod: Json) -> Iterator[tuple[Path, dict[str, str]]]:
        """The processes in a pod's container: the container's cgroup, and what the kernel says about each process."""
        identity = pod["status"]["containerStatuses"][0]["containerID"].removeprefix("containerd://")
        (folder,) = (_CGROUPS / "memory").rglob(f"*{identity}*")
        for pid in (folder / "cgroup.procs").read_text(encoding="utf-8").split():
            status = Path("/proc", pid, "status").read_text(encoding="utf-8")
            fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
            yield folder.relative_to(_CGROUPS / "memory"), fields

    @staticmethod
    def setting(controller: str, cgroup: Path, name: str) -> int:
        """What a cgroup is held to."""
        return int((_CGROUPS / controller / cgroup / name).read_text(encoding="utf-8"))

    def _leaving(self) -> list[Json]:
        pods: list[Json] = self._get("pods")["items"]
        return [pod for pod in pods if "deletionTimestamp" in pod["metadata"]]

    def _ready(self, component: str) -> set[str]:
        return {
            name
            for name, pod in self.pods(component).items()
            if any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", ()))
        }

    def _apply(self, verb: str, *more: str) -> Release:
        place = ("pharia-access", str(CHART), f"--namespace={NAMESPACE}")
        self.cluster.control_plane.helm(verb, *place, _IMAGE, *more, "--wait", "--timeout=180s", timeout=200)
        return self

    def _get(self, *what: str) -> Json:
        arguments = ("get", *what, f"--namespace={NAMESPACE}", "--output=json")
        found: Json = json.loads(self.cluster.control_plane.kubectl(*arguments).stdout)
        return found
