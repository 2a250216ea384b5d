"""Tokens as versions up to 0.2.0 left them: owned by their credential. Admission lets nobody write that any more."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from tools.control_plane.etcd import ask_etcd

if TYPE_CHECKING:
    from tools.control_plane.plane import ControlPlane

__all__ = ["give_earlier_owner", "reference_to"]

Json = dict[str, Any]

_KEYS = "/registry/access.pharia.ai/apitokens"


def reference_to(credential: Json, **more: object) -> Json:
    """The entry in `ownerReferences`."""
    kind = {"apiVersion": "access.pharia.ai/v1alpha1", "kind": "ApiCredential"}
    metadata = credential["metadata"]
    own = {"name": metadata["name"], "uid": metadata["uid"], "controller": True, "blockOwnerDeletion": False}
    return {**kind, **own, **more}


def give_earlier_owner(control_plane: ControlPlane, token: Json, *owners: Json) -> None:
    """Have etcd hold it with these owners. Nobody else may write it meanwhile. Raises KeyError if it is not there."""
    metadata = token["metadata"]
    key = base64.b64encode(f"{_KEYS}/{metadata['namespace']}/{metadata['name']}".encode()).decode()
    answer = ask_etcd(control_plane, "/v3/kv/range", {"key": key})
    stored: Json = json.loads(base64.b64decode(answer["kvs"][0]["value"]))
    stored["metadata"]["ownerReferences"] = list(owners)
    value = base64.b64encode(json.dumps(stored, separators=(",", ":")).encode()).decode()
    ask_etcd(control_plane, "/v3/kv/put", {"key": key, "value": value})
