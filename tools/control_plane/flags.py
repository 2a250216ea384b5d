"""How the three programs of the local control plane are set up: their command lines and configuration files.

Starts nothing. etcd listens on a Unix socket, so that no other user of the machine reaches it and it needs no
port; the controllers serve nothing. Only the API server takes a port, on 127.0.0.1 unless pods are to reach it.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tools.control_plane.pki import write_private

if TYPE_CHECKING:
    from tools.control_plane.pki import Pki

__all__ = ["Outside", "api_server_argv", "controllers_argv", "etcd_argv", "write_configuration"]

_SHARED = Path(__file__).resolve().parents[2] / "kind"  # kind-config.yaml mounts the same files
_ETCD_SOCKET = "etcd.sock"
_ISSUER = "https://kubernetes.default.svc"


@dataclass(frozen=True, slots=True)
class Outside:
    """An address of this machine at which a node and its pods find the API server."""

    address: str
    port: int = 6443
    """Where API servers listen by habit, and what the chart's NetworkPolicies let pods call."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """What the API server's certificate must name: the address, and that of its Service, the first of the range."""
        return (self.address, "10.0.0.1")

    def flags(self, pki: Path) -> tuple[str, ...]:
        """What the API server is told after its own flags: the last address counts, lists grow."""
        return (
            "--bind-address=0.0.0.0",
            f"--advertise-address={self.address}",
            "--endpoint-reconciler-type=lease",
            "--authorization-mode=Node",
            "--enable-admission-plugins=NodeRestriction",
            "--kubelet-preferred-address-types=InternalIP",
            f"--kubelet-certificate-authority={pki / 'ca.crt'}",
            f"--kubelet-client-certificate={pki / 'admin.crt'}",
            f"--kubelet-client-key={pki / 'admin.key'}",
        )


def write_configuration(root: Path) -> None:
    """Write the configuration of encryption at rest, with a key of this control plane's own."""
    template = (_SHARED / "encryption.template.yaml").read_bytes()
    key = base64.b64encode(secrets.token_bytes(32))
    write_private(root / "encryption.yaml", template.replace(b"secret: KEY", b"secret: " + key))


def etcd_argv(program: Path) -> list[str]:
    """etcd, one member, without waiting for the disk; run in the control plane's folder."""
    peer = "http://127.0.0.1:1"  # a name only: a single member has nobody to talk to
    return [
        str(program),
        "--data-dir=etcd",
        "--unsafe-no-fsync",
        "--heartbeat-interval=20",  # one member elects itself: no need to wait the usual second
        "--election-timeout=200",
        f"--listen-client-urls=unix://{_ETCD_SOCKET}",
        f"--advertise-client-urls=unix://{_ETCD_SOCKET}",
        "--listen-peer-urls=unix://etcd-peer.sock",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--log-level=warn",
    ]


def api_server_argv(program: Path, *, pki: Pki, port: int) -> list[str]:
    """kube-apiserver on 127.0.0.1: RBAC, audit log, Secrets encrypted; run in the control plane's folder."""
    return [
        str(program),
        f"--etcd-servers=unix://{_ETCD_SOCKET}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        # Nobody uses the Service of the API server, so it need not look for an address of the machine.
        "--advertise-address=192.0.2.1",
        "--endpoint-reconciler-type=none",
        "--service-cluster-ip-range=10.0.0.0/24",
        f"--client-ca-file={pki.ca_file}",
        f"--tls-cert-file={pki.server.certificate}",
        f"--tls-private-key-file={pki.server.key}",
        f"--service-account-issuer={_ISSUER}",
        f"--service-account-key-file={pki.service_accounts.certificate}",
        f"--service-account-signing-key-file={pki.service_accounts.key}",
        "--authorization-mode=RBAC",
        "--enable-admission-plugins=OwnerReferencesPermissionEnforcement",
        "--encryption-provider-config=encryption.yaml",
        f"--audit-policy-file={_SHARED / 'audit-policy.yaml'}",
        "--audit-log-path=audit.log",
        "--audit-log-maxsize=100000",  # MB: one file, that tests can count in
        "--profiling=false",
    ]


def controllers_argv(program: Path, *, pki: Pki, kubeconfig: Path) -> list[str]:
    """kube-controller-manager with everything but the controllers that look after nodes."""
    return [
        str(program),
        f"--kubeconfig={kubeconfig}",
        "--controllers=*,-node-ipam-controller,-node-lifecycle-controller",
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={pki.service_accounts.key}",
        f"--root-ca-file={pki.ca_file}",
        "--leader-elect=false",
        "--secure-port=0",
        "--kube-api-qps=200",  # the default of 20 a second would make cascades wait
        "--kube-api-burst=400",
        "--profiling=false",
    ]
