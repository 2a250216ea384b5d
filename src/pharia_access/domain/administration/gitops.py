"""Whether Git would undo a change: who declares an object, and which of its fields.

Fields are owned as in server-side apply (Kubernetes documentation, "Server-Side Apply", field management). Where a
GitOps tool's mark is on the object and no such tool owns fields of it, all that is set counts as declared.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, Final

from pharia_access.domain.gitops import MANAGERS, RELEASE_NAME

__all__ = ["declared", "declared_by", "field_declared_by", "recreated_by"]

Body = Mapping[str, Any]

_MARKS: Final = {
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
}


def declared_by(body: Body) -> str:
    """What declares the object from Git: a tool's or a field manager's name; empty for nothing."""
    metadata = _part(body, "metadata")
    marks = {**_part(metadata, "labels"), **_part(metadata, "annotations")}
    return declared(marks, _managers(metadata))


def declared(marks: Container[str], managers: Iterable[str]) -> str:
    """The same, by its labels and annotations, and by who manages fields of it."""
    tools = (tool for mark, tool in _MARKS.items() if mark in marks)
    return next(tools, "") or next((manager for manager in managers if manager in MANAGERS), "")


def field_declared_by(body: Body, field: str) -> str:
    """The same for one field of its spec."""
    metadata = _part(body, "metadata")
    for entry in _maps(metadata, "managedFields"):
        if str(entry.get("manager")) in MANAGERS and f"f:{field}" in _part(_part(entry, "fieldsV1"), "f:spec"):
            return str(entry["manager"])
    return declared_by(body) if field in _part(body, "spec") and not _managers(metadata) else ""


def recreated_by(body: Body) -> str:
    """What would create the object again if it were deleted: the same, a Helm release, or an owner's controller."""
    metadata = _part(body, "metadata")
    if RELEASE_NAME in _part(metadata, "annotations"):
        return f"the Helm release {_part(metadata, 'annotations')[RELEASE_NAME]}"
    owners = [owner for owner in _maps(metadata, "ownerReferences") if owner.get("controller") is True]
    kinds = [str(owner.get("kind")) for owner in owners if owner.get("kind") != "ApiCredential"]
    return next(iter([*filter(None, [declared_by(body)]), *(f"its {kind}" for kind in kinds)]), "")


def _managers(metadata: Body) -> list[str]:
    managers = (entry.get("manager") for entry in _maps(metadata, "managedFields"))
    return [manager for manager in managers if isinstance(manager, str) and manager in MANAGERS]


def _maps(metadata: Body, name: str) -> list[Body]:
    entries = metadata.get(name)
    whole: Sequence[object] = entries if isinstance(entries, list) else ()
    return [entry for entry in whole if isinstance(entry, Mapping)]


def _part(body: Body, name: str) -> Body:
    part = body.get(name)
    return part if isinstance(part, Mapping) else {}
