"""What is built from the Go modules of the local control plane: which programs, of which version, with which flags.

The newest version's module has all programs; one of an older version has those that a version of Kubernetes is.
Standard library only: runs before there is a virtual environment.
"""

from __future__ import annotations

from tools.go_build import GoModule
from tools.kubernetes_versions import NEWEST, module_name, release

__all__ = ["CONTROL_PLANE", "NODE", "OF_A_VERSION", "module"]

_HELM = "v4.3.1"

OF_A_VERSION = {
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
}
"""Those of the version of Kubernetes that was chosen, and their packages."""

CONTROL_PLANE = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "helm": "helm.sh/helm/v4/cmd/helm",
    **OF_A_VERSION,
}
"""What most tests run on; etcd and Helm are the same for each version."""

NODE = {
    "kubelet": "k8s.io/kubernetes/cmd/kubelet",
    "kube-proxy": "k8s.io/kubernetes/cmd/kube-proxy",
    "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
}
"""What real pods need beside it, of the newest version; built for `make e2e` only."""


def module(version: str) -> GoModule:
    """The one with that version's programs. Raises BuildError."""
    major, minor, patch = release(version)
    variables = {  # without these the programs say that they are v0.0.0
        "k8s.io/component-base/version.gitVersion": f"v{major}.{minor}.{patch}",
        "k8s.io/component-base/version.gitMajor": str(major),
        "k8s.io/component-base/version.gitMinor": str(minor),
        **({"helm.sh/helm/v4/internal/version.version": _HELM} if version == NEWEST else {}),
    }
    set_them = " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in variables.items())])
    return GoModule(
        module_name(version),
        go=(1, 26),
        minutes=10 if version == NEWEST else 4,
        flags=("-trimpath", "-buildvcs=false", "-ldflags", set_them),
        built_as={"etcd": "server"},
    )
