"""A WorkloadToken as the API server holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tools.control_plane.resources import workload_token

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["stored_workload"]

_NOTHING_YET = {"observedGeneration": -1}


def stored_workload(*, status: Mapping[str, Any] = _NOTHING_YET, **spec: object) -> dict[str, Any]:
    """The WorkloadToken finance/app."""
    body = workload_token("finance", "app", **spec)
    metadata = {"uid": "workload-1", "resourceVersion": "5", "generation": 1}
    body["metadata"] |= {**metadata, "creationTimestamp": "2026-11-23T12:00:00Z"}
    return {**body, "status": dict(status)}
