"""Implements the `Workloads` port: WorkloadTokens, their ApiTokens, and the Secrets that they keep, which stay unread.

A kept Secret is written by PUT, whose errors quote what the client sent and nothing that is stored. The dry run of a
PUT tells what is there: admission refuses a revision that is not later than the stored one, and the API server a Secret
of another type. Never use PATCH (decision 0020).
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

from pharia_access.domain.api_values import Page
from pharia_access.domain.lifecycle.workload.decisions import Sight
from pharia_access.domain.model import ObjectKey, Token
from pharia_access.domain.token import TokenText
from pharia_access.domain.workload import WorkloadStatus, WorkloadToken
from pharia_access.errors import (
    AlreadyExistsError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
)
from pharia_access.kube import paths
from pharia_access.kube.connection import MERGE_PATCH, Connection
from pharia_access.kube.errors import PolicyDeniedError
from pharia_access.kube.http import Request
from pharia_access.kube.listing import Lists
from pharia_access.kube.pages import object_pages
from pharia_access.kube.schema import to_token
from pharia_access.kube.workload_manifests import child_token, kept_secret, workload_status_patch
from pharia_access.kube.workload_schema import to_workload

__all__ = ["KubeWorkloads"]

_DRY_RUN: Final = {"dryRun": "All"}


class KubeWorkloads:
    """Implements `services.operator.workloads.ports.Workloads`.

    Args:
        default_window: of ApiTokens that name none.
        timeout_seconds: of a single request; lists have their own.
    """

    def __init__(self, connection: Connection, *, default_window: timedelta, timeout_seconds: float = 5.0) -> None:
        self._connection = connection
        self._lists = Lists(connection)
        self._default_window = default_window
        self._timeout = timeout_seconds

    def workload_pages(self, *, namespace: str | None = None) -> AsyncIterator[Page[WorkloadToken]]:
        """List the WorkloadTokens of a namespace, or all, some at a time. Raises the leaves of ApiError."""
        return object_pages(self._lists, "WorkloadToken", to_workload, namespace)

    async def read_workload(self, key: ObjectKey) -> WorkloadToken:
        """Read a WorkloadToken live. Raises NotFoundError, InvalidObjectError."""
        return to_workload(await self._connection.send(Request("GET", _path(key), self._timeout)))

    async def write_workload_status(self, workload: WorkloadToken, status: WorkloadStatus) -> WorkloadToken:
        """Replace our status fields if the object has not changed since. Raises ConflictError, NotFoundError."""
        path = paths.of_object(paths.PLURALS["WorkloadToken"], workload.key, subresource="status")
        body = workload_status_patch(workload, status)
        return to_workload(await self._connection.send(Request("PATCH", path, self._timeout, body, MERGE_PATCH)))

    async def try_child(self, workload: WorkloadToken, name: str) -> str:
        """Tell by a dry run why an ApiToken would be refused; empty if it would be created, or is there."""
        try:
            await self._create(workload, name, dry_run=True)
        except AlreadyExistsError:
            return ""
        except (ForbiddenError, InvalidError) as refused:
            return refused.server_message or str(refused)
        return ""

    async def create_child(self, workload: WorkloadToken, name: str) -> Token:
        """Create an ApiToken, owned by the WorkloadToken alone. Raises AlreadyExistsError, ForbiddenError."""
        return to_token(await self._create(workload, name, dry_run=False), self._default_window)

    async def look(self, workload: WorkloadToken, revision: int) -> Sight:
        """Tell by a dry run what the Secret holds, against this revision. Its content is not shown."""
        try:
            await self._put(workload, revision, None, dry_run=True)
        except NotFoundError:
            return Sight.GONE
        except PolicyDeniedError:
            return Sight.HELD
        except InvalidError:
            return Sight.FOREIGN
        return Sight.OLDER

    async def create_kept(self, workload: WorkloadToken, revision: int, text: TokenText) -> None:
        """Create the Secret. Raises AlreadyExistsError, ForbiddenError, InvalidError."""
        path = paths.of_secret(workload.key.namespace)
        body = kept_secret(workload, revision, text)
        await self._connection.send(Request("POST", path, self._timeout, body))

    async def replace_kept(self, workload: WorkloadToken, revision: int, text: TokenText) -> None:
        """Replace the Secret, unread. Raises NotFoundError; ConflictError where it holds no earlier revision."""
        try:
            await self._put(workload, revision, text, dry_run=False)
        except PolicyDeniedError as refused:
            message = f"Secret {workload.secret_key} holds this revision or a later one, or is not ours"
            raise ConflictError(message) from refused

    async def _create(self, workload: WorkloadToken, name: str, *, dry_run: bool) -> bytes:
        path = paths.of_kind(paths.PLURALS["ApiToken"], workload.key.namespace)
        body, query = child_token(workload, name), _DRY_RUN if dry_run else {}
        return await self._connection.send(Request("POST", path, self._timeout, body, query=query))

    async def _put(self, workload: WorkloadToken, revision: int, text: TokenText | None, *, dry_run: bool) -> None:
        path = paths.of_secret(workload.key.namespace, workload.spec.secret.name)
        body: dict[str, Any] = kept_secret(workload, revision, text)
        query = _DRY_RUN if dry_run else {}
        await self._connection.send(Request("PUT", path, self._timeout, body, query=query))


def _path(key: ObjectKey) -> str:
    return paths.of_object(paths.PLURALS["WorkloadToken"], key)
