"""What somebody sends who hopes that an error quotes what is there: bodies of every form, each about one object.

None holds anything of a Secret: whatever an answer tells of one was not in the request.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tools.control_plane.api import APPLY, JSON_PATCH, MERGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["COMMON", "ENTRY", "Body", "bodies"]

Json = dict[str, Any]

ENTRY: Final = "x"
"""The entry of the Secret's data that is to be copied."""

JSON: Final = "application/json"
STRATEGIC: Final = "application/strategic-merge-patch+json"
COMMON: Final = (JSON, MERGE, STRATEGIC, APPLY, JSON_PATCH)
"""The forms that an API server takes from everybody."""
_PATCHES: Final = {MERGE, STRATEGIC, APPLY, JSON_PATCH, "application/apply-patch+cbor"}
_WRONG: Final = 2
"""How many bodies of a form go out that such a request does not take."""
_HUGE: Final = 3 * 2**20 + 2**19
"""Bytes: more than an API server takes (3 MiB), and than etcd keeps."""

_FROM: Final = (
    f"/data/{ENTRY}",
    "/data",
    "/metadata/annotations",
    f"/metadata/annotations/{ENTRY}",
    f"/metadata/labels/{ENTRY}",
    "/metadata/managedFields",
    "",
)
_TO: Final = (
    "/metadata/name",
    "/type",
    "/metadata/uid",
    "/kind",
    "/metadata/resourceVersion",
    "/apiVersion",
    "/metadata/namespace",
    "/metadata/creationTimestamp",
    "/metadata/generation",
    "/metadata/finalizers",
    "/metadata/labels/a",
    "/immutable",
    "/nowhere/a",
)
_UNDECODABLE: Final[tuple[Json, ...]] = (
    {"metadata": {"creationTimestamp": "x"}},
    {"metadata": {"deletionTimestamp": 1}},
    {"metadata": {"ownerReferences": [{"uid": 1}]}},
    {"metadata": {"labels": {"a": {}}}},
    {"metadata": {"managedFields": [{"fieldsV1": 1}]}},
    {"metadata": {"generation": "x"}},
    {"metadata": 1},
    {"data": {"a": 1}},
    {"data": {"a": "no base64!"}},
    {"data": "x"},
    {"stringData": {"a": 1}},
    {"immutable": "x"},
    {"type": {}},
    {"spec": 1, "status": {"conditions": "x"}},
    {"kind": 1},
    {"kind": None},
    {"kind": "Pod"},
    {"apiVersion": "a/b/c"},
    {"apiVersion": "v2"},
    {"unknown": 1, "data": {"a": ""}},
)
_INVALID: Final[tuple[Json, ...]] = (
    {"metadata": {"name": "another"}},
    {"metadata": {"namespace": "another"}},
    {"metadata": {"uid": "another"}},
    {"metadata": {"resourceVersion": "1"}},
    {"metadata": {"resourceVersion": "x"}},
    {"metadata": {"finalizers": ["x"], "labels": {"!": "!"}}},
    {"type": "access.pharia.ai/one-time-token"},
    {"immutable": True, "data": {"!": ""}},
)
_OPTIONS: Final = {"apiVersion": "v1", "kind": "DeleteOptions"}
_DELETIONS: Final[tuple[Json, ...]] = (
    {"propagationPolicy": "Foreground"},
    {"propagationPolicy": "Foreground", "dryRun": ["All"]},
    {"propagationPolicy": "Orphan", "dryRun": ["All"]},
    {"propagationPolicy": "Background", "dryRun": ["All"]},
    {"propagationPolicy": "x"},
    {"propagationPolicy": "Foreground", "orphanDependents": True},
    {"gracePeriodSeconds": -1},
    {"gracePeriodSeconds": "x"},
    {"preconditions": {"uid": "another"}},
    {"preconditions": {"resourceVersion": "1"}},
    {"preconditions": {"uid": 1}},
    {"dryRun": ["x"]},
    {"ignoreStoreReadErrorWithClusterBreakingPotential": True},
)


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent: a content type, empty for none at all, and bytes."""

    what: str
    form: str
    content: bytes | None = field(repr=False)


def bodies(obj: Json, method: str) -> Iterator[Body]:
    """What can be sent about the object, of which apiVersion, kind and metadata are known.

    All of it in the forms that such a request takes; of the others some, since their content is not looked at.
    """
    met: dict[str, int] = {}
    for body in _all(obj):
        met[body.form] = met.get(body.form, 0) + 1
        if (body.form in _PATCHES) == (method == "PATCH") or met[body.form] <= _WRONG:
            yield body


def _all(obj: Json) -> Iterator[Body]:
    yield Body("nothing", "", None)
    for form in (JSON, MERGE, STRATEGIC, APPLY):
        yield from _documents(obj, form)
    yield from _copies()
    yield from _operations()
    yield from _no_documents()
    yield from _other_forms(obj)


def _documents(obj: Json, form: str) -> Iterator[Body]:
    """Objects and merge patches: what can be decoded, what cannot, what is not valid; whole, and by itself."""
    kind = form.rpartition("/")[-1]
    for part in ({}, obj, *_UNDECODABLE, *_INVALID):
        yield Body(f"{kind} {json.dumps(part)}", form, _json(part))
        if part is not obj:
            yield Body(f"{kind} with {json.dumps(part)}", form, _json(_merged(obj, part)))
    for options in _DELETIONS if form == JSON else ():
        yield Body(
            f"options {json.dumps(options)}", form, _json({"kind": "DeleteOptions", "apiVersion": "v1"} | options)
        )
    for directive in ({"$patch": "replace"}, {"data": {"$retainKeys": [1]}}, {"$setElementOrder/data": 1}):
        yield Body(f"{kind} {json.dumps(directive)}", form, _json(directive))


def _copies() -> Iterator[Body]:
    """What is there, put where it does not belong, so that the error may quote it."""
    for source in _FROM:
        for target in _TO:
            operation = {"op": "copy", "from": source, "path": target}
            yield Body(f"copy {source} to {target}", JSON_PATCH, _json([operation]))
    for target in _TO:
        yield Body(f"move to {target}", JSON_PATCH, _json([{"op": "move", "from": f"/data/{ENTRY}", "path": target}]))


def _operations() -> Iterator[Body]:
    """JSON patches of a single operation, and of several that fail late."""
    for path in _FROM:
        for operation in ({"op": "test", "value": "x"}, {"op": "replace", "value": {}}, {"op": "remove"}, {"op": "x"}):
            yield Body(f"{operation} at {path}", JSON_PATCH, _json([{**operation, "path": path}]))
    undone = {"op": "add", "path": "/metadata/creationTimestamp", "value": "x"}
    several = [{"op": "copy", "from": "/data", "path": "/metadata/annotations"}, undone]
    patches: tuple[object, ...] = ([], [undone], several, {}, [[]], [1], [{"op": "copy"}])
    for patch in patches:
        yield Body(f"operations {json.dumps(patch)}", JSON_PATCH, _json(patch))


def _no_documents() -> Iterator[Body]:
    """What is no JSON object, and what is too much of one."""
    for form in COMMON:
        for content in (b"", b"[]", b'"x"', b"1", b"null", b"{", b"\xff\xfe", b'{"a":"\xff"}', b"\0", b"[" * 20_000):
            yield Body(f"{content[:10]!r} as {form}", form, content)
        yield Body(f"too much as {form}", form, b'{"data":{"a":"' + b"A" * _HUGE + b'"}}')


def _other_forms(obj: Json) -> Iterator[Body]:
    """Content types that do not fit, or that few send."""
    forms = (
        "text/plain",
        "application/yaml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/json;stream=watch",
        "application/cbor",
        "application/cbor-seq",
        "application/apply-patch+cbor",
        "application/vnd.kubernetes.protobuf",
        "application/vnd.kubernetes.protobuf;type=v1",
        "x",
        "/",
    )
    # Self-described CBOR of a map that says kind twice; Kubernetes' magic number and an envelope cut short.
    contents = (
        _json(obj),
        _json(_UNDECODABLE[0]),
        b"\xd9\xd9\xf7\xa2\x64kind\x01\x64kind\x02",
        b"k8s\0\x0a\x0f\x0a\xff",
    )
    for form in forms:
        for number, content in enumerate(contents):
            yield Body(f"{number} as {form}", form, content)


def _merged(obj: Json, part: Mapping[str, Any]) -> Json:
    """The object with this in it."""
    metadata = part.get("metadata", {})
    both = {**obj["metadata"], **metadata} if isinstance(metadata, dict) else metadata
    return {**obj, **part, "metadata": both}


def _json(content: object) -> bytes:
    return json.dumps(content).encode()
