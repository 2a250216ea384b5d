"""A console over objects that keep their state, and a browser that is signed in to it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pharia_access.entrypoints.console.app import Console, console_app
from pharia_access.entrypoints.console.desk import Desk, Neighbors
from pharia_access.entrypoints.console.opening import OnceKey
from pharia_access.kube.administration.summarized_objects import SummarizedObjects
from tests.support.administration.contexts import context_of
from tests.support.administration.credential_cluster import a_cluster
from tests.support.administration.fake_neighbors import FakeNeighbors
from tests.support.administration.fake_rights import FakeRights
from tests.support.console.browser import BASE, HOST, Browser

if TYPE_CHECKING:
    from collections.abc import Callable

    from pharia_access.services.administration.context import Context
    from pharia_access.services.administration.live import LiveViews
    from tests.support.administration.fake_objects import FakeObjects

__all__ = ["Opened", "a_console", "signed_in"]


@dataclass(slots=True)
class Opened:
    """A console.

    Attributes:
        touches: one for each time that a person did something.
    """

    objects: FakeObjects
    console: Console
    browser: Browser
    neighbors: FakeNeighbors
    touches: list[int] = field(default_factory=list)

    def another_browser(self) -> Browser:
        return Browser(self.browser.app)


def a_console(
    objects: FakeObjects | None = None,
    access: FakeRights | None = None,
    views: Callable[[], LiveViews] | None = None,
) -> Opened:
    """A console that nobody is signed in to."""
    there = a_cluster() if objects is None else objects
    neighbors = FakeNeighbors()
    around = Neighbors(neighbors, neighbors, neighbors, access or FakeRights())
    desk = Desk(context_of(there), _rehearsed(there), around, "anna", " --context test", views)
    touches: list[int] = []
    console = Console(desk, OnceKey(there), base=BASE, touched=lambda: touches.append(1))
    app = console_app(console, frozenset({HOST, "localhost:8123"}))
    return Opened(there, console, Browser(app), neighbors, touches)


def _rehearsed(objects: FakeObjects) -> Context:
    """The same objects; what is written is judged, and not kept."""

    class Rehearsal:
        """Answers `JsonObjects.create` only."""

        @staticmethod
        async def create(body: dict[str, Any]) -> dict[str, Any]:
            return await replace(objects, bodies=dict(objects.bodies)).create(body)

    judged: Any = Rehearsal
    return replace(context_of(objects, dry_run=True), objects=SummarizedObjects(judged))


async def signed_in(
    objects: FakeObjects | None = None,
    access: FakeRights | None = None,
    views: Callable[[], LiveViews] | None = None,
) -> Opened:
    """A console with a browser that used the key."""
    opened = a_console(objects, access, views)
    received = await opened.browser.post("/open", {"key": opened.console.key.text})
    assert received.status == 200, received.text
    return opened
