"""What a WorkloadToken's reconciler needs of the API server, as a protocol. `kube.operator.workloads` implements it."""

from collections.abc import AsyncIterator
from typing import Protocol

from pharia_access.domain.api_values import Page
from pharia_access.domain.lifecycle.workload.decisions import Sight
from pharia_access.domain.model import ObjectKey, Token
from pharia_access.domain.token import TokenText
from pharia_access.domain.workload import WorkloadStatus, WorkloadToken

__all__ = ["Workloads"]


class Workloads(Protocol):
    """WorkloadTokens, their ApiTokens, and the Secrets that they keep.

    Of those Secrets there is no right to get, list, watch or patch: each is written blind, as a whole.
    """

    def workload_pages(self, *, namespace: str | None = None) -> AsyncIterator[Page[WorkloadToken]]:
        """List the WorkloadTokens of a namespace, or all, some at a time. Raises the leaves of ApiError."""
        ...

    async def read_workload(self, key: ObjectKey) -> WorkloadToken:
        """Read a WorkloadToken live. Raises NotFoundError, InvalidObjectError."""
        ...

    async def write_workload_status(self, workload: WorkloadToken, status: WorkloadStatus) -> WorkloadToken:
        """Replace our status fields if the object is unchanged. Raises ConflictError, NotFoundError."""
        ...

    async def try_child(self, workload: WorkloadToken, name: str) -> str:
        """Tell by a dry run why an ApiToken would be refused; empty if it would be created, or is there."""
        ...

    async def create_child(self, workload: WorkloadToken, name: str) -> Token:
        """Create an ApiToken, owned by the WorkloadToken alone. Raises AlreadyExistsError, ForbiddenError."""
        ...

    async def look(self, workload: WorkloadToken, revision: int) -> Sight:
        """Tell by a dry run what the Secret holds, against this revision. Its content is not shown."""
        ...

    async def create_kept(self, workload: WorkloadToken, revision: int, text: TokenText) -> None:
        """Create the Secret. Raises AlreadyExistsError, ForbiddenError, InvalidError."""
        ...

    async def replace_kept(self, workload: WorkloadToken, revision: int, text: TokenText) -> None:
        """Replace the Secret, unread. Raises NotFoundError; ConflictError where it holds no earlier revision."""
        ...
