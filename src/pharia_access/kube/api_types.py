"""Our kinds as JSON: pydantic models of exactly the fields that the operator reads.

Strict: values that the CRDs refuse are refused here, too, since an object may be older than a rule or bypass it.
`kube.schema` interprets the values.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from pharia_access.domain.durations import parse_duration
from pharia_access.domain.model import DeliveryState, Phase
from pharia_access.domain.times import parse_time
from pharia_access.domain.token import TOKEN_ID_PATTERN
from pharia_access.errors import InvalidObjectError

__all__ = [
    "ApiCredential",
    "ApiToken",
    "ConditionWire",
    "CredentialRefWire",
    "Lifetime",
    "MetadataWire",
    "NonEmpty",
    "ObjectName",
    "Time",
    "TokenSpecWire",
    "TokenStatusWire",
    "Wire",
]

T = TypeVar("T")


def _text(parse: Callable[[str], T]) -> Callable[[Any], T]:
    """A validator for a field that is text on the wire; its complaint is that of `parse`."""

    def validate(value: object) -> T:
        if not isinstance(value, str):
            kind = "string_type"
            raise PydanticCustomError(kind, "must be a string")
        try:
            return parse(value)
        except InvalidObjectError as error:
            kind = "malformed"
            raise PydanticCustomError(kind, "{why}", {"why": str(error)}) from None

    return validate


def _lifetime(text: str) -> timedelta:
    duration = parse_duration(text)
    if duration <= timedelta():
        msg = "must be longer than 0s"
        raise InvalidObjectError(msg)
    return duration


def _window(text: str) -> timedelta:
    if not timedelta() < (window := parse_duration(text)) <= timedelta(hours=24):
        msg = "must be longer than 0s and at most 24h"
        raise InvalidObjectError(msg)
    return window


Time = Annotated[datetime, PlainValidator(_text(parse_time))]
Lifetime = Annotated[timedelta, PlainValidator(_text(_lifetime))]
Window = Annotated[timedelta, PlainValidator(_text(_window))]
NonEmpty = Annotated[str, Field(min_length=1)]
# A DNS subdomain: such a name is safe in a URL's path, whoever wrote it.
ObjectName = Annotated[str, Field(max_length=253, pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
_PHC = r"^\$argon2id\$v=[0-9]+\$m=[0-9]+,t=[0-9]+,p=[0-9]+\$[A-Za-z0-9+/]{11,128}\$[A-Za-z0-9+/]{22,128}$"
Hash = Annotated[str, Field(max_length=512, pattern=_PHC)]


class Wire(BaseModel):
    """The base of all that is read: strict, and unknown fields are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True, alias_generator=to_camel)


class OwnerReferenceWire(Wire):
    """metav1.OwnerReference."""

    api_version: str
    kind: str
    name: str
    uid: str
    controller: bool | None = None
    block_owner_deletion: bool | None = None


class ManagedFieldsWire(Wire):
    """metav1.ManagedFieldsEntry: only who manages fields."""

    manager: str = ""


class MetadataWire(Wire):
    """metav1.ObjectMeta, as far as it is read."""

    name: ObjectName
    namespace: str = ""
    uid: NonEmpty
    resource_version: NonEmpty
    generation: int = 0
    creation_timestamp: Time
    deletion_timestamp: str | None = None
    finalizers: list[str] | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    owner_references: list[OwnerReferenceWire] | None = None
    managed_fields: list[ManagedFieldsWire] | None = None


class ConditionWire(Wire):
    """metav1.Condition; of any type."""

    type: NonEmpty
    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str = ""
    observed_generation: int = 0
    last_transition_time: Time


class CredentialRefWire(Wire):
    """Which credential, by name: it is in the same namespace."""

    name: ObjectName


class DeliverySpecWire(Wire):
    """How the token is to be delivered."""

    secret_name: ObjectName | None = None
    window: Window | None = None


class TokenSpecWire(Wire):
    """The spec of an ApiToken."""

    credential_ref: CredentialRefWire
    ttl: Lifetime | None = None
    expires_at: Time | None = None
    revoked: bool | None = None
    delivery: DeliverySpecWire | None = None


class CredentialIdentityWire(Wire):
    """The credential that a token recorded."""

    name: NonEmpty
    uid: NonEmpty


class MacWire(Wire):
    """The fast check."""

    key_id: NonEmpty = Field(alias="keyID")
    key_fingerprint: str | None = None
    value: NonEmpty = Field(repr=False)


class DeliveryStatusWire(Wire):
    """The one-time Secret that was made."""

    secret_name: ObjectName
    secret_uid: NonEmpty = Field(alias="secretUID")
    deadline: Time
    state: Annotated[DeliveryState, Field(strict=False)]


class TokenStatusWire(Wire):
    """The status of an ApiToken."""

    observed_generation: int = -1
    phase: Annotated[Phase, Field(strict=False)] | None = None
    conditions: list[ConditionWire] | None = None
    token_id: Annotated[str, Field(pattern=f"^{TOKEN_ID_PATTERN}$")] | None = Field(default=None, alias="tokenID")
    credential: CredentialIdentityWire | None = None
    pending_since: Time | None = None
    issued_at: Time | None = None
    expires_at: Time | None = None
    ends_at: Time | None = None
    hash: Hash | None = Field(default=None, repr=False)
    mac: MacWire | None = None
    delivery: DeliveryStatusWire | None = None
    last_used_time: Any = None
    """The verifier's, and of no consequence: one that is malformed counts as none."""


class ApiToken(Wire):
    """An ApiToken."""

    metadata: MetadataWire
    spec: TokenSpecWire
    status: TokenStatusWire | None = None


class TokenPolicyWire(Wire):
    """The policy of a credential."""

    default_ttl: Lifetime | None = Field(default=None, alias="defaultTTL")
    max_ttl: Lifetime | None = Field(default=None, alias="maxTTL")
    max_tokens: Annotated[int, Field(ge=1)] | None = None


class CredentialSpecWire(Wire):
    """The spec of an ApiCredential."""

    roles: list[str]
    suspended: bool | None = None
    token_policy: TokenPolicyWire | None = None


class TokenCountsWire(Wire):
    """A credential's tokens by phase."""

    active: int = 0
    expired: int = 0
    revoked: int = 0
    pending: int = 0
    failed: int = 0


class CredentialStatusWire(Wire):
    """The status of an ApiCredential."""

    observed_generation: int = -1
    conditions: list[ConditionWire] | None = None
    tokens: TokenCountsWire | None = None
    roles_summary: str | None = None


class ApiCredential(Wire):
    """An ApiCredential."""

    metadata: MetadataWire
    spec: CredentialSpecWire
    status: CredentialStatusWire | None = None
