"""Turns the JSON of a WorkloadToken into its summary. Never fails, whatever the object contains."""

from pharia_access.domain.administration.gitops import declared_by
from pharia_access.domain.administration.workload_tokens import HeldToken, PendingToken, WorkloadSummary
from pharia_access.kube.administration.parts import (
    Body,
    condition_of,
    key_of,
    number_of,
    part_of,
    parts_of,
    text_of,
    time_of,
)

__all__ = ["keeper_of", "workload_summary"]


def workload_summary(body: Body) -> WorkloadSummary:
    """Sum up a WorkloadToken. Its Secret has the object's name where the spec names none."""
    metadata, spec, status = (part_of(body, name) for name in ("metadata", "spec", "status"))
    ready, secret = condition_of(status, "Ready"), part_of(spec, "secret")
    return WorkloadSummary(
        key=key_of(metadata),
        uid=text_of(metadata, "uid"),
        credential=text_of(part_of(spec, "credentialRef"), "name"),
        created=time_of(metadata, "creationTimestamp"),
        generation=number_of(metadata, "generation"),
        seen=number_of(status, "observedGeneration"),
        secret=text_of(secret, "name") or text_of(metadata, "name"),
        entry=text_of(secret, "key") or "token",
        ttl=text_of(spec, "ttl"),
        renew_before=text_of(spec, "renewBefore"),
        rotate=text_of(spec, "rotate"),
        obeyed=text_of(status, "rotate"),
        suspended=spec.get("suspended") is True,
        deleting="deletionTimestamp" in metadata,
        revision=number_of(status, "revision"),
        current=_held(part_of(status, "current")),
        pending=_pending(part_of(status, "pending")),
        replaced=tuple(filter(None, map(_held, parts_of(status, "replaced")))),
        renews=time_of(status, "renewsAt"),
        lost=number_of(part_of(status, "lost"), "count"),
        ready=text_of(ready, "status"),
        reason=text_of(ready, "reason"),
        message=text_of(ready, "message"),
        in_use=_said_true(status, "PreviousInUse"),
        stalled=_said_true(status, "Stalled"),
        git=declared_by(body),
    )


def keeper_of(metadata: Body) -> str:
    """The name of the WorkloadToken that keeps a token: its controller. Empty for a token that nobody keeps."""
    owners = parts_of(metadata, "ownerReferences")
    keepers = [owner for owner in owners if owner.get("controller") is True and owner.get("kind") == "WorkloadToken"]
    return text_of(keepers[0], "name") if keepers else ""


def _held(body: Body) -> HeldToken | None:
    name = text_of(body, "name")
    if not name:
        return None
    return HeldToken(
        name,
        number_of(body, "revision"),
        text_of(body, "tokenID"),
        time_of(body, "deliveredAt"),
        time_of(body, "expiresAt"),
    )


def _pending(body: Body) -> PendingToken | None:
    name = text_of(body, "name")
    return PendingToken(name, text_of(body, "why"), time_of(body, "since")) if name else None


def _said_true(status: Body, kind: str) -> str:
    """The condition's sentence where it is true; its reason where it has none."""
    found = condition_of(status, kind)
    if text_of(found, "status") != "True":
        return ""
    return text_of(found, "message") or text_of(found, "reason") or kind
