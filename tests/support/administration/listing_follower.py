"""A cluster's objects as somebody follows them: listed once, as the person may, and nothing is told later."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pharia_access.errors import ApiError, ForbiddenError
from tests.support.administration.contexts import context_of
from tests.support.administration.fake_objects import FakeObjects
from tests.support.administration.played_follower import PlayedFollower

if TYPE_CHECKING:
    from pharia_access.services.administration.live_kinds import LiveKind

__all__ = ["ListingFollower"]


@dataclass(slots=True)
class ListingFollower(PlayedFollower):
    """Lists these objects.

    Attributes:
        going_on: a list stops before its last object until this is set.
    """

    objects: FakeObjects = field(default_factory=FakeObjects)
    going_on: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.going_on.set()

    async def follow(self, kind: type[Any], namespace: str | None, live: LiveKind[Any]) -> None:
        try:
            async for page in context_of(self.objects).objects.pages(kind, namespace):
                live.expect(page.left + len(live.items) + len(page.items))
                if not page.left:
                    await self.going_on.wait()
                for item in page.items:
                    live.put(item.summary)
        except ForbiddenError:
            live.broke()
            live.forbidden()
        except ApiError:
            live.broke()
        else:
            await PlayedFollower.follow(self, kind, namespace, live)
