"""Turns the JSON of our kinds into summaries for the command line. Never fails, whatever the object contains."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pharia_access.domain.administration.gitops import declared_by
from pharia_access.domain.administration.summaries import CredentialSummary, Revocation, RoleSummary, TokenSummary
from pharia_access.domain.durations import parse_duration
from pharia_access.domain.model import REPLACES, ObjectKey
from pharia_access.domain.times import parse_time
from pharia_access.errors import InvalidObjectError

__all__ = ["credential_summary", "revocation_of", "role_summary", "token_summary"]

Body = Mapping[str, Any]

_NOTHING: Body = {}


def token_summary(body: Body) -> TokenSummary:
    """Sum up an ApiToken."""
    metadata, spec, status = (_part(body, name) for name in ("metadata", "spec", "status"))
    delivery, ready, active = _part(status, "delivery"), _condition(status, "Ready"), _condition(status, "Active")
    recorded, delivered = _part(status, "credential"), _condition(status, "Delivered")
    ends = (_time(status, "expiresAt"), _time(spec, "expiresAt"))
    return TokenSummary(
        key=_key(metadata),
        uid=_text(metadata, "uid"),
        credential=_text(_part(spec, "credentialRef"), "name"),
        created=_time(metadata, "creationTimestamp"),
        token_id=_text(status, "tokenID"),
        phase=_text(status, "phase"),
        deleting="deletionTimestamp" in metadata,
        revoked=spec.get("revoked") is True,
        minted=bool(_text(status, "tokenID") and _text(status, "hash") and recorded),
        credential_uid=_text(recorded, "uid"),
        noted=_text(active, "status"),
        noted_why=(_text(active, "reason"), _text(active, "message")),
        ready=_text(ready, "status"),
        stalled=_text(_condition(status, "Stalled"), "status") == "True",
        reason=_text(ready, "reason"),
        message=_text(ready, "message"),
        description=_text(spec, "description"),
        issued=_time(status, "issuedAt"),
        ends=min((end for end in ends if end is not None), default=None),
        noted_end=_time(status, "endsAt"),
        minted_until=_time(status, "expiresAt"),
        window=_duration(_part(spec, "delivery"), "window"),
        replaces=_text(_part(metadata, "labels"), REPLACES),
        last_used=_time(status, "lastUsedTime"),
        last_inspected=_time(status, "lastInspectedTime"),
        revocation=revocation_of(body) if spec.get("revoked") is True else None,
        secret_name=_text(delivery, "secretName"),
        secret_uid=_text(delivery, "secretUID"),
        delivery=_text(delivery, "state"),
        deadline=_time(delivery, "deadline"),
        collected=_time(delivered, "lastTransitionTime") if _text(delivered, "reason") == "Collected" else None,
        mac_key=_text(_part(status, "mac"), "keyID"),
        mac_fingerprint=_text(_part(status, "mac"), "keyFingerprint"),
        git=declared_by(body),
    )


def credential_summary(body: Body) -> CredentialSummary:
    """Sum up an ApiCredential."""
    metadata, spec, status = (_part(body, name) for name in ("metadata", "spec", "status"))
    ready = _condition(status, "Ready")
    return CredentialSummary(
        key=_key(metadata),
        uid=_text(metadata, "uid"),
        created=_time(metadata, "creationTimestamp"),
        roles=_texts(spec, "roles"),
        display_name=_text(spec, "displayName"),
        description=_text(spec, "description"),
        suspended=spec.get("suspended") is True,
        deleting="deletionTimestamp" in metadata,
        ready=_text(ready, "status"),
        reason=_text(ready, "reason"),
        message=_text(ready, "message"),
        counts={phase: count for phase, count in _part(status, "tokens").items() if isinstance(count, int)},
        policy=_part(spec, "tokenPolicy"),
        longest_life=_duration(_part(spec, "tokenPolicy"), "maxTTL"),
    )


def role_summary(body: Body) -> RoleSummary:
    """Sum up an ApiRole."""
    from pharia_access.kube.schema import to_role

    spec = _part(body, "spec")
    try:
        role = to_role(body)
    except InvalidObjectError:
        role = None
    return RoleSummary(
        name=_text(_part(body, "metadata"), "name"),
        display_name=_text(spec, "displayName"),
        description=_text(spec, "description"),
        allowed_namespaces=_texts(spec, "allowedNamespaces"),
        role=role,
    )


def revocation_of(body: Body) -> Revocation:
    """When and by what program: from the entry of `managedFields` that wrote `spec.revoked`, else the condition."""
    metadata, spec, status = (_part(body, name) for name in ("metadata", "spec", "status"))
    entries = metadata.get("managedFields")
    wrote = [one for one in (entries if isinstance(entries, list) else ()) if _wrote_revoked(one)]
    first = min(wrote, key=lambda one: _text(one, "time"), default=_NOTHING)
    active = _condition(status, "Active")
    noted = _time(active, "lastTransitionTime") if _text(active, "reason") == "Revoked" else None
    return Revocation(_time(first, "time") or noted, _text(first, "manager"), _text(spec, "revocationReason"))


def _wrote_revoked(entry: object) -> bool:
    if not isinstance(entry, Mapping):
        return False
    return "f:revoked" in _part(_part(entry, "fieldsV1"), "f:spec")


def _key(metadata: Body) -> ObjectKey:
    return ObjectKey(_text(metadata, "namespace"), _text(metadata, "name"))


def _condition(status: Body, kind: str) -> Body:
    conditions = status.get("conditions")
    for condition in conditions if isinstance(conditions, list) else ():
        if isinstance(condition, Mapping) and condition.get("type") == kind:
            return condition
    return _NOTHING


def _part(body: Body, name: str) -> Body:
    part = body.get(name)
    return part if isinstance(part, Mapping) else _NOTHING


def _text(body: Body, name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _texts(body: Body, name: str) -> tuple[str, ...]:
    values = body.get(name)
    return tuple(value for value in values if isinstance(value, str)) if isinstance(values, list) else ()


def _time(body: Body, name: str) -> datetime | None:
    text = _text(body, name)
    try:
        return parse_time(text) if text else None  # most are not there: an error each would be most of the work
    except InvalidObjectError:
        return None


def _duration(body: Body, name: str) -> timedelta | None:
    text = _text(body, name)
    try:
        return parse_duration(text) if text else None
    except InvalidObjectError:
        return None
