"""Implements the `Secrets` port: the one-time Secrets and the keyring in the API server.

The operator may not read one-time Secrets. A dry run of a deletion shows one of ours; admission refuses it for others.
Never use PATCH with the operator's rights: if a patched object cannot be decoded, the answer contains the whole object
before admission is asked (decision 0020; for a person's Secret see `kube.administration.personal_secrets`).
No error may contain data that is read here, in its text, its cause or its context.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError
from pydantic.alias_generators import to_camel

from pharia_access.domain.api_values import ForeignSecret, OneTimeSecret
from pharia_access.domain.deletions import Deletion, Held
from pharia_access.domain.model import ObjectKey, Token
from pharia_access.domain.times import parse_time
from pharia_access.domain.token import TokenText, parse
from pharia_access.errors import (
    ConflictError,
    InvalidError,
    InvalidObjectError,
    KeyringError,
    NotFoundError,
    TokenFormatError,
)
from pharia_access.kube import manifests, paths
from pharia_access.kube.connection import Connection
from pharia_access.kube.deletion import delete_exactly, deleted_as_dry_run
from pharia_access.kube.errors import PolicyDeniedError
from pharia_access.kube.http import Request

__all__ = ["KEYRING_NAME", "KubeSecrets", "delivered"]

KEYRING_NAME = "pharia-access-keyring"
"""The Secret with the MAC keys, in the operator's namespace."""


def _decode(value: str) -> bytes:
    return base64.b64decode(value, validate=True)


class _Metadata(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, alias_generator=to_camel)

    name: str
    namespace: str
    uid: str
    resource_version: str
    creation_timestamp: Annotated[datetime, PlainValidator(parse_time)]
    deletion_timestamp: str | None = None
    finalizers: tuple[str, ...] | None = None


