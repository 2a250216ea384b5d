"""Objects of our kinds, good but for a text at one place: each place where the CRDs or Kubernetes have a text."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import yaml

from tools.sync_chart import kinds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["VALID", "Place", "filled", "leaves"]

Json = dict[str, Any]
Place = tuple["str | int", ...]

VALID: dict[str, Json] = {
    "ApiCredential": {
        "spec": {"roles": ["role"], "tokenPolicy": {"maxTTL": "720h"}},
        "status": {"tokens": {"active": 1}, "conditions": [{"type": "Ready", "status": "False", "reason": "Why"}]},
    },
    "ApiRole": {
        "spec": {"allowedNamespaces": ["*"], "permissions": [{"permission": "Use", "fields": {"model": "m"}}]},
    },
    "ApiToken": {
        "spec": {"credentialRef": {"name": "bot"}},
        "status": {
            "phase": "Active",
            "issuedAt": "2026-01-01T00:00:00Z",
            "expiresAt": "2027-01-01T00:00:00Z",
            "lastUsedTime": "2026-10-01T00:00:00Z",
            "delivery": {"state": "Available", "secretName": "ci-token", "deadline": "2026-01-01T01:00:00Z"},
            "conditions": [{"type": "Ready", "status": "True", "reason": "Issued"}],
        },
    },
}


def leaves(kind: str) -> Iterator[Place]:
    """Where the CRD has texts, and where every object has."""
    (crd,) = (one for one in map(_crd, kinds()) if one["spec"]["names"]["kind"] == kind)
    (version,) = crd["spec"]["versions"]
    yield from _texts(version["schema"]["openAPIV3Schema"]["properties"]["spec"], ("spec",))
    yield from _texts(version["schema"]["openAPIV3Schema"]["properties"].get("status", {}), ("status",))
    for name in ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp"):
        yield ("metadata", name)
    for group in ("labels", "annotations"):
        for name in ("hostile", "access.pharia.ai/replaces", "argocd.argoproj.io/tracking-id"):
            yield ("metadata", group, name)
    yield ("metadata", "finalizers", 0)
    yield ("metadata", "managedFields", 0, "manager")


def _crd(path: Path) -> Json:
    crd: Json = yaml.safe_load(path.read_text())
    return crd


def _texts(schema: Json, path: Place) -> Iterator[Place]:
    if schema.get("type") == "string":
        yield path
    for name, inner in schema.get("properties", {}).items():
        yield from _texts(inner, (*path, name))
    if "items" in schema:
        yield from _texts(schema["items"], (*path, 0))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _texts(schema["additionalProperties"], (*path, "field"))


def filled(kind: str, path: Place, text: str) -> Json:
    """An object that is good, but for this text at that place."""
    metadata = {
        "name": "it",
        "namespace": "finance",
        "uid": "u",
        "resourceVersion": "1",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "annotations": {"any-name": "yes"},
    }
    body: Json = deepcopy({"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": {}, **VALID[kind]})
    place: Any = body
    for step, following in zip(path, (*path[1:], None), strict=True):
        if following is None:
            _put(place, step, text)
        else:
            empty: Any = [] if isinstance(following, int) else {}
            place = place[step] if _has(place, step) else _put(place, step, empty)
    return body


def _has(place: Any, step: str | int) -> bool:  # noqa: ANN401 - JSON
    return step in place if isinstance(place, dict) else isinstance(step, int) and step < len(place)


def _put(place: Any, step: str | int, value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(place, list) and not _has(place, step):
        place.append(value)
    else:
        place[step] = value
    return value
