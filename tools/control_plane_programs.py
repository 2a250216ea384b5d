"""What is built from the Go module of the local control plane: which programs, of which version, with which flags.

Standard library only: runs before there is a virtual environment.
"""

from __future__ import annotations

from tools.go_build import GoModule

__all__ = ["CONTROL_PLANE", "MODULE", "NODE"]

_KUBERNETES, _HELM = (1, 37, 2), (4, 3, 1)

CONTROL_PLANE = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
    "helm": "helm.sh/helm/v4/cmd/helm",
}
"""What most tests run on, and their packages."""

NODE = {
    "kubelet": "k8s.io/kubernetes/cmd/kubelet",
    "kube-proxy": "k8s.io/kubernetes/cmd/kube-proxy",
    "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
}
"""What real pods need beside it; built for `make e2e` only."""

# Without these the programs say that they are v0.0.0.
_VARIABLES = {
    "k8s.io/component-base/version.gitVersion": "v{}.{}.{}".format(*_KUBERNETES),
    "k8s.io/component-base/version.gitMajor": str(_KUBERNETES[0]),
    "k8s.io/component-base/version.gitMinor": str(_KUBERNETES[1]),
    "helm.sh/helm/v4/internal/version.version": "v{}.{}.{}".format(*_HELM),
}

MODULE = GoModule(
    "control-plane",
    go=(1, 26),
    minutes=10,
    flags=(
        "-trimpath",
        "-buildvcs=false",
        "-ldflags",
        " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in _VARIABLES.items())]),
    ),
    built_as={"etcd": "server"},
)
