"""Builders of the domain's values, so that a case shows only what matters to it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pharia_access.domain.lifecycle.token_status import Minted, minted_status
from pharia_access.domain.model import (
    NOTHING_YET,
    Credential,
    CredentialIdentity,
    CredentialStatus,
    Delivery,
    ObjectKey,
    OwnerReference,
    Token,
    TokenPolicy,
    TokenSpec,
    TokenStatus,
)
from pharia_access.domain.permissions import Permission, Role
from pharia_access.domain.reasons import DeliveryState
from pharia_access.domain.token import TokenText, mint

__all__ = [
    "CREDENTIAL",
    "HASH",
    "NOW",
    "TEXT",
    "TOKEN",
    "WINDOW",
    "a_credential",
    "a_minted_token",
    "a_role",
    "a_token",
    "kept_by",
    "owned_by",
]

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
WINDOW = timedelta(hours=1)
TOKEN = ObjectKey("finance", "ci")
CREDENTIAL = ObjectKey("finance", "invoice-bot")
TEXT: TokenText = mint("pharia", bytes)
HASH = f"$argon2id$v=19$m=8,t=1,p=1${'s' * 22}${'h' * 43}"
"""The shape of a hash, for tests that do not check it."""


def a_token(
    key: ObjectKey = TOKEN,
    *,
    uid: str = "token-1",
    resource_version: str = "1",
    generation: int = 1,
    created: datetime = NOW,
    credential_name: str = CREDENTIAL.name,
    window: timedelta = WINDOW,
    secret_name: str | None = None,
    ttl: timedelta | None = None,
    expires_at: datetime | None = None,
    revoked: bool = False,
    status: TokenStatus | None = None,
    deleting: bool = False,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    owners: tuple[OwnerReference, ...] = (),
) -> Token:
    """A token that nobody has looked at yet."""
    return Token(
        key=key,
        uid=uid,
        resource_version=resource_version,
        generation=generation,
        created=created,
        spec=TokenSpec(
            credential_name=credential_name,
            window=window,
            secret_name=secret_name or f"{key.name}-token",
            ttl=ttl,
            expires_at=expires_at,
            revoked=revoked,
        ),
        status=status or TokenStatus(),
        deleting=deleting,
        labels=labels or {},
        annotations=annotations or {},
        owners=owners,
    )


def a_minted_token(
    token: Token | None = None,
    *,
    credential: CredentialIdentity | None = None,
    issued_at: datetime = NOW,
    life: timedelta = timedelta(days=30),
    state: DeliveryState = DeliveryState.AVAILABLE,
    seen_at: datetime | None = None,
) -> Token:
    """A token as its mint leaves it, in sync at `issued_at`."""
    token = token or a_token()
    credential = credential or CredentialIdentity(token.spec.credential_name, "credential-1")
    minted = Minted(
        credential=credential,
        token_id=TEXT.token_id,
        hash=HASH,
        mac=None,
        issued_at=issued_at,
        expires_at=issued_at + life,
        delivery=Delivery(token.spec.secret_name, "secret-1", issued_at + token.spec.window, DeliveryState.AVAILABLE),
    )
    status = minted_status(token, minted, seen_at or issued_at)
    if status.delivery is not None:
        status = replace(status, delivery=replace(status.delivery, state=state))
    return replace(token, status=status)


def kept_by(workload: str = "app", uid: str = "workload-1") -> OwnerReference:
    """The owner reference of a WorkloadToken's tokens."""
    version, kind = "access.pharia.ai/v1alpha1", "WorkloadToken"
    return OwnerReference(version, kind, workload, uid, controller=True, block_owner_deletion=False)


def owned_by(credential: CredentialIdentity) -> OwnerReference:
    """The owner reference that the operator of versions up to 0.2.0 set."""
    version, kind = "access.pharia.ai/v1alpha1", "ApiCredential"
    return OwnerReference(version, kind, credential.name, credential.uid, controller=True, block_owner_deletion=False)


def a_credential(
    key: ObjectKey = CREDENTIAL,
    *,
    uid: str = "credential-1",
    resource_version: str = "1",
    generation: int = 1,
    roles: tuple[str, ...] = ("studio-user",),
    suspended: bool = False,
    default_ttl: timedelta | None = None,
    max_ttl: timedelta | None = None,
    max_tokens: int | None = None,
    status: CredentialStatus | None = None,
    deleting: bool = False,
) -> Credential:
    """A credential that holds studio-user and leaves all policy to the cluster."""
    return Credential(
        key=key,
        uid=uid,
        resource_version=resource_version,
        generation=generation,
        roles=roles,
        suspended=suspended,
        policy=TokenPolicy(default_ttl=default_ttl, max_ttl=max_ttl, max_tokens=max_tokens),
        status=status or CredentialStatus(observed_generation=NOTHING_YET),
        deleting=deleting,
    )


def a_role(
    name: str = "studio-user",
    *,
    allowed_namespaces: frozenset[str] = frozenset({"*"}),
    permissions: tuple[Permission, ...] = (Permission("AccessStudio"),),
) -> Role:
    """A role that every namespace may hold."""
    return Role(name=name, allowed_namespaces=allowed_namespaces, permissions=permissions)
