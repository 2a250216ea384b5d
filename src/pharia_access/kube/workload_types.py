"""The WorkloadToken as JSON: pydantic models of exactly the fields that the operator reads. See `kube.api_types`."""

from typing import Annotated

from pydantic import Field

from pharia_access.domain.token import TOKEN_ID_PATTERN
from pharia_access.domain.workload import Why
from pharia_access.kube.api_types import (
    ConditionWire,
    CredentialRefWire,
    Lifetime,
    MetadataWire,
    NonEmpty,
    ObjectName,
    Time,
    Wire,
)

__all__ = ["KeptSecretWire", "WorkloadSpecWire", "WorkloadStatusWire", "WorkloadTokenWire"]

Revision = Annotated[int, Field(ge=1, le=9_999_999_999)]
TokenID = Annotated[str, Field(pattern=f"^{TOKEN_ID_PATTERN}$")]


class KeptSecretWire(Wire):
    """The Secret that holds the token."""

    name: ObjectName | None = None
    key: Annotated[str, Field(max_length=253, pattern=r"^[-._a-zA-Z0-9]+$")] | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None


class WorkloadSpecWire(Wire):
    """The spec of a WorkloadToken."""

    credential_ref: CredentialRefWire
    secret: KeptSecretWire | None = None
    ttl: Lifetime | None = None
    renew_before: Lifetime | None = None
    rotate: str | None = None
    suspended: bool | None = None


class CurrentWire(Wire):
    """The token that the Secret holds."""

    revision: Revision
    name: ObjectName
    uid: NonEmpty
    token_id: TokenID = Field(alias="tokenID")
    delivered_at: Time
    issued_at: Time
    expires_at: Time


class PendingWire(Wire):
    """The token that is being made."""

    revision: Revision
    name: ObjectName
    uid: NonEmpty | None = None
    why: Annotated[Why, Field(strict=False)]
    since: Time


class ReplacedWire(Wire):
    """A token that was replaced, and is still good."""

    revision: Revision
    name: ObjectName
    uid: NonEmpty
    token_id: TokenID = Field(alias="tokenID")
    expires_at: Time


class LossesWire(Wire):
    """The tokens that were lost."""

    count: Annotated[int, Field(ge=0)]
    last: Time | None = None


class BindingWire(Wire):
    """The Secret, for service bindings."""

    name: ObjectName


class WorkloadStatusWire(Wire):
    """The status of a WorkloadToken."""

    observed_generation: int = -1
    revision: Annotated[int, Field(ge=0, le=9_999_999_999)] = 0
    rotate: str | None = None
    current: CurrentWire | None = None
    pending: PendingWire | None = None
    replaced: list[ReplacedWire] | None = None
    renews_at: Time | None = None
    lost: LossesWire | None = None
    binding: BindingWire | None = None
    conditions: list[ConditionWire] | None = None


class WorkloadTokenWire(Wire):
    """A WorkloadToken."""

    metadata: MetadataWire
    spec: WorkloadSpecWire
    status: WorkloadStatusWire | None = None
