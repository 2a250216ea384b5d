"""What a person writes is known at once to what their pages look at: a watch tells of it a moment later."""

from collections.abc import AsyncIterator
from typing import TypeVar

from pharia_access.domain.administration.stored import Json, Right, Stored, StoredPage
from pharia_access.domain.administration.summaries import CredentialSummary, RoleSummary, TokenSummary
from pharia_access.domain.administration.workload_tokens import WorkloadSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.services.administration.live import LiveViews
from pharia_access.services.administration.objects import Objects

__all__ = ["ToldObjects"]

S = TypeVar("S", TokenSummary, CredentialSummary, RoleSummary, WorkloadSummary)


class ToldObjects:
    """Answers `Objects`; what the API server says of a write goes into those views too."""

    def __init__(self, objects: Objects, views: LiveViews) -> None:
        self._objects = objects
        self._views = views

    async def read(self, kind: type[S], key: ObjectKey) -> Stored[S]:
        """Read one."""
        return await self._objects.read(kind, key)

    def pages(
        self, kind: type[S], namespace: str | None, *, labels: str = "", fields: str = ""
    ) -> AsyncIterator[StoredPage[S]]:
        """List them."""
        return self._objects.pages(kind, namespace, labels=labels, fields=fields)

    async def create(self, kind: type[S], key: ObjectKey, spec: Json, *, replaces: str = "") -> Stored[S]:
        """Create one."""
        stored = await self._objects.create(kind, key, spec, replaces=replaces)
        self._views.put(stored.summary)
        return stored

    async def patch(self, stored: Stored[S], spec: Json, *, as_read: bool = False) -> Stored[S]:
        """Patch one."""
        patched = await self._objects.patch(stored, spec, as_read=as_read)
        self._views.put(patched.summary)
        return patched

    async def delete(self, stored: Stored[S], *, as_read: bool = False) -> Stored[S] | None:
        """Delete one."""
        standing = await self._objects.delete(stored, as_read=as_read)
        if standing is None:
            self._views.drop(stored.summary)
        else:
            self._views.put(standing.summary)
        return standing

    async def may(self, right: Right, namespace: str) -> bool:
        """Ask."""
        return await self._objects.may(right, namespace)

    async def has_namespace(self, name: str) -> bool | None:
        """Ask."""
        return await self._objects.has_namespace(name)

    async def has_account(self, key: ObjectKey) -> bool | None:
        """Ask."""
        return await self._objects.has_account(key)
