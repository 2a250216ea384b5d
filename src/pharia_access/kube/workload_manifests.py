"""Builds what the operator sends for a WorkloadToken: its status, its ApiTokens, the Secret that it keeps."""

import base64
from datetime import timedelta
from typing import Any, Final

from pharia_access.domain.durations import format_duration
from pharia_access.domain.model import OwnerReference
from pharia_access.domain.times import format_time
from pharia_access.domain.token import TokenText
from pharia_access.domain.workload import WORKLOAD_LABEL, Current, Pending, Replaced, WorkloadStatus, WorkloadToken
from pharia_access.kube.json_parts import API_VERSION, LABELS, as_read, condition_fields, owner_fields

__all__ = ["REVISION_ANNOTATION", "WORKLOAD_SECRET_TYPE", "child_token", "kept_secret", "workload_status_patch"]

Json = dict[str, Any]

WORKLOAD_SECRET_TYPE: Final = "access.pharia.ai/workload-token"  # noqa: S105 - the type of a Secret
REVISION_ANNOTATION: Final = "access.pharia.ai/revision"
"""The annotation of the kept Secret with the number of the token that it holds; admission lets it only rise."""

WINDOW: Final = timedelta(hours=24)
"""How long a one-time Secret waits for us: the longest that the CRD allows."""


def workload_status_patch(workload: WorkloadToken, status: WorkloadStatus) -> Json:
    """Set the WorkloadToken's status, if the object has not changed since it was read."""
    last = status.lost.last
    fields = {
        "observedGeneration": status.observed_generation,
        "revision": status.revision,
        "rotate": status.rotate,
        "current": status.current and _current(status.current),
        "pending": status.pending and _pending(status.pending),
        "replaced": [_known(each) for each in status.replaced],
        "renewsAt": None if status.renews_at is None else format_time(status.renews_at),
        "lost": {"count": status.lost.count, "last": None if last is None else format_time(last)},
        "binding": None if status.bound is None else {"name": status.bound},
        "conditions": [condition_fields(condition) for condition in status.conditions],
    }
    return {"metadata": as_read(workload.uid, workload.resource_version), "status": fields}


def child_token(workload: WorkloadToken, name: str) -> Json:
    """Build the ApiToken of a revision: owned by the WorkloadToken alone, so that it goes with it.

    Copies no labels and annotations: a GitOps tool would take the ApiToken for its own.
    """
    spec: Json = {
        "credentialRef": {"name": workload.spec.credential_name},
        "delivery": {"window": format_duration(WINDOW)},
    }
    if workload.spec.ttl is not None:
        spec["ttl"] = format_duration(workload.spec.ttl)
    return {
        "apiVersion": API_VERSION,
        "kind": "ApiToken",
        "metadata": {
            "name": name,
            "namespace": workload.key.namespace,
            "labels": {WORKLOAD_LABEL: workload.key.name},
            "ownerReferences": [_owner(workload)],
        },
        "spec": spec,
    }


def kept_secret(workload: WorkloadToken, revision: int, text: TokenText | None) -> Json:
    """Build the Secret that holds the token of a revision. Without a text it is for a dry run."""
    declared = workload.spec.secret
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": declared.name,
            "namespace": workload.key.namespace,
            "labels": {**declared.labels, **LABELS, WORKLOAD_LABEL: workload.key.name},
            "annotations": {**declared.annotations, REVISION_ANNOTATION: str(revision)},
            "ownerReferences": [_owner(workload)],
        },
        "type": WORKLOAD_SECRET_TYPE,
        "data": {} if text is None else {declared.key: base64.b64encode(text.reveal().encode("ascii")).decode("ascii")},
    }


def _owner(workload: WorkloadToken) -> Json:
    """Without `blockOwnerDeletion`: that needs the right to update the owner's finalizers."""
    return owner_fields(
        OwnerReference(
            API_VERSION,
            "WorkloadToken",
            workload.key.name,
            workload.uid,
            controller=True,
            block_owner_deletion=False,
        )
    )


def _known(token: Current | Replaced) -> Json:
    return {
        "revision": token.revision,
        "name": token.name,
        "uid": token.uid,
        "tokenID": token.token_id,
        "expiresAt": format_time(token.expires_at),
    }


def _current(current: Current) -> Json:
    times = {"deliveredAt": format_time(current.delivered_at), "issuedAt": format_time(current.issued_at)}
    return {**_known(current), **times}


def _pending(pending: Pending) -> Json:
    return {
        "revision": pending.revision,
        "name": pending.name,
        "uid": pending.uid,
        "why": pending.why,
        "since": format_time(pending.since),
    }
