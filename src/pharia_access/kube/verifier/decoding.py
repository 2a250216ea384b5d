"""Decode our three kinds for the verifier: by the hundred thousand, with msgspec, and only what a verdict needs.

The decoder is strict where a value reaches a verdict or a header. Its errors name the field, never the value.
"""

import re
from contextlib import suppress
from datetime import datetime
from math import floor
from sys import intern
from typing import Annotated, Final

import msgspec
from msgspec import Meta, field

from pharia_access.domain.keyring import key_reference
from pharia_access.domain.permissions import Permission, Role
from pharia_access.domain.times import format_time, parse_time
from pharia_access.domain.token import TOKEN_ID_PATTERN
from pharia_access.domain.verdict import CredentialRecord, IssuedToken
from pharia_access.errors import InvalidObjectError
from pharia_access.kube.list_decoding import Struct, decoded

__all__ = ["read_credential", "read_role", "read_token"]

_NAME: Final = r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?"
_UID: Final = r"[!-~]{1,128}"

# `\Z` and not `$`: `$` accepts a line break at the end, which would reach a header.
_Name = Annotated[str, Meta(pattern=rf"^{_NAME}\Z")]
_Uid = Annotated[str, Meta(pattern=rf"^{_UID}\Z")]
_Text = Annotated[str, Meta(max_length=512)]
_KeyId = Annotated[str, Meta(min_length=1, max_length=512)]
_MacText = Annotated[str, Meta(min_length=64, max_length=64)]


class _TokenMetadata(Struct):
    name: str
    namespace: str
    uid: str
    deletion_timestamp: str | None = None


class _Metadata(Struct):
    name: _Name
    namespace: _Name
    uid: _Uid
    deletion_timestamp: str | None = None


class _RoleMetadata(Struct):
    name: _Name


class _CredentialIdentity(Struct):
    name: str
    uid: str


class _Mac(Struct):
    key_id: _KeyId = field(name="keyID")
    value: _MacText
    key_fingerprint: str | None = None


class _TokenSpec(Struct):
    expires_at: _Text | None = None
    revoked: bool | None = None


class _TokenStatus(Struct):
    token_id: str | None = field(default=None, name="tokenID")
    credential: _CredentialIdentity | None = None
    issued_at: _Text | None = None
    expires_at: _Text | None = None
    hash: _Text | None = None
    mac: _Mac | None = None
    last_used_time: object = None


class _Token(Struct):
    metadata: _TokenMetadata
    spec: _TokenSpec
    status: _TokenStatus | None = None


class _ServiceAccount(Struct):
    name: _Name
    uid: _Uid | None = None


class _CredentialSpec(Struct):
    roles: list[_Name]
    suspended: bool | None = None
    service_accounts: list[_ServiceAccount] | None = None


class _CredentialStatus(Struct):
    last_used_times: object = None


class _Credential(Struct):
    metadata: _Metadata
    spec: _CredentialSpec
    status: _CredentialStatus | None = None


class _Permission(Struct):
    permission: Annotated[str, Meta(min_length=1)]
    fields: dict[str, str] | None = None


class _RoleSpec(Struct):
    allowed_namespaces: list[str]
    permissions: list[_Permission] | None = None


class _Role(Struct):
    metadata: _RoleMetadata
    spec: _RoleSpec


_tokens: Final = msgspec.json.Decoder(_Token)
_credentials: Final = msgspec.json.Decoder(_Credential)
_roles: Final = msgspec.json.Decoder(_Role)

# One pattern matches all texts of a token: a pattern for each field would take longer than the rest of the decoding.
_TOKEN_SHAPES: Final = {
    "metadata.namespace": _NAME,
    "metadata.name": _NAME,
    "metadata.uid": _UID,
    "status.credential.name": _NAME,
    "status.credential.uid": _UID,
    "status.tokenID": TOKEN_ID_PATTERN,
}
_TOKEN_SHAPE: Final = re.compile("\n".join(_TOKEN_SHAPES.values()))  # no shape accepts a line break


