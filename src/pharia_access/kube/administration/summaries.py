"""Turns the JSON of our kinds into summaries for the command line. Never fails, whatever the object contains."""

from collections.abc import Mapping
from datetime import datetime

from pharia_access.domain.administration.gitops import declared_by
from pharia_access.domain.administration.summaries import CredentialSummary, Revocation, RoleSummary, TokenSummary
from pharia_access.domain.model import REPLACES
from pharia_access.errors import InvalidObjectError
from pharia_access.kube.administration.parts import (
    NOTHING,
    Body,
    condition_of,
    duration_of,
    key_of,
    part_of,
    text_of,
    texts_of,
    time_of,
)
from pharia_access.kube.administration.workload_summaries import keeper_of

__all__ = ["credential_summary", "revocation_of", "role_summary", "token_summary"]


def token_summary(body: Body) -> TokenSummary:
    """Sum up an ApiToken."""
    metadata, spec, status = (part_of(body, name) for name in ("metadata", "spec", "status"))
    delivery, ready, active = part_of(status, "delivery"), condition_of(status, "Ready"), condition_of(status, "Active")
    recorded, delivered = part_of(status, "credential"), condition_of(status, "Delivered")
    ends = (time_of(status, "expiresAt"), time_of(spec, "expiresAt"))
    return TokenSummary(
        key=key_of(metadata),
        uid=text_of(metadata, "uid"),
        credential=text_of(part_of(spec, "credentialRef"), "name"),
        created=time_of(metadata, "creationTimestamp"),
        token_id=text_of(status, "tokenID"),
        phase=text_of(status, "phase"),
        deleting="deletionTimestamp" in metadata,
        revoked=spec.get("revoked") is True,
        minted=bool(text_of(status, "tokenID") and text_of(status, "hash") and recorded),
        credential_uid=text_of(recorded, "uid"),
        noted=text_of(active, "status"),
        noted_why=(text_of(active, "reason"), text_of(active, "message")),
        ready=text_of(ready, "status"),
        stalled=text_of(condition_of(status, "Stalled"), "status") == "True",
        reason=text_of(ready, "reason"),
        message=text_of(ready, "message"),
        description=text_of(spec, "description"),
        issued=time_of(status, "issuedAt"),
        ends=min((end for end in ends if end is not None), default=None),
        noted_end=time_of(status, "endsAt"),
        minted_until=time_of(status, "expiresAt"),
        window=duration_of(part_of(spec, "delivery"), "window"),
        replaces=text_of(part_of(metadata, "labels"), REPLACES),
        keeper=keeper_of(metadata),
        last_used=time_of(status, "lastUsedTime"),
        last_inspected=time_of(status, "lastInspectedTime"),
        revocation=revocation_of(body) if spec.get("revoked") is True else None,
        secret_name=text_of(delivery, "secretName"),
        secret_uid=text_of(delivery, "secretUID"),
        delivery=text_of(delivery, "state"),
        deadline=time_of(delivery, "deadline"),
        collected=time_of(delivered, "lastTransitionTime") if text_of(delivered, "reason") == "Collected" else None,
        mac_key=text_of(part_of(status, "mac"), "keyID"),
        mac_fingerprint=text_of(part_of(status, "mac"), "keyFingerprint"),
        git=declared_by(body),
    )


def credential_summary(body: Body) -> CredentialSummary:
    """Sum up an ApiCredential."""
    metadata, spec, status = (part_of(body, name) for name in ("metadata", "spec", "status"))
    ready = condition_of(status, "Ready")
    return CredentialSummary(
        key=key_of(metadata),
        uid=text_of(metadata, "uid"),
        created=time_of(metadata, "creationTimestamp"),
        roles=texts_of(spec, "roles"),
        service_accounts=tuple(text_of(entry, "name") for entry in spec.get("serviceAccounts") or ()),
        last_used=_times_of(part_of(status, "lastUsedTimes")),
        display_name=text_of(spec, "displayName"),
        description=text_of(spec, "description"),
        suspended=spec.get("suspended") is True,
        deleting="deletionTimestamp" in metadata,
        ready=text_of(ready, "status"),
        reason=text_of(ready, "reason"),
        message=text_of(ready, "message"),
        counts={phase: count for phase, count in part_of(status, "tokens").items() if isinstance(count, int)},
        policy=part_of(spec, "tokenPolicy"),
        longest_life=duration_of(part_of(spec, "tokenPolicy"), "maxTTL"),
    )


def _times_of(entries: Body) -> dict[str, datetime]:
    times = {name: time_of(entries, name) for name in entries}
    return {name: time for name, time in times.items() if time is not None}


def role_summary(body: Body) -> RoleSummary:
    """Sum up an ApiRole."""
    from pharia_access.kube.schema import to_role

    spec = part_of(body, "spec")
    try:
        role = to_role(body)
    except InvalidObjectError:
        role = None
    return RoleSummary(
        name=text_of(part_of(body, "metadata"), "name"),
        display_name=text_of(spec, "displayName"),
        description=text_of(spec, "description"),
        allowed_namespaces=texts_of(spec, "allowedNamespaces"),
        role=role,
    )


def revocation_of(body: Body) -> Revocation:
    """When and by what program: from the entry of `managedFields` that wrote `spec.revoked`, else the condition."""
    metadata, spec, status = (part_of(body, name) for name in ("metadata", "spec", "status"))
    entries = metadata.get("managedFields")
    wrote = [one for one in (entries if isinstance(entries, list) else ()) if _wrote_revoked(one)]
    first = min(wrote, key=lambda one: text_of(one, "time"), default=NOTHING)
    active = condition_of(status, "Active")
    noted = time_of(active, "lastTransitionTime") if text_of(active, "reason") == "Revoked" else None
    return Revocation(time_of(first, "time") or noted, text_of(first, "manager"), text_of(spec, "revocationReason"))


def _wrote_revoked(entry: object) -> bool:
    if not isinstance(entry, Mapping):
        return False
    return "f:revoked" in part_of(part_of(entry, "fieldsV1"), "f:spec")
