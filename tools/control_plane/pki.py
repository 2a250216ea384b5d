"""The small certificate authority of one local control plane, and the kubeconfigs made with it.

Each control plane has its own: a certificate of one is worth nothing at another.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trustme
import yaml

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NODE_NAME", "Pem", "Pki", "token_kubeconfig", "write_private"]

NODE_NAME = "node-1"
"""The one node that a cluster may have; none runs unless a test starts it."""


@dataclass(frozen=True, slots=True)
class Pem:
    """A certificate and its private key, as files."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Pki:
    """The files that the programs of a cluster and the administrator identify themselves with."""

    ca_file: Path
    server: Pem
    admin: Pem
    controllers: Pem
    service_accounts: Pem
    kubelet: Pem
    scheduler: Pem
    proxy: Pem

    @classmethod
    def create(cls, folder: Path, *hosts: str) -> Pki:
        """Make an authority and its certificates in `folder`, readable by the owner only.

        `hosts`: further names and addresses of the API server.
        """
        folder.mkdir(mode=0o700)
        authority = trustme.CA(organization_name="pharia-access local control plane")
        ca_file = write_private(folder / "ca.crt", authority.cert_pem.bytes())

        def issue(name: str, *hosts: str, user: str = "", group: str | None = None) -> Pem:
            # Go refuses a certificate whose list of host names is there but empty.
            hosts = hosts or (f"{name}.invalid",)
            leaf = authority.issue_cert(*hosts, common_name=user or name, organization_name=group)
            certificate = write_private(folder / f"{name}.crt", leaf.cert_chain_pems[0].bytes())
            return Pem(certificate, write_private(folder / f"{name}.key", leaf.private_key_pem.bytes()))

        return cls(
            ca_file=ca_file,
            server=issue("server", "127.0.0.1", "localhost", "kubernetes.default.svc", *hosts),
            # The group that RBAC lets do everything:
            # https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles
            admin=issue("admin", group="system:masters"),
            controllers=issue("controllers", user="system:kube-controller-manager"),
            service_accounts=issue("service-accounts"),
            kubelet=issue("kubelet", user=f"system:node:{NODE_NAME}", group="system:nodes"),
            scheduler=issue("scheduler", user="system:kube-scheduler"),
            proxy=issue("proxy", user="system:kube-proxy"),
        )

    def kubeconfig(self, path: Path, server: str, identity: Pem) -> Path:
        """Write a kubeconfig that signs in with a client certificate."""
        user = {
            "client-certificate-data": _inline(identity.certificate),
            "client-key-data": _inline(identity.key),
        }
        return _write_kubeconfig(path, server=server, ca_file=self.ca_file, user=user)


def token_kubeconfig(path: Path, *, server: str, ca_file: Path, token: str) -> Path:
    """Write a kubeconfig that signs in with a bearer token."""
    return _write_kubeconfig(path, server=server, ca_file=ca_file, user={"token": token})


def write_private(path: Path, content: bytes) -> Path:
    """Write a file that only its owner can read, from its first moment on."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)
    return path


def _write_kubeconfig(path: Path, *, server: str, ca_file: Path, user: dict[str, str]) -> Path:
    name = "pharia-access-local"
    cluster = {"server": server, "certificate-authority-data": _inline(ca_file)}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    return write_private(path, yaml.safe_dump(content, sort_keys=False).encode())


def _inline(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
