"""The port to our kinds, with the rights of whoever asks. `pharia_access.kube.administration` answers it."""

from collections.abc import AsyncIterator
from typing import Protocol, TypeVar

from pharia_access.domain.administration.stored import Json, Right, Stored, StoredPage
from pharia_access.domain.administration.summaries import CredentialSummary, RoleSummary, TokenSummary
from pharia_access.domain.administration.workload_tokens import WorkloadSummary
from pharia_access.domain.model import ObjectKey

__all__ = ["Objects"]

S = TypeVar("S", TokenSummary, CredentialSummary, RoleSummary, WorkloadSummary)


class Objects(Protocol):
    """Objects of ours. A kind is named by its summary. Each method may raise the leaves of `errors.ApiError`."""

    async def read(self, kind: type[S], key: ObjectKey) -> Stored[S]:
        """Read one live. Raises NotFoundError."""
        ...

    def pages(
        self, kind: type[S], namespace: str | None, *, labels: str = "", fields: str = ""
    ) -> AsyncIterator[StoredPage[S]]:
        """List a kind in one namespace or in all, by pages. Raises ResourceExpiredError if a page came too late."""
        ...

    async def create(self, kind: type[S], key: ObjectKey, spec: Json, *, replaces: str = "") -> Stored[S]:
        """Create an object; `replaces` names the token that it is to replace. Raises AlreadyExistsError."""
        ...

    async def patch(self, stored: Stored[S], spec: Json, *, as_read: bool = False) -> Stored[S]:
        """Merge these fields into the spec of that very object (RFC 7386).

        Raises ConflictError if another has the name, or, with `as_read`, if it was written since it was read.
        """
        ...

    async def delete(self, stored: Stored[S], *, as_read: bool = False) -> Stored[S] | None:
        """Delete that very object. Returns it where it still stands, held by finalizers; None where it is gone.

        Raises ConflictError if another has the name, or, with `as_read`, if it was written since it was read.
        """
        ...

    async def may(self, right: Right, namespace: str) -> bool:
        """Whether the API server's RBAC allows it."""
        ...

    async def has_namespace(self, name: str) -> bool | None:
        """Whether there is a namespace of that name; None where one may not look."""
        ...

    async def has_account(self, key: ObjectKey) -> bool | None:
        """Whether there is such a ServiceAccount; None where one may not look."""
        ...
