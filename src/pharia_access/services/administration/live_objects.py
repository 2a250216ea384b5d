"""Lists for pages that look at what is followed: that is not listed once more.

Nothing is decided by these: whoever changes something reads live.
"""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from pharia_access.domain.administration.stored import Json, Right, Stored, StoredPage
from pharia_access.domain.administration.summaries import CredentialSummary, RoleSummary, TokenSummary
from pharia_access.domain.administration.workload_tokens import WorkloadSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import ApiError
from pharia_access.services.administration.live import LiveViews
from pharia_access.services.administration.live_kinds import LiveKind, Reach
from pharia_access.services.administration.objects import Objects
from pharia_access.services.ports import Clock

__all__ = ["AheadClock", "LiveObjects", "ReviewedObjects"]

S = TypeVar("S", TokenSummary, CredentialSummary, RoleSummary, WorkloadSummary)

_BY_CREDENTIAL: Final = "spec.credentialRef.name="


class AheadClock:
    """Answers `Clock`: the API server's time, as far as it is known."""

    def __init__(self, clock: Clock, views: LiveViews) -> None:
        self._clock = clock
        self._views = views

    def now(self) -> datetime:
        """The API server's clock."""
        return self._clock.now() + timedelta(seconds=self._views.ahead_seconds)

    def monotonic(self) -> float:
        """This machine's."""
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._clock.sleep(seconds)


class LiveObjects:
    """Answers `Objects`. A listed object has its summary only, and an empty body."""

    def __init__(self, objects: Objects, views: LiveViews) -> None:
        self._objects = objects
        self._views = views

    async def pages(
        self, kind: type[S], namespace: str | None, *, labels: str = "", fields: str = ""
    ) -> AsyncIterator[StoredPage[S]]:
        """List what is followed from there, and anything else from the API server."""
        known = None if labels else await self._known(kind, namespace)
        if known is None or not (fields.startswith(_BY_CREDENTIAL) or not fields):
            async for page in self._objects.pages(kind, namespace, labels=labels, fields=fields):
                yield page
            return
        credential = fields.removeprefix(_BY_CREDENTIAL)
        found = [item for item in known.items.values() if not credential or item.credential == credential]
        yield StoredPage([_stored(item) for item in sorted(found, key=lambda item: item.key)])

    async def _known(self, kind: type[S], namespace: str | None) -> LiveKind[Any] | None:
        """The kind there, while its changes arrive."""
        known = self._views.find(kind, namespace)
        return known if known is not None and known.current else None

    async def read(self, kind: type[S], key: ObjectKey) -> Stored[S]:
        """Read one live."""
        return await self._objects.read(kind, key)

    async def create(self, kind: type[S], key: ObjectKey, spec: Json, *, replaces: str = "") -> Stored[S]:
        """Create one."""
        return await self._objects.create(kind, key, spec, replaces=replaces)

    async def patch(self, stored: Stored[S], spec: Json, *, as_read: bool = False) -> Stored[S]:
        """Patch one."""
        return await self._objects.patch(stored, spec, as_read=as_read)

    async def delete(self, stored: Stored[S], *, as_read: bool = False) -> Stored[S] | None:
        """Delete one."""
        return await self._objects.delete(stored, as_read=as_read)

    async def may(self, right: Right, namespace: str) -> bool:
        """Ask live."""
        return await self._objects.may(right, namespace)

    async def has_namespace(self, name: str) -> bool | None:
        """Ask live."""
        return await self._objects.has_namespace(name)

    async def has_account(self, key: ObjectKey) -> bool | None:
        """Ask live."""
        return await self._objects.has_account(key)


class ReviewedObjects(LiveObjects):
    """The same for somebody who looks for themselves: only what is watched, and only while they may list it.

    A watch outlives the right to it. So the API server says each time whether the person may list this now, which costs
    it less than the list. Who may not, or cannot be told, is answered by the list itself.
    """

    async def _known(self, kind: type[S], namespace: str | None) -> LiveKind[Any] | None:
        known = await super()._known(kind, namespace)
        if known is None or known.reach is not Reach.WATCHED:
            return None
        with suppress(ApiError):
            return known if await self.may(Right("list", known.resource), namespace or "") else None
        return None


def _stored(item: Any) -> Stored[Any]:  # noqa: ANN401 - one of the three kinds
    return Stored({}, lambda _: item)
