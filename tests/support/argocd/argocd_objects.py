"""What Argo CD's own installation puts into its namespace, as far as two of its programs need it."""

from __future__ import annotations

import secrets
from typing import Any

__all__ = ["ACCOUNT", "ARGO_CD", "objects"]

Json = dict[str, Any]

ARGO_CD = "argocd"
"""The namespace."""

ACCOUNT = "argocd-application-controller"
"""The ServiceAccount that it acts under."""

_RBAC = "rbac.authorization.k8s.io"
_EMPTY = ("argocd-gpg-keys-cm", "argocd-rbac-cm", "argocd-ssh-known-hosts-cm", "argocd-tls-certs-cm")


def objects() -> Json:
    """All of them, as a List."""
    return {"apiVersion": "v1", "kind": "List", "items": [_namespace(), *_configuration(), *_rights(), _project()]}


def _namespace() -> Json:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ARGO_CD}}


def _configuration() -> list[Json]:
    maps = [_named("ConfigMap", name) for name in ("argocd-cm", *_EMPTY)]
    secret = {**_named("Secret", "argocd-secret"), "stringData": {"server.secretkey": secrets.token_hex(16)}}
    return [*maps, secret]


def _rights() -> list[Json]:
    """Everything, everywhere: https://argo-cd.readthedocs.io/en/stable/operator-manual/security/#cluster-rbac."""
    everything = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}, {"nonResourceURLs": ["*"], "verbs": ["*"]}]
    role = {"apiVersion": f"{_RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": ACCOUNT}, "rules": everything}
    binding = {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": ACCOUNT},
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": ACCOUNT},
        "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": ARGO_CD}],
    }
    return [_named("ServiceAccount", ACCOUNT), role, binding]


def _project() -> Json:
    """The project that every Application may belong to, as Argo CD makes it."""
    anything = {"group": "*", "kind": "*"}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": {"name": "default", "namespace": ARGO_CD},
        "spec": {
            "sourceRepos": ["*"],
            "destinations": [{"server": "*", "namespace": "*"}],
            "clusterResourceWhitelist": [anything],
        },
    }


def _named(kind: str, name: str) -> Json:
    labels = {"app.kubernetes.io/part-of": "argocd"}
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": ARGO_CD, "labels": labels}}
