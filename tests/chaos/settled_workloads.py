"""Whether peace has come to WorkloadTokens: a good text in each Secret, one token on each list, and none on no list."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from tests.chaos.workload_users import KEPT, REVISION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["unsettled_workloads"]

Json = dict[str, Any]

_WAITS = frozenset(
    {"Suspended", "CredentialSuspended", "CredentialNotFound", "TokenLimitReached", "TooManyLive", "Current"}
)
_CHILD_WAITS = frozenset({"CredentialSuspended", "CredentialNotFound", "TokenLimitReached"})
_BACK_OFF = "lost before their time"
_OVER = frozenset({"Expired", "Revoked", "Failed"})


def unsettled_workloads(workloads: Sequence[Json], tokens: Sequence[Json], secrets: Sequence[Json]) -> list[str]:
    """What is not as it should be in the end."""
    by_uid = {token["metadata"]["uid"]: token for token in tokens}
    secret_names = {secret["metadata"]["name"]: secret for secret in secrets}
    left = [told for workload in workloads for told in _of_one(workload, by_uid, secret_names)]
    return [*left, *_orphans(workloads, tokens), *_kept_by_nobody(workloads, secrets)]


def _of_one(workload: Json, tokens: dict[str, Json], secrets: dict[str, Json]) -> Iterator[str]:
    metadata, status = workload["metadata"], workload.get("status", {})
    name, current = metadata["name"], status.get("current")
    ready = _ready(workload)
    if status.get("observedGeneration") != metadata["generation"]:
        yield f"{name}: nobody has seen its last change"
    if not _may_wait(status, ready, tokens):
        yield f"{name}: stuck in {ready.get('reason')}"
    if ready.get("status") == "True":
        yield from _not_good(name, current, tokens, secrets)
    if current and f"{current['name']}-token" in secrets:
        yield f"{name}: the one-time Secret of {current['name']} was left"


def _may_wait(status: Json, ready: Json, tokens: dict[str, Json]) -> bool:
    """Whether nothing is to be done by the operator."""
    pending = status.get("pending")
    if pending:
        child = tokens.get(pending.get("uid", ""), {})
        return _ready(child).get("reason") in _CHILD_WAITS
    return ready.get("reason") in _WAITS or _BACK_OFF in ready.get("message", "")


def _not_good(name: str, current: Json | None, tokens: dict[str, Json], secrets: dict[str, Json]) -> Iterator[str]:
    """Of one that is Ready: its Secret holds the current token, and that is live."""
    secret, child = secrets.get(name), tokens.get((current or {}).get("uid", ""))
    if current is None or secret is None or secret["type"] != KEPT:
        yield f"{name}: Ready, and without a Secret"
        return
    if int(secret["metadata"]["annotations"][REVISION]) != current["revision"]:
        yield f"{name}: Ready with {current['revision']}, and the Secret holds another"
    if child is None or _is_over(child):
        yield f"{name}: Ready, and {current['name']} is over"
    if base64.b64decode(secret["data"]["token"]).decode().split("_")[1] != current["tokenID"]:
        yield f"{name}: Ready, and the Secret holds another token"


def _orphans(workloads: Sequence[Json], tokens: Sequence[Json]) -> Iterator[str]:
    """Live tokens of a WorkloadToken that is gone, or on none of its lists."""
    statuses = {workload["metadata"]["uid"]: workload.get("status", {}) for workload in workloads}
    for token in tokens:
        name, owners = token["metadata"]["name"], token["metadata"].get("ownerReferences", ())
        keepers = [owner["uid"] for owner in owners if owner["kind"] == "WorkloadToken"]
        if not keepers or _is_over(token):
            continue
        status = statuses.get(keepers[0])
        if status is None or (name not in _listed(status) and _is_overtaken(name, status)):
            yield f"{name} is live, and on no list"


def _listed(status: Json) -> set[str]:
    each = (status.get("current"), status.get("pending"), *status.get("replaced", ()))
    return {one["name"] for one in each if one}


def _is_overtaken(name: str, status: Json) -> bool:
    """Whether a later one is in the Secret. Until then one that was given up stays: its text may yet be there."""
    revision: int = (status.get("current") or {}).get("revision", 0)
    return int(name.rpartition("-")[2]) < revision


def _kept_by_nobody(workloads: Sequence[Json], secrets: Sequence[Json]) -> Iterator[str]:
    uids = {workload["metadata"]["uid"] for workload in workloads}
    for secret in secrets:
        metadata = secret["metadata"]
        if secret["type"] == KEPT and metadata["ownerReferences"][0]["uid"] not in uids:
            yield f"Secret {metadata['name']}: its WorkloadToken is gone"


def _is_over(token: Json) -> bool:
    metadata, status = token["metadata"], token.get("status", {})
    return "deletionTimestamp" in metadata or token["spec"].get("revoked", False) or status.get("phase") in _OVER


def _ready(obj: Json) -> Json:
    conditions = obj.get("status", {}).get("conditions", ())
    return next((condition for condition in conditions if condition["type"] == "Ready"), {})
