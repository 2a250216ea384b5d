"""Turns the JSON of our three kinds into the domain's values: a whole object is valid, or it is rejected.

Fails closed. An invalid status never counts as an empty one: that would mint again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pharia_access.domain.api_values import InvalidObject, Kind
from pharia_access.domain.conditions import Condition
from pharia_access.domain.model import (
    Credential,
    CredentialIdentity,
    CredentialStatus,
    Delivery,
    Mac,
    ObjectKey,
    OwnerReference,
    Token,
    TokenCounts,
    TokenPolicy,
    TokenSpec,
    TokenStatus,
)
from pharia_access.domain.permissions import Permission, Role
from pharia_access.domain.times import parse_time
from pharia_access.errors import InvalidObjectError
from pharia_access.kube.api_types import (
    ApiCredential,
    ApiToken,
    ConditionWire,
    MetadataWire,
    TokenSpecWire,
    TokenStatusWire,
)
from pharia_access.kube.paths import GROUP, VERSION
from pharia_access.kube.role_types import ApiRole

__all__ = [
    "GROUP",
    "VERSION",
    "Body",
    "invalid_object",
    "read_body",
    "read_conditions",
    "to_credential",
    "to_role",
    "to_token",
]

Body = Mapping[str, Any] | bytes
M = TypeVar("M", bound=BaseModel)


def to_token(body: Body, default_window: timedelta) -> Token:
    """Read an ApiToken. `default_window` applies to a token without a window.

    Raises:
        InvalidObjectError: the text names the first field that is wrong.
    """
    token = read_body(ApiToken, body)
    metadata = token.metadata
    return Token(
        key=ObjectKey(metadata.namespace, metadata.name),
        uid=metadata.uid,
        resource_version=metadata.resource_version,
        generation=metadata.generation,
        created=metadata.creation_timestamp,
        spec=_token_spec(token.spec, name=metadata.name, default_window=default_window),
        status=TokenStatus() if token.status is None else _token_status(token.status),
        deleting=metadata.deletion_timestamp is not None,
        finalizers=tuple(metadata.finalizers or ()),
        labels=metadata.labels or {},
        annotations=metadata.annotations or {},
        managers=frozenset(entry.manager for entry in metadata.managed_fields or ()),
        owners=_owners(metadata),
        last_used=None if token.status is None else _time_or_none(token.status.last_used_time),
    )


def to_credential(body: Body) -> Credential:
    """Read an ApiCredential. Raises InvalidObjectError."""
    credential = read_body(ApiCredential, body)
    metadata, spec, status = credential.metadata, credential.spec, credential.status
    return Credential(
        key=ObjectKey(metadata.namespace, metadata.name),
        uid=metadata.uid,
        resource_version=metadata.resource_version,
        generation=metadata.generation,
        roles=tuple(spec.roles),
        suspended=bool(spec.suspended),
        policy=TokenPolicy() if spec.token_policy is None else TokenPolicy(**dict(spec.token_policy)),
        status=CredentialStatus()
        if status is None
        else CredentialStatus(
            observed_generation=status.observed_generation,
            conditions=read_conditions(status.conditions),
            tokens=None if status.tokens is None else TokenCounts(**dict(status.tokens)),
            roles_summary=status.roles_summary,
        ),
        deleting=metadata.deletion_timestamp is not None,
        finalizers=tuple(metadata.finalizers or ()),
    )


def to_role(body: Body) -> Role:
    """Read an ApiRole. Raises InvalidObjectError."""
    role = read_body(ApiRole, body)
    return Role(
        name=role.metadata.name,
        allowed_namespaces=frozenset(role.spec.allowed_namespaces),
        permissions=tuple(
            Permission(entry.permission, tuple((entry.fields or {}).items())) for entry in role.spec.permissions or ()
        ),
    )


def invalid_object(kind: Kind, body: Mapping[str, Any], why: str) -> InvalidObject:
    """Describe an invalid object. Never fails: fields that are not text are empty."""
    metadata = body.get("metadata")
    known: Mapping[str, Any] = metadata if isinstance(metadata, Mapping) else {}
    generation = known.get("generation")
    return InvalidObject(
        kind=kind,
        key=ObjectKey(_text(known, "namespace"), _text(known, "name")),
        uid=_text(known, "uid"),
        resource_version=_text(known, "resourceVersion"),
        generation=generation if isinstance(generation, int) else 0,
        why=why,
    )


def _text(known: Mapping[str, Any], name: str) -> str:
    value = known.get(name)
    return value if isinstance(value, str) else ""


def read_body(model: type[M], body: Body) -> M:
    """Read an object by its model. Raises InvalidObjectError, which names the first wrong field and no value."""
    try:
        if isinstance(body, bytes):
            return model.model_validate_json(body)
        return model.model_validate(body if isinstance(body, dict) else dict(body))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    # Outside of `except`: the library's error keeps the whole input, and would come along as the context.
    message = f"{_place(first['loc'])}: {first['msg']}"
    raise InvalidObjectError(message)


def _place(location: Sequence[int | str]) -> str:
    """Write a field's path as kubectl does: `status.conditions[0].reason`."""
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return place.removeprefix(".") or "the object"


