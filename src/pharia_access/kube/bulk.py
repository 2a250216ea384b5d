"""Our three kinds as the verifier reads them: by the hundred thousand, typed by msgspec, and only what a verdict needs.

Strict where a value reaches a verdict or a header. What is wrong is told by field, never by value.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta, field

from pharia_access.domain.permissions import Permission, Role
from pharia_access.domain.times import format_time, parse_time, whole_seconds
from pharia_access.domain.token import TOKEN_ID_PATTERN
from pharia_access.domain.verification import Holder, IssuedToken
from pharia_access.errors import ApiError, ExpiredViewError, MalformedObjectError

__all__ = [
    "Listing",
    "WatchEvent",
    "error_of",
    "read_event",
    "read_holder",
    "read_key",
    "read_listing",
    "read_role",
    "read_token",
]

T = TypeVar("T")

# `\Z`, since `$` would let a line break through, into a header.
_Name = Annotated[str, Meta(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\Z", max_length=253)]
_Uid = Annotated[str, Meta(pattern=r"^[!-~]{1,128}\Z")]
_Text = Annotated[str, Meta(max_length=512)]
_TokenId = Annotated[str, Meta(pattern=rf"^{TOKEN_ID_PATTERN}\Z")]
_Mac = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class _Struct(msgspec.Struct, gc=False, rename="camel"):
    """None of them is part of a cycle, so the collector need not look at them."""


class _Metadata(_Struct):
    name: _Name
    uid: _Uid
    namespace: _Name | None = None
    deletion_timestamp: str | None = None


class _CredentialIdentity(_Struct):
    name: _Name
    uid: _Uid


class _MacOf(_Struct):
    key_id: _Text = field(name="keyID")
    value: _Mac


class _TokenSpec(_Struct):
    expires_at: _Text | None = None
    revoked: bool | None = None


class _TokenStatus(_Struct):
    token_id: _TokenId | None = field(default=None, name="tokenID")
    credential: _CredentialIdentity | None = None
    issued_at: _Text | None = None
    expires_at: _Text | None = None
    hash: _Text | None = None
    mac: _MacOf | None = None
    last_used_time: object = None


class _Token(_Struct):
    metadata: _Metadata
    spec: _TokenSpec
    status: _TokenStatus | None = None


class _CredentialSpec(_Struct):
    roles: list[_Name]
    suspended: bool | None = None


class _Credential(_Struct):
    metadata: _Metadata
    spec: _CredentialSpec


class _Permission(_Struct):
    permission: Annotated[str, Meta(min_length=1)]
    fields: dict[str, str] | None = None


class _RoleSpec(_Struct):
    allowed_namespaces: list[str]
    permissions: list[_Permission] | None = None


class _Role(_Struct):
    metadata: _Metadata
    spec: _RoleSpec


class _KeyMetadata(_Struct):
    name: str
    namespace: str = ""
    resource_version: str = ""


class _Keyed(_Struct):
    metadata: _KeyMetadata


class _Status(_Struct):
    code: int = 0
    reason: str = ""


class _ListMetadata(_Struct):
    resource_version: Annotated[str, Meta(min_length=1)]
    continue_: str | None = field(default=None, name="continue")


class Listing(_Struct):
    """A page of a list, its items not yet looked at."""

    metadata: _ListMetadata
    items: list[msgspec.Raw]


class WatchEvent(_Struct):
    """An event of a watch, its object not yet looked at."""

    type: str
    object: msgspec.Raw


_tokens: Final = msgspec.json.Decoder(_Token)
_credentials: Final = msgspec.json.Decoder(_Credential)
_roles: Final = msgspec.json.Decoder(_Role)
_keys: Final = msgspec.json.Decoder(_Keyed)
_listings: Final = msgspec.json.Decoder(Listing)
_statuses: Final = msgspec.json.Decoder(_Status)
_events: Final = msgspec.json.Decoder(WatchEvent)


def read_listing(body: bytes) -> Listing:
    """Read a page. Raises MalformedObjectError for what is no list."""
    return _read(_listings.decode, body)


def read_event(line: bytes) -> WatchEvent:
    """Read an event. Raises MalformedObjectError for what is none."""
    return _read(_events.decode, line)


def error_of(event: WatchEvent) -> ApiError:
    """What an ERROR event says, mostly that the version is too old. Whatever it is, a fresh list mends it."""
    try:
        said = _statuses.decode(event.object)
    except msgspec.DecodeError:
        said = _Status()
    return ExpiredViewError(f"the watch ended with {event.type[:16]} {said.code} {said.reason[:64]}".rstrip())


def read_key(body: msgspec.Raw) -> tuple[str, str]:
    """An object's `namespace/name` (a cluster-wide one's name) and its resourceVersion. Raises MalformedObjectError."""
    metadata = _read(_keys.decode, body).metadata
    key = f"{metadata.namespace}/{metadata.name}" if metadata.namespace else metadata.name
    return key, metadata.resource_version


def read_token(body: msgspec.Raw) -> IssuedToken | None:
    """Read an ApiToken; None for one that is not minted. Raises MalformedObjectError."""
    token = _read(_tokens.decode, body)
    status, namespace = token.status, token.metadata.namespace
    if status is None or status.token_id is None or status.hash is None or status.credential is None:
        return None
    ends_at = whole_seconds(_earlier(_time(status.expires_at, "status.expiresAt"), token.spec.expires_at))
    return IssuedToken(
        key=f"{namespace}/{token.metadata.name}",
        uid=token.metadata.uid,
        token_id=status.token_id,
        credential=f"{namespace}/{status.credential.name}",
        credential_uid=status.credential.uid,
        issued_at=_time(status.issued_at, "status.issuedAt").timestamp(),
        ends_at=ends_at.timestamp(),
        ends_text=format_time(ends_at),
        revoked=bool(token.spec.revoked),
        deleting=token.metadata.deletion_timestamp is not None,
        proof=status.hash,
        mac_key_id=None if status.mac is None else status.mac.key_id,
        mac=None if status.mac is None else bytes.fromhex(status.mac.value),
        last_used=_last_used(status.last_used_time),
    )


def read_holder(body: msgspec.Raw) -> Holder:
    """Read an ApiCredential. Raises MalformedObjectError."""
    credential = _read(_credentials.decode, body)
    metadata = credential.metadata
    return Holder(
        namespace=metadata.namespace or "",
        name=metadata.name,
        uid=metadata.uid,
        roles=tuple(credential.spec.roles),
        suspended=bool(credential.spec.suspended),
        deleting=metadata.deletion_timestamp is not None,
    )


def read_role(body: msgspec.Raw) -> Role:
    """Read an ApiRole. Raises MalformedObjectError."""
    role = _read(_roles.decode, body)
    return Role(
        name=role.metadata.name,
        allowed_namespaces=frozenset(role.spec.allowed_namespaces),
        permissions=tuple(
            Permission(entry.permission, tuple((entry.fields or {}).items())) for entry in role.spec.permissions or ()
        ),
    )


def _read(decode: Callable[[bytes | msgspec.Raw], T], body: bytes | msgspec.Raw) -> T:
    try:
        return decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        why = str(error) if isinstance(error, msgspec.ValidationError) else "not JSON"
    # Outside of `except`, so that nothing of the library's comes along.
    raise MalformedObjectError(why.replace("`$.", "`"))


def _time(text: str | None, name: str) -> datetime:
    if text is None:
        message = f"{name} is missing"
        raise MalformedObjectError(message)
    try:
        return parse_time(text)
    except MalformedObjectError as error:
        message = f"{name}: {error}"
        raise MalformedObjectError(message) from None


def _earlier(fixed: datetime, wished: str | None) -> datetime:
    return fixed if wished is None else min(fixed, _time(wished, "spec.expiresAt"))


def _last_used(text: object) -> float:
    """Bookkeeping: whatever is there must not refuse a token."""
    try:
        return parse_time(text).timestamp() if isinstance(text, str) else 0.0
    except MalformedObjectError:
        return 0.0
