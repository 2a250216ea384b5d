"""Implements the `Cluster` port: our three kinds in the API server. Reads, compares and sets; decides nothing."""

import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pharia_access.domain.api_values import InvalidObject, Kind, Page
from pharia_access.domain.deletions import Deletion
from pharia_access.domain.model import (
    Credential,
    CredentialStatus,
    ObjectKey,
    OwnerReference,
    Token,
    TokenStatus,
)
from pharia_access.domain.permissions import Role
from pharia_access.errors import ConflictError, InvalidError
from pharia_access.kube import manifests, paths
from pharia_access.kube.connection import MERGE_PATCH, Connection
from pharia_access.kube.deletion import delete_exactly
from pharia_access.kube.http import Request
from pharia_access.kube.invalid_objects import invalid_spec_patch
from pharia_access.kube.later_fields import LATER_FIELDS, without
from pharia_access.kube.listing import Lists
from pharia_access.kube.pages import object_pages
from pharia_access.kube.schema import to_credential, to_role, to_token

__all__ = ["KubeCluster"]

log = logging.getLogger(__name__)

Body = Mapping[str, Any]


class KubeCluster:
    """Implements `services.ports.Cluster`.

    Args:
        default_window: of tokens that name none.
        timeout_seconds: of a single request; lists have their own.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        default_window: timedelta,
        timeout_seconds: float = 5.0,
    ) -> None:
        self._connection = connection
        self._lists = Lists(connection)
        self._default_window = default_window
        self._timeout = timeout_seconds

    async def read_token(self, key: ObjectKey) -> Token:
        """Read a token live. Raises NotFoundError, InvalidObjectError."""
        return self._token(await self._get("ApiToken", key))

    async def read_credential(self, key: ObjectKey) -> Credential:
        """Read a credential live. Raises NotFoundError, InvalidObjectError."""
        return to_credential(await self._get("ApiCredential", key))

    async def write_token_status(self, token: Token, status: TokenStatus) -> Token:
        """Replace our status fields if the token is unchanged since then. Raises ConflictError, NotFoundError."""
        body = manifests.token_status_patch(token, status)
        written = self._token(await self._patch_status("ApiToken", token.key, body))
        # As if every field were there: else who wrote them would find one missing, and write again.
        return replace(written, status=replace(written.status, ends_at=status.ends_at))

    async def write_credential_status(self, credential: Credential, status: CredentialStatus) -> Credential:
        """Replace our status fields if the credential has not changed since it was read."""
        body = manifests.credential_status_patch(credential, status)
        written = to_credential(await self._patch_status("ApiCredential", credential.key, body))
        return replace(written, status=replace(written.status, roles_summary=status.roles_summary))

    async def write_invalid_status(self, invalid_object: InvalidObject, *, now: datetime) -> None:
        """Write into an object's status why it is invalid, unless the status says so. An ApiRole has no status.

        Raises ConflictError if the object is no longer the invalid one.
        """
        if invalid_object.kind == "ApiRole":
            return
        body = json.loads(await self._get(invalid_object.kind, invalid_object.key))
        if body["metadata"]["resourceVersion"] != invalid_object.resource_version:
            message = f"{invalid_object.kind} {invalid_object.key} changed since it was found invalid"
            raise ConflictError(message)
        patch = invalid_spec_patch(invalid_object, body, now)
        if patch is not None:
            await self._patch(invalid_object.kind, invalid_object.key, patch, subresource="status")

    async def set_owners(self, token: Token, owners: tuple[OwnerReference, ...]) -> Token:
        """Replace the owner references if the token is unchanged since then. Raises ConflictError, NotFoundError."""
        return self._token(await self._patch("ApiToken", token.key, manifests.owners_patch(token, owners)))

    async def delete_token(self, key: ObjectKey, uid: str, *, resource_version: str = "") -> Deletion:
        """Delete exactly this token (only as it was read, if given), and return whether finalizers hold it."""
        path = paths.of_object(paths.PLURALS["ApiToken"], key)
        return await delete_exactly(
            self._connection, path, uid, timeout_seconds=self._timeout, resource_version=resource_version
        )

    def token_pages(
        self, *, namespace: str | None = None, credential: ObjectKey | None = None
    ) -> AsyncIterator[Page[Token]]:
        """List the tokens of a namespace, those that refer to a credential, or all, some at a time.

        Raises the leaves of ApiError.
        """
        if credential is None:
            return object_pages(self._lists, "ApiToken", self._token, namespace)
        selector = {"fieldSelector": f"spec.credentialRef.name={credential.name}"}
        return object_pages(self._lists, "ApiToken", self._token, credential.namespace, selector)

    def credential_pages(self, *, namespace: str | None = None) -> AsyncIterator[Page[Credential]]:
        """List the credentials of a namespace, or all."""
        return object_pages(self._lists, "ApiCredential", to_credential, namespace)

    def role_pages(self) -> AsyncIterator[Page[Role]]:
        """List the catalog."""
        return object_pages(self._lists, "ApiRole", to_role, None)

    async def try_lists(self, namespace: str | None) -> None:
        """List one credential and one token at most. Raises the leaves of ApiError."""
        for kind in ("ApiCredential", "ApiToken"):
            path = paths.of_kind(paths.PLURALS[kind], namespace)
            await self._connection.send(Request("GET", path, self._timeout, query={"limit": "1"}))

    async def server_time_offset(self, now: Callable[[], datetime]) -> timedelta:
        """Return how far the API server's clock is ahead of `now`, to about a second. Raises UnavailableError."""
        return await self._connection.server_time_offset(now)

    def _token(self, body: Body | bytes) -> Token:
        return to_token(body, self._default_window)

    async def _patch_status(
        self, kind: Kind, key: ObjectKey, body: dict[str, Any], omitted: frozenset[str] = frozenset()
    ) -> bytes:
        """Write the patch without these fields, and without the fields that the server then reports as unknown."""
        try:
            return await self._patch(kind, key, without(body, omitted), subresource="status")
        except InvalidError as refusal:
            field = refusal.unknown_field
            if field not in LATER_FIELDS - omitted:
                raise
        log.warning(
            "the CRD of %s is older than this operator: a field is left out of a status", kind, extra={"field": field}
        )
        return await self._patch_status(kind, key, body, omitted | {field})

    async def _get(self, kind: Kind, key: ObjectKey) -> bytes:
        return await self._connection.send(Request("GET", paths.of_object(paths.PLURALS[kind], key), self._timeout))

    async def _patch(self, kind: Kind, key: ObjectKey, body: object, *, subresource: str = "") -> bytes:
        path = paths.of_object(paths.PLURALS[kind], key, subresource=subresource)
        return await self._connection.send(Request("PATCH", path, self._timeout, body, MERGE_PATCH))
