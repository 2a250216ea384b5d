"""How the programs of the one node are set up: containerd, the network of pods, kubelet, kube-proxy. Starts nothing.

For a namespace as tools/network_namespace.py makes it: /run and /var/lib are its own, and so is every address.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support.pods.cluster_names import DOMAIN
from tools.control_plane.pki import NODE_NAME
from tools.image import PAUSE
from tools.network_namespace import NODE_ADDRESS

if TYPE_CHECKING:
    from pathlib import Path

    from tools.control_plane.pki import Pki

__all__ = ["CONTAINERD_SOCKET", "write_node_files"]

CONTAINERD_SOCKET = "/run/containerd/containerd.sock"

_CONTAINERD = """\
version = 2
root = "/var/lib/containerd"
state = "/run/containerd/state"
oom_score = 0

[grpc]
address = "{socket}"

[plugins."io.containerd.internal.v1.opt"]
path = "/var/lib/containerd/opt"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{pause}"
# Lowering it needs CAP_SYS_RESOURCE, which root need not have.
restrict_oom_score_adj = true
cni.bin_dir = "/usr/lib/cni"
cni.conf_dir = "{root}/cni"
"""

# Each pod has a link to the node, and all traffic is routed: a Service may lead a pod to any other, or to itself.
_NETWORK = {
    "cniVersion": "1.0.0",
    "name": "pods",
    "plugins": [
        {
            "type": "ptp",
            "ipam": {"type": "host-local", "subnet": "10.88.0.0/24", "routes": [{"dst": "0.0.0.0/0"}]},
        }
    ],
}


def write_node_files(root: Path, pki: Pki, *, server: str) -> None:
    """Write everything into `root`; `server`: the API server's URL."""
    (root / "cni").mkdir()
    (root / "cni" / "pods.conflist").write_text(json.dumps(_NETWORK), encoding="utf-8")
    containerd = _CONTAINERD.format(root=root, socket=CONTAINERD_SOCKET, pause=PAUSE)
    (root / "containerd.toml").write_text(containerd, encoding="utf-8")
    (root / "resolv.conf").write_text("nameserver 127.0.0.1\n", encoding="utf-8")  # nobody answers; nobody need ask
    for name, identity in (("kubelet", pki.kubelet), ("scheduler", pki.scheduler), ("proxy", pki.proxy)):
        pki.kubeconfig(root / f"{name}.kubeconfig", server, identity)
    (root / "kubelet.json").write_text(json.dumps(_kubelet(root, pki)), encoding="utf-8")
    (root / "proxy.json").write_text(json.dumps(_proxy(root)), encoding="utf-8")


def _kubelet(root: Path, pki: Pki) -> dict[str, object]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NODE_ADDRESS,
        "tlsCertFile": str(pki.server.certificate),
        "tlsPrivateKeyFile": str(pki.server.key),
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(pki.ca_file)},
        },
        "authorization": {"mode": "Webhook"},
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "podLogsDir": str(root / "pod-logs"),
        "volumePluginDir": "/var/lib/kubelet/plugins",
        "resolvConf": str(root / "resolv.conf"),
        "clusterDNS": [NODE_ADDRESS],
        "clusterDomain": DOMAIN,
        # What this machine has: cgroup v1 without systemd. The limits of containers are kept all the same.
        "failCgroupV1": False,
        "cgroupDriver": "cgroupfs",
        "cgroupsPerQOS": False,
        "enforceNodeAllocatable": [],
        "failSwapOn": False,
        "oomScoreAdj": 0,
        "makeIPTablesUtilChains": False,
        # How soon a changed Secret is in a mounted file: by default a minute, which tests would wait for.
        "syncFrequency": "10s",
        # The machine's disk is not the node's alone.
        "evictionHard": {"memory.available": "50Mi"},
        "imageGCHighThresholdPercent": 100,
    }


def _proxy(root: Path) -> dict[str, object]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": str(root / "proxy.kubeconfig")},
        "hostnameOverride": NODE_NAME,
        "mode": "iptables",
        "detectLocalMode": "InterfaceNamePrefix",
        "detectLocal": {"interfaceNamePrefix": "veth"},
        # These are the whole machine's, and stay as they are.
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        "oomScoreAdj": 0,
    }
