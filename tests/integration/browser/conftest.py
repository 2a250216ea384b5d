"""What tests in a real browser ask for: Chromium, a console that a person of the namespace started, and its page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from pytest_asyncio import is_async_test

from tests.support.browser.asked import session_key
from tests.support.browser.hostile_site import HostileSite, hostile_site
from tests.support.browser.live_pages import until_settled
from tools.browser.chromium import Heard, chromium, listened
from tools.browser.console_process import RunningConsole, start_console
from tools.browser.console_visitor import ConsoleVisitor
from tools.control_plane.workspace import ROLE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from playwright.async_api import Browser, BrowserContext, Page

    from tests.support.kubectl.rbac_users import RbacUsers
    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests in a browser share the loop that it lives in."""
    for item in items:
        if item.path.parent == Path(__file__).parent and is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium, as people have it: with its back/forward cache. Each test has profiles of its own."""
    async with chromium() as started:
        yield started


@pytest.fixture
def person(workspace: Workspace, rbac_users: RbacUsers) -> str:
    """Who administrates the namespace, and may grant its role."""
    return rbac_users.admin(f"anna-{workspace.namespace}", may_bind=ROLE)


@pytest.fixture(scope="module")
def minting(pool: OperatorPool) -> Iterator[None]:
    """An operator that leaves people half an hour for a secret, as in real life."""
    with pool.alone({"PHARIA_ACCESS_DEFAULT_WINDOW": "30m"}):
        yield


@pytest.fixture
def console(control_plane: ControlPlane, workspace: Workspace, person: str, tmp_path: Path) -> Iterator[RunningConsole]:
    """The console of that person, which nobody has opened yet."""
    running = start_console(control_plane, tmp_path / "console", f"--namespace={workspace.namespace}", f"--as={person}")
    yield running
    running.process.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A browser's profile, which may write to the clipboard and read it."""
    profile = await browser.new_context(permissions=["clipboard-read", "clipboard-write"], locale="en-US")
    yield profile
    await profile.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext, console: RunningConsole) -> Page:
    """A tab on the console's first screen, which is live and asks for nothing more by itself."""
    tab = await context.new_page()
    await console.open(tab)
    await until_settled(tab)
    return tab


@pytest_asyncio.fixture(loop_scope="session")
async def key(page: Page, console: RunningConsole) -> str:
    """The session's key: the cookie of the signed-in tab."""
    return await session_key(page.context, console.home)


@pytest.fixture
def anna(page: Page, console: RunningConsole, workspace: Workspace) -> ConsoleVisitor:
    """The person at that tab."""
    return ConsoleVisitor(page, console.home, workspace.namespace)


@pytest_asyncio.fixture(loop_scope="session")
async def heard(page: Page) -> Heard:
    """What the page tells its console, and asks of servers, from the first screen on."""
    return listened(page)


@pytest.fixture
def elsewhere() -> Iterator[HostileSite]:
    """Another program on a loopback port."""
    with hostile_site() as site:
        yield site
