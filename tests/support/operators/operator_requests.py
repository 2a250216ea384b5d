"""What the operator asked of the API server, as the audit log tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tools.control_plane.api import OPERATOR

if TYPE_CHECKING:
    from tools.control_plane.plane import ControlPlane

__all__ = ["requests_of_the_operator"]

Json = dict[str, Any]


def requests_of_the_operator(control_plane: ControlPlane, **wanted: str) -> list[Json]:
    """All its requests so far, as events of audit.k8s.io/v1.

    `wanted` narrows them by what they were about: verb, namespace, resource, subresource, name.
    """
    events: list[Json] = [dict(event) for event in control_plane.audit_events(OPERATOR, *wanted.values())]
    return [
        event
        for event in events
        if event["user"].get("username") == OPERATOR and wanted.items() <= _subject(event).items()
    ]


def _subject(event: Json) -> dict[str, str]:
    return {"verb": event["verb"], **event.get("objectRef", {})}
