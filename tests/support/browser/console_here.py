"""The console within the test, on a cluster that keeps its state: a defence can be taken out of it."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from pharia_access.entrypoints.console import local
from pharia_access.entrypoints.console.app import Console, console_app
from pharia_access.entrypoints.console.defence import hosts_of
from pharia_access.entrypoints.console.desk import Desk, Neighbors
from pharia_access.entrypoints.console.opening import OnceKey
from tests.support.administration.contexts import context_of
from tests.support.administration.fake_neighbors import FakeNeighbors
from tests.support.administration.fake_rights import FakeRights
from tools.browser.console_process import ConsoleAddress

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pharia_access.services.administration.live import LiveViews
    from tests.support.administration.fake_objects import FakeObjects

__all__ = ["console_here"]


@asynccontextmanager
async def console_here(
    objects: FakeObjects, views: Callable[[], LiveViews] | None = None
) -> AsyncIterator[ConsoleAddress]:
    """One that serves until the block ends, to whoever has its link; without `views` its pages are not live."""
    key, base = OnceKey(objects), f"/{secrets.token_urlsafe(16)}"
    neighbors = FakeNeighbors()
    around = Neighbors(neighbors, neighbors, neighbors, FakeRights())
    desk = Desk(context_of(objects), context_of(objects, dry_run=True), around, user="anna", views=views)
    console = Console(desk, key, base=base, touched=lambda: None)
    with local._listening(0) as listener:
        port = listener.getsockname()[1]
        server = local._server(console_app(console, hosts_of(port)))
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield ConsoleAddress(f"http://127.0.0.1:{port}{base}/open#{key.text}")
        finally:
            server.should_exit = True
            await running