class _Secret(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    metadata: _Metadata
    type: str
    immutable: bool = False
    data: dict[str, Annotated[bytes, PlainValidator(_decode)]] = Field(default_factory=dict, repr=False)


class _Kind(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    kind: str = ""


class KubeSecrets:
    """Implements `services.ports.Secrets`.

    Args:
        namespace: that of the operator, where the keyring is.
        timeout_seconds: of a single request.
    """

    def __init__(self, connection: Connection, *, namespace: str, timeout_seconds: float = 5.0) -> None:
        self._connection = connection
        self._keyring = ObjectKey(namespace, KEYRING_NAME)
        self._keyring_path = paths.of_secret(namespace, KEYRING_NAME)
        self._timeout = timeout_seconds

    async def create_one_time_secret(self, token: Token, text: TokenText) -> OneTimeSecret:
        """Create the token's immutable Secret, owned by the token. Raises AlreadyExistsError."""
        path = paths.of_secret(token.key.namespace)
        body = manifests.one_time_secret(token, text)
        return _one_time_secret(_read(await self._connection.send(Request("POST", path, self._timeout, body))))

    async def inspect_secret(self, key: ObjectKey) -> OneTimeSecret | ForeignSecret | None:
        """Inspect the Secret of this name by a dry run: ours, a foreign one, or None. Raises ForbiddenError."""
        try:
            secret = await self._look(key)
        except PolicyDeniedError:
            return ForeignSecret(key)
        if secret is None:
            return None
        return _one_time_or_foreign(secret)

    async def delete_secret(self, key: ObjectKey, uid: str) -> Deletion:
        """Delete exactly this Secret, and return whether finalizers hold it."""
        path = paths.of_secret(key.namespace, key.name)
        return await delete_exactly(self._connection, path, uid, timeout_seconds=self._timeout)

    async def read_keyring(self) -> tuple[Mapping[str, bytes], str] | None:
        """Return the keyring's data and resourceVersion, or None if there is none yet. Raises KeyringError."""
        body = await self._get_keyring()
        if body is None:
            return None
        secret = self._keyring_in(body)
        return secret.data, secret.metadata.resource_version

    async def create_keyring(self, data: Mapping[str, bytes]) -> None:
        """Create the keyring. Raises AlreadyExistsError."""
        path = paths.of_secret(self._keyring.namespace)
        body = manifests.keyring_secret(self._keyring, data)
        await self._connection.send(Request("POST", path, self._timeout, body))

    async def replace_keyring(self, data: Mapping[str, bytes], *, resource_version: str) -> None:
        """Replace the keys if the Secret has not changed since it was read. Raises ConflictError, NotFoundError.

        Reads the Secret first: a PUT replaces the whole object, and others may have set labels, annotations and owners.
        """
        body = await self._connection.send(Request("GET", self._keyring_path, self._timeout))
        if self._keyring_in(body).metadata.resource_version != resource_version:
            message = f"Secret {self._keyring} changed meanwhile"
            raise ConflictError(message)
        replaced = {**json.loads(body), "data": manifests.secret_data(data)}
        await self._connection.send(Request("PUT", self._keyring_path, self._timeout, replaced))

    async def _look(self, key: ObjectKey) -> _Secret | None:
        path = paths.of_secret(key.namespace, key.name)
        try:
            answer = await deleted_as_dry_run(self._connection, path, timeout_seconds=self._timeout)
        except NotFoundError:
            return None
        if _is_status(answer):
            message = f"DELETE {path} as a dry run shows no Secret: does the API server collect garbage?"
            raise InvalidError(message)
        return _read(answer)

    async def _get_keyring(self) -> bytes | None:
        try:
            return await self._connection.send(Request("GET", self._keyring_path, self._timeout))
        except NotFoundError:
            return None

    def _keyring_in(self, body: bytes) -> _Secret:
        try:
            secret = _read(body)
        except InvalidObjectError as error:
            raise self._not_a_keyring() from error
        if secret.type != manifests.KEYRING_TYPE:
            raise self._not_a_keyring()
        return secret

    def _not_a_keyring(self) -> KeyringError:
        return KeyringError(f"Secret {self._keyring} exists and is not of type {manifests.KEYRING_TYPE}: remove it")


def _read(body: bytes) -> _Secret:
    try:
        return _Secret.model_validate_json(body)
    except (ValidationError, InvalidObjectError):
        message = "a Secret of ours cannot be understood"
    # Outside of `except`: pydantic's error keeps the whole input, and would come along as the context.
    raise InvalidObjectError(message)


def _is_status(body: bytes) -> bool:
    try:
        return _Kind.model_validate_json(body).kind == "Status"
    except ValidationError:
        return False


def delivered(body: bytes) -> OneTimeSecret | ForeignSecret:
    """Read a Secret that may be a token's delivery. Raises InvalidObjectError."""
    secret = _read(body)
    sighting, metadata = _one_time_or_foreign(secret), secret.metadata
    if isinstance(sighting, ForeignSecret) or metadata.deletion_timestamp is None:
        return sighting
    return replace(sighting, held=Held(metadata.finalizers or ()))


def _one_time_or_foreign(secret: _Secret) -> OneTimeSecret | ForeignSecret:
    if secret.type != manifests.ONE_TIME_TOKEN_TYPE:
        return ForeignSecret(ObjectKey(secret.metadata.namespace, secret.metadata.name))
    return _one_time_secret(secret)


def _one_time_secret(secret: _Secret) -> OneTimeSecret:
    metadata, data = secret.metadata, secret.data
    return OneTimeSecret(
        key=ObjectKey(metadata.namespace, metadata.name),
        uid=metadata.uid,
        created=metadata.creation_timestamp,
        immutable=secret.immutable,
        token_uid=_name(data, "tokenUID"),
        token_name=_name(data, "tokenName"),
        text=_token_text(data.get("token", b"")),
    )


def _name(data: Mapping[str, bytes], entry: str) -> str:
    return data.get(entry, b"").decode("ascii", "replace")


def _token_text(value: bytes) -> TokenText | None:
    try:
        return parse(value)
    except TokenFormatError:
        return None
