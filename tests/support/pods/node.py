"""A cluster with one real node: kubelet, containerd, scheduler and kube-proxy beside the control plane.

NetworkPolicies are in force, by the firewall of kube-router, and Services have names. Runs in a network
namespace of its own only (tools/network_namespace.py). What is installed in it is decided elsewhere.
"""

from __future__ import annotations

import http.client
import os
import subprocess
from typing import TYPE_CHECKING, Self

from tests.support.pods.cluster_names import serve_names
from tests.support.pods.node_files import CONTAINERD_SOCKET, write_node_files
from tools.build_control_plane import ensure_binaries
from tools.control_plane.flags import Outside
from tools.control_plane.pki import NODE_NAME
from tools.control_plane.plane import ControlPlane
from tools.control_plane.processes import Process
from tools.control_plane_programs import NODE
from tools.network_namespace import NODE_ADDRESS
from tools.policy_enforcer import ensure_policy_enforcer

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Cluster"]

_NOT_READY = "node.kubernetes.io/not-ready:NoSchedule-"


class Cluster:
    """A running cluster. Made by `start`; end it with `stop`."""

    def __init__(self, root: Path, control_plane: ControlPlane) -> None:
        self.root = root
        self.control_plane = control_plane
        self._binaries = {**ensure_binaries(NODE), "policy-enforcer": ensure_policy_enforcer()}
        self._processes: dict[str, Process] = {}

    @classmethod
    def start(cls, root: Path, *archives: Path) -> Self:
        """Start everything in `root`, with the images of these archives. Raises ProcessError."""
        cluster = cls(root, ControlPlane.start(root / "control-plane", outside=Outside(NODE_ADDRESS)))
        try:
            write_node_files(root, cluster.control_plane.pki, server=cluster.control_plane.server_url)
            cluster._start_containerd(archives)
            cluster.start_kubelet()
            cluster._start_scheduler_and_proxy()
            cluster._start_policy_enforcer()
            serve_names(NODE_ADDRESS, cluster._address_of_service)
            cluster._let_pods_come()
        except BaseException:
            cluster.stop()
            raise
        return cluster

    @property
    def processes(self) -> tuple[Process, ...]:
        """The programs that were started and not stopped."""
        return (*self.control_plane.processes, *self._processes.values())

    def stop(self) -> None:
        """End every program; what runs in containers ends with the namespace."""
        for name in reversed(tuple(self._processes)):
            self._processes.pop(name).stop()
        self.control_plane.stop()

    def start_kubelet(self) -> None:
        """Start the kubelet; on return it works, and the node is Ready."""
        flags = (f"--config={self.root}/kubelet.json", f"--kubeconfig={self.root}/kubelet.kubeconfig")
        self._run("kubelet", *flags, f"--hostname-override={NODE_NAME}", f"--node-ip={NODE_ADDRESS}").wait_until(
            lambda: _kubelet_is_well() and self._node_condition() == "True", what="the node is Ready", timeout=90
        )

    def stop_kubelet(self) -> None:
        """End the kubelet; its pods run on."""
        self._processes.pop("kubelet").stop()

    def _start_containerd(self, archives: tuple[Path, ...]) -> None:
        containerd = self._run("/usr/bin/containerd", f"--config={self.root}/containerd.toml")
        containerd.wait_until(lambda: self._ctr("version").returncode == 0, what="containerd answers")
        for archive in archives:
            imported = self._ctr("images", "import", str(archive))
            assert imported.returncode == 0, imported.stderr

    def _start_scheduler_and_proxy(self) -> None:
        flags = ("--leader-elect=false", "--secure-port=0", "--profiling=false")
        self._run("kube-scheduler", f"--kubeconfig={self.root}/scheduler.kubeconfig", *flags)
        self._run("kube-proxy", f"--config={self.root}/proxy.json").wait_until(
            lambda: _is_there("nat", "KUBE-SERVICES"), what="Services lead somewhere"
        )

    def _start_policy_enforcer(self) -> None:
        flags = (f"--kubeconfig={self.control_plane.kubeconfig}", f"--node={NODE_NAME}", "--services=10.0.0.0/24")
        self._run("policy-enforcer", *flags).wait_until(
            lambda: _is_there("filter", "KUBE-NWPLCY-DEFAULT"), what="NetworkPolicies are in force"
        )

    def _address_of_service(self, namespace: str, name: str) -> str:
        asked = ("get", "service", name, f"--namespace={namespace}", "--output=jsonpath={.spec.clusterIP}")
        return self.control_plane.kubectl(*asked, check=False).stdout

    def _let_pods_come(self) -> None:
        """Remove the taint that a node comes with; the controller that would is left out."""
        self.control_plane.kubectl("taint", "nodes", NODE_NAME, _NOT_READY)

    def _node_condition(self) -> str:
        ready = "-o=jsonpath={.status.conditions[?(@.type=='Ready')].status}"
        return self.control_plane.kubectl("get", "node", NODE_NAME, ready, check=False).stdout

    def _ctr(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        argv = ["ctr", f"--address={CONTAINERD_SOCKET}", "--namespace=k8s.io", *arguments]
        return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)

    def _run(self, program: str, *flags: str) -> Process:
        path = self._binaries.get(program, program)
        name = str(program).rpartition("/")[2]
        # The programs of the node start others, which they find as this process does.
        process = Process.start([path, *flags], log=self.root / f"{name}.log", cwd=self.root, env=dict(os.environ))
        self._processes[name] = process
        return process


def _is_there(table: str, chain: str) -> bool:
    """Whether the firewall has this chain."""
    argv = ["iptables", f"--table={table}", "--list", chain]
    return subprocess.run(argv, capture_output=True, check=False, timeout=10).returncode == 0


def _kubelet_is_well() -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", 10248, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()