def read_token(body: msgspec.Raw) -> IssuedToken | None:
    """Read an ApiToken. Return None if it is not minted. Raises InvalidObjectError."""
    token = decoded(_tokens.decode, body)
    metadata, status = token.metadata, token.status
    if status is None or status.token_id is None or status.hash is None or status.credential is None:
        return None
    credential = status.credential
    _require_shapes(metadata.namespace, metadata.name, metadata.uid, credential.name, credential.uid, status.token_id)
    ends_at, ends_text = _end(status.expires_at, token.spec.expires_at)
    return IssuedToken(
        key=f"{metadata.namespace}/{metadata.name}",
        uid=metadata.uid,
        token_id=status.token_id,
        credential_key=f"{metadata.namespace}/{credential.name}",
        credential_uid=credential.uid,
        issued_at=_time(status.issued_at, "status.issuedAt").timestamp(),
        ends_at=ends_at,
        ends_text=ends_text,
        revoked=bool(token.spec.revoked),
        deleting=metadata.deletion_timestamp is not None,
        hash=status.hash,
        mac_key_id=None if status.mac is None else _key_of(status.mac),
        mac=None if status.mac is None else _mac(status.mac.value),
        last_used=_last_used(status.last_used_time),
    )


def read_credential(body: msgspec.Raw) -> CredentialRecord:
    """Read an ApiCredential. Raises InvalidObjectError."""
    credential = decoded(_credentials.decode, body)
    metadata = credential.metadata
    return CredentialRecord(
        namespace=metadata.namespace,
        name=metadata.name,
        uid=metadata.uid,
        roles=tuple(credential.spec.roles),
        suspended=bool(credential.spec.suspended),
        deleting=metadata.deletion_timestamp is not None,
        service_accounts={account.name: account.uid or "" for account in credential.spec.service_accounts or ()},
        last_used={} if credential.status is None else _last_used_times(credential.status.last_used_times),
    )


def read_role(body: msgspec.Raw) -> Role:
    """Read an ApiRole. Raises InvalidObjectError."""
    role = decoded(_roles.decode, body)
    return Role(
        name=role.metadata.name,
        allowed_namespaces=frozenset(role.spec.allowed_namespaces),
        permissions=tuple(
            Permission(entry.permission, tuple((entry.fields or {}).items())) for entry in role.spec.permissions or ()
        ),
    )


def _require_shapes(*texts: str) -> None:
    """Return the texts that `_TOKEN_SHAPES` names, in that order."""
    if _TOKEN_SHAPE.fullmatch("\n".join(texts)):
        return
    shapes = zip(_TOKEN_SHAPES.items(), texts, strict=True)
    place, shape = next(named for named, text in shapes if not re.fullmatch(named[1], text))
    message = f"{place}: must match {shape}"
    raise InvalidObjectError(message)


def _end(fixed: str | None, wished: str | None) -> tuple[float, str]:
    """Return the earlier expiry of status and spec: in whole POSIX seconds, and as RFC 3339."""
    end, text = _time(fixed, "status.expiresAt"), fixed or ""
    if wished is not None and (sooner := _time(wished, "spec.expiresAt")) < end:
        end, text = sooner, wished
    # Usually the operator wrote this text, and the form is already right.
    return float(floor(end.timestamp())), text if len(text) == len("2027-01-31T00:00:00Z") else format_time(end)


def _time(text: str | None, place: str) -> datetime:
    if text is None:
        message = f"{place} is missing"
        raise InvalidObjectError(message)
    try:
        return parse_time(text)
    except InvalidObjectError as error:
        message = f"{place}: {error}"
    raise InvalidObjectError(message)


def _key_of(mac: _Mac) -> str:
    """Return the reference to a token's key: one string object for all tokens of the key."""
    return intern(key_reference(mac.key_id, mac.key_fingerprint or ""))


def _mac(text: str) -> bytes:
    """Return the bytes of 64 hex digits. `fromhex` skips blanks, so a text with blanks gives fewer than 32 bytes."""
    value = b""
    with suppress(ValueError):  # its text names a position in the value
        value = bytes.fromhex(text)
    if len(value) * 2 != len(text):
        message = "status.mac.value: must be 64 hexadecimal digits"
        raise InvalidObjectError(message)
    return value


def _last_used(text: object) -> float:
    """Read a bookkeeping field. No value of such a field may refuse a token."""
    try:
        return parse_time(text).timestamp() if isinstance(text, str) else 0.0
    except InvalidObjectError:
        return 0.0


def _last_used_times(entries: object) -> dict[str, float]:
    """Read the same field of a credential, by the names of its holders."""
    return {name: _last_used(text) for name, text in entries.items()} if isinstance(entries, dict) else {}
