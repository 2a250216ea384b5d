"""Our kinds as the API server holds them, and the merge patch that it applies: so that no server is needed for it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from tests.support.builders.domain_objects import HASH
from tools.control_plane.resources import api_credential, api_role, api_token

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "MINTED_STATUS",
    "merge_patched",
    "stored_credential",
    "stored_role",
    "stored_token",
    "with_field",
    "without_field",
]

Json = dict[str, Any]

_NOTHING_YET = {"observedGeneration": -1}

MINTED_STATUS: Json = {
    "observedGeneration": 1,
    "phase": "Active",
    "conditions": [
        {
            "type": "Ready",
            "status": "True",
            "reason": "Issued",
            "message": "The token can be used.",
            "observedGeneration": 1,
            "lastTransitionTime": "2026-11-23T12:00:00Z",
        }
    ],
    "tokenID": "aaaaaaaaaaaaaaaa",
    "credential": {"name": "invoice-bot", "uid": "credential-1"},
    "issuedAt": "2026-11-23T12:00:00Z",
    "expiresAt": "2026-12-23T12:00:00Z",
    "hash": HASH,
    "mac": {"keyID": "k20261123-abcdef", "value": "0" * 64},
    "delivery": {
        "secretName": "ci-token",
        "secretUID": "secret-1",
        "deadline": "2026-11-23T13:00:00Z",
        "state": "Available",
    },
}
"""What a mint leaves."""


def stored_token(*, status: Mapping[str, Any] = _NOTHING_YET, **spec: object) -> Json:
    """The ApiToken finance/ci."""
    return _stored(api_token("finance", "ci", **spec), uid="token-1", status=status)


def stored_credential(*, status: Mapping[str, Any] = _NOTHING_YET, **spec: object) -> Json:
    """The ApiCredential finance/invoice-bot."""
    return _stored(api_credential("finance", "invoice-bot", **spec), uid="credential-1", status=status)


def stored_role(**spec: object) -> Json:
    """The ApiRole studio-user."""
    return _stored(api_role("studio-user", **spec), uid="role-1")


def with_field(body: Json, path: str, value: object) -> Json:
    """The object with another value at `path`, such as `spec.delivery.window`; what is missing on the way is made."""
    changed = copy.deepcopy(body)
    *parents, last = path.split(".")
    place = changed
    for parent in parents:
        place = place.setdefault(parent, {})
    place[last] = value
    return changed


def without_field(body: Json, path: str) -> Json:
    """The object without the field at `path`."""
    changed = copy.deepcopy(body)
    *parents, last = path.split(".")
    place = changed
    for parent in parents:
        place = place[parent]
    del place[last]
    return changed


def merge_patched(target: object, patch: object) -> Any:  # noqa: ANN401 - JSON
    """A JSON merge patch, applied (RFC 7386, section 2)."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patched(merged.get(name), value)
    return merged


def _stored(obj: Json, *, uid: str, status: Mapping[str, Any] | None = None) -> Json:
    metadata = {
        **obj["metadata"],
        "uid": uid,
        "resourceVersion": "7",
        "generation": 1,
        "creationTimestamp": "2026-11-23T11:00:00Z",
    }
    return {**obj, "metadata": metadata, **({} if status is None else {"status": copy.deepcopy(dict(status))})}