def _token_spec(spec: TokenSpecWire, *, name: str, default_window: timedelta) -> TokenSpec:
    delivery = spec.delivery
    return TokenSpec(
        credential_name=spec.credential_ref.name,
        window=(delivery and delivery.window) or default_window,
        secret_name=(delivery and delivery.secret_name) or f"{name}-token",
        ttl=spec.ttl,
        expires_at=spec.expires_at,
        revoked=bool(spec.revoked),
    )


def _token_status(status: TokenStatusWire) -> TokenStatus:
    _require_whole_mint(status)
    credential, mac, delivery = status.credential, status.mac, status.delivery
    return TokenStatus(
        observed_generation=status.observed_generation,
        phase=status.phase,
        conditions=read_conditions(status.conditions),
        token_id=status.token_id,
        credential=None if credential is None else CredentialIdentity(name=credential.name, uid=credential.uid),
        pending_since=status.pending_since,
        issued_at=status.issued_at,
        expires_at=status.expires_at,
        ends_at=status.ends_at,
        hash=status.hash,
        mac=None if mac is None else Mac(mac.key_id, mac.value, mac.key_fingerprint or ""),
        delivery=None
        if delivery is None
        else Delivery(delivery.secret_name, delivery.secret_uid, delivery.deadline, delivery.state),
    )


def _require_whole_mint(status: TokenStatusWire) -> None:
    """Reject a partial mint: the operator records a mint in one write, so somebody removed the rest."""
    minted = {
        "tokenID": status.token_id,
        "hash": status.hash,
        "issuedAt": status.issued_at,
        "expiresAt": status.expires_at,
        "delivery": status.delivery,
    }
    if status.mac is None and all(value is None for value in minted.values()):
        return
    missing = [name for name, value in {**minted, "credential": status.credential}.items() if value is None]
    if missing:
        message = f"status.{missing[0]}: missing, although the rest of a minted token's status is there"
        raise InvalidObjectError(message)


def read_conditions(conditions: Sequence[ConditionWire] | None) -> tuple[Condition, ...]:
    """Read conditions. Raises InvalidObjectError."""
    try:
        return tuple(
            Condition(
                type=condition.type,
                status=condition.status,
                reason=condition.reason,
                message=condition.message,
                observed_generation=condition.observed_generation,
                last_transition_time=condition.last_transition_time,
            )
            for condition in conditions or ()
        )
    except InvalidObjectError as error:
        message = f"status.conditions: {error}"
        raise InvalidObjectError(message) from None


def _time_or_none(value: object) -> datetime | None:
    try:
        return parse_time(value) if isinstance(value, str) else None
    except InvalidObjectError:
        return None


def _owners(metadata: MetadataWire) -> tuple[OwnerReference, ...]:
    return tuple(
        OwnerReference(
            api_version=owner.api_version,
            kind=owner.kind,
            name=owner.name,
            uid=owner.uid,
            controller=owner.controller,
            block_owner_deletion=owner.block_owner_deletion,
        )
        for owner in metadata.owner_references or ()
    )
