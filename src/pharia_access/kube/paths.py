"""The URL paths of our requests. No name can lead a path elsewhere."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from pharia_access.domain.api_values import Kind
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import InvalidError

__all__ = [
    "GROUP",
    "PLURALS",
    "VERSION",
    "of_account",
    "of_admission",
    "of_definition",
    "of_event",
    "of_kind",
    "of_lease",
    "of_namespace",
    "of_object",
    "of_rbac",
    "of_role",
    "of_secret",
    "of_workloads",
]

GROUP = "access.pharia.ai"
VERSION = "v1alpha1"
PLURALS: Final[Mapping[Kind, str]] = {
    "ApiToken": "apitokens",
    "ApiCredential": "apicredentials",
    "ApiRole": "apiroles",
    "WorkloadToken": "workloadtokens",
}


def of_kind(plural: str, namespace: str | None = None) -> str:
    """Return the path of a list of one of our kinds: in a namespace, or in all."""
    return _path(f"/apis/{GROUP}/{VERSION}", plural, namespace)


def of_object(plural: str, key: ObjectKey, *, subresource: str = "") -> str:
    """One of our objects, or its subresource."""
    path = _path(f"/apis/{GROUP}/{VERSION}", plural, key.namespace, key.name)
    return f"{path}/{subresource}" if subresource else path


def of_role(name: str) -> str:
    """A role of the catalog, which is in no namespace."""
    return _path(f"/apis/{GROUP}/{VERSION}", PLURALS["ApiRole"], None, name)


def of_secret(namespace: str, name: str | None = None) -> str:
    """A Secret, or where to create one."""
    return _path("/api/v1", "secrets", namespace, name)


def of_account(key: ObjectKey) -> str:
    """A ServiceAccount."""
    return _path("/api/v1", "serviceaccounts", key.namespace, key.name)


def of_event(namespace: str) -> str:
    """All Events of a namespace, and where to create one."""
    return _path("/api/v1", "events", namespace)


def of_namespace(name: str) -> str:
    """A namespace."""
    return f"/api/v1/namespaces/{_segment(name)}"


def of_lease(namespace: str, name: str | None = None) -> str:
    """A Lease, or where to create one."""
    return _path("/apis/coordination.k8s.io/v1", "leases", namespace, name)


def of_workloads(plural: str, namespace: str) -> str:
    """All Deployments, or another kind of workloads, of a namespace."""
    return _path("/apis/apps/v1", plural, namespace)


def of_admission(plural: str) -> str:
    """All admission policies, or all their bindings."""
    return _path("/apis/admissionregistration.k8s.io/v1", plural, None)


def of_rbac(plural: str, namespace: str | None) -> str:
    """Return the path of a list of RBAC's roles or bindings: in a namespace, or the cluster's."""
    return _path("/apis/rbac.authorization.k8s.io/v1", plural, namespace)


def of_definition(plural: str) -> str:
    """The definition of one of our kinds."""
    return _path("/apis/apiextensions.k8s.io/v1", "customresourcedefinitions", None, f"{plural}.{GROUP}")


def _path(api: str, plural: str, namespace: str | None, name: str | None = None) -> str:
    parts = [api]
    if namespace is not None:
        parts += ["namespaces", _segment(namespace)]
    parts.append(plural)
    if name is not None:
        parts.append(_segment(name))
    return "/".join(parts)


def _segment(name: str) -> str:
    """Check a name as Kubernetes does in a path (ValidatePathSegmentName): a `..` would leave it."""
    if name in {"", ".", ".."} or "/" in name or "%" in name:
        msg = f"{name[:63]!r} cannot be the name of an object"
        raise InvalidError(msg)
    return quote(name, safe="")
