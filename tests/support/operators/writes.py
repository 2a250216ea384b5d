"""The ways in which a person can write a change of an object, so that no rule holds for one of them alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.support.builders.stored_objects import merge_patched
from tools.control_plane.api import APPLY, JSON_PATCH

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.control_plane.api import Api
    from tools.control_plane.replies import Reply

__all__ = ["WAYS"]

Json = dict[str, Any]

_PARTS: Final = ("labels", "annotations", "ownerReferences", "finalizers")


def _replaced(user: Api, stored: Json, change: Json) -> Reply:
    """PUT the whole object; `change` is a merge patch, here and below."""
    return user.replace(merge_patched(stored, change))


def _merged(user: Api, stored: Json, change: Json) -> Reply:
    return user.patch(stored, change)


def _json_patched(user: Api, stored: Json, change: Json) -> Reply:
    """Every part that a person may write, whether it changes or not; refused as a conflict where somebody wrote since.

    A JSON patch without the version that was read would take back what came since, as the operator's owner reference.
    """
    wanted = merge_patched(stored, change)
    metadata = wanted["metadata"]
    parts = {f"/metadata/{part}": metadata[part] for part in (*_PARTS, "resourceVersion") if metadata.get(part)}
    gone = [f"/metadata/{part}" for part in _PARTS if part in stored["metadata"] and not metadata.get(part)]
    written = {**parts, "/spec": wanted["spec"], **({"/status": wanted["status"]} if "status" in change else {})}
    operations = [{"op": "add", "path": path, "value": value} for path, value in written.items()]
    return user.patch(stored, [*operations, *({"op": "remove", "path": path} for path in gone)], form=JSON_PATCH)


def _applied(user: Api, stored: Json, change: Json) -> Reply:
    """Server-side apply with force. It takes nothing away that another manager wrote."""
    wanted = merge_patched(stored, change)
    metadata = {name: wanted["metadata"][name] for name in ("name", *_PARTS) if name in wanted["metadata"]}
    body = {"apiVersion": stored["apiVersion"], "kind": stored["kind"], "metadata": metadata, "spec": wanted["spec"]}
    if "status" in change:
        body["status"] = wanted["status"]
    return user.patch(stored, body, form=APPLY, fieldManager="somebody", force="true")


WAYS: Final[dict[str, Callable[[Api, Json, Json], Reply]]] = {
    "replace": _replaced,
    "merge patch": _merged,
    "JSON patch": _json_patched,
    "server-side apply": _applied,
}
