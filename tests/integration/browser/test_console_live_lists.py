"""Tokens, overview, catalog and audit over all namespaces follow what happens, row by row, without a reload."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.support.browser.live_pages import LONG_MS, SAME, marked, until_live
from tools.browser.console_process import RunningConsole, start_console
from tools.browser.console_visitor import ConsoleVisitor
from tools.control_plane.api import Api, rule
from tools.control_plane.workspace import ROLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.async_api import BrowserContext, Page

    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("minting")

GROUP = "access.pharia.ai"


@pytest.fixture
def everywhere(control_plane: ControlPlane, workspace: Workspace, tmp_path: Path) -> Iterator[RunningConsole]:
    """The console of who may see all namespaces."""
    running = start_console(control_plane, tmp_path / "everywhere", f"--namespace={workspace.namespace}")
    yield running
    running.process.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def root(context: BrowserContext, everywhere: RunningConsole, workspace: Workspace) -> ConsoleVisitor:
    """That person."""
    page = await context.new_page()
    await everywhere.open(page)
    return ConsoleVisitor(page, everywhere.home, workspace.namespace)


async def names(page: Page, table: str = "tokens") -> list[str]:
    return [await link.inner_text() for link in await page.locator(f"#{table} tbody th a").all()]


async def caption(page: Page, words: str) -> None:
    """Wait until the table counts so."""
    await page.locator("#tokens caption").get_by_text(words).wait_for(timeout=LONG_MS)


async def test_a_token_comes_changes_and_goes_in_the_list_of_all_namespaces(
    root: ConsoleVisitor, workspace: Workspace
) -> None:
    workspace.credential()
    workspace.issued("bb")
    workspace.issued("dd")
    page = root.page
    await page.goto(f"{root.home}/tokens?namespace={workspace.namespace}&sort=-name")
    await until_live(page)
    await marked(page)
    await page.get_by_role("checkbox", name=f"{workspace.namespace}/bb", exact=True).check()
    await page.get_by_role("link", name="dd", exact=True).focus()

    workspace.issued("cc")
    await caption(page, "Tokens 1 to 3 of 3")
    came = await names(page)
    await page.locator("#live").get_by_text("Rows on this page: 1 new, 0 gone.").wait_for(timeout=LONG_MS)
    workspace.revoke("cc")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="cc", exact=True))
    await row.get_by_text("Revoked", exact=True).wait_for(timeout=LONG_MS)
    workspace.delete(workspace.known("ApiToken", "cc"))
    await caption(page, "Tokens 1 to 2 of 2")

    assert came == ["dd", "cc", "bb"]
    assert await names(page) == ["dd", "bb"]
    assert await page.get_by_role("checkbox", name=f"{workspace.namespace}/bb", exact=True).is_checked()
    assert await page.evaluate("() => document.activeElement.textContent") == "dd"
    assert await page.evaluate(SAME)


async def test_a_row_that_moves_keeps_its_focus_and_its_tick(root: ConsoleVisitor, workspace: Workspace) -> None:
    workspace.credential()
    for name in ("aa", "bb", "cc"):
        workspace.issued(name)
    page = root.page
    await page.goto(f"{root.home}/tokens?namespace={workspace.namespace}&sort=state")
    await until_live(page)
    await marked(page)
    await page.get_by_role("checkbox", name=f"{workspace.namespace}/aa", exact=True).check()
    await page.get_by_role("link", name="aa", exact=True).focus()

    workspace.revoke("aa")
    row = page.locator("#tokens tbody tr").last
    await row.get_by_text("Revoked", exact=True).wait_for(timeout=LONG_MS)

    assert await names(page) == ["bb", "cc", "aa"]
    assert await page.get_by_role("checkbox", name=f"{workspace.namespace}/aa", exact=True).is_checked()
    assert await page.evaluate("() => document.activeElement.textContent") == "aa"
    assert await page.evaluate(SAME)


async def test_counts_and_what_ends_soon_change_on_the_overview(root: ConsoleVisitor, workspace: Workspace) -> None:
    workspace.credential()
    page, other = root.page, await root.page.context.new_page()
    await page.goto(root.address("overview"))
    await other.goto(f"{root.home}/overview")
    for each in (page, other):
        await until_live(each)
        await marked(each)

    workspace.issued("soon", ttl="1h")
    await page.get_by_role("link", name="1 Active").wait_for(timeout=LONG_MS)
    await page.get_by_role("link", name="1 End within 7 days").wait_for(timeout=LONG_MS)
    await other.get_by_role("link", name=f"{workspace.namespace}/soon", exact=True).wait_for(timeout=LONG_MS)
    workspace.revoke("soon")
    await page.get_by_role("link", name="0 Active").wait_for(timeout=LONG_MS)
    await page.locator("#none-ends").wait_for(timeout=LONG_MS)

    assert [await page.evaluate(SAME), await other.evaluate(SAME)] == [True, True]


async def test_holders_of_a_role_and_the_catalog_change(root: ConsoleVisitor, workspace: Workspace) -> None:
    page, catalog = root.page, await root.page.context.new_page()
    await page.goto(root.address("roles", ROLE))
    await catalog.goto(root.address("roles"))
    for each in (page, catalog):
        await until_live(each)
        await marked(each)
    held = page.locator("#holders tbody tr").filter(has_text=workspace.namespace)

    workspace.credential()
    await held.get_by_text("yes", exact=True).wait_for(timeout=LONG_MS)
    workspace.change(workspace.known("ApiCredential", "invoice-bot"), {"spec": {"suspended": True}})
    await held.get_by_text("no: suspended").wait_for(timeout=LONG_MS)
    made = workspace.role(f"late-{workspace.namespace}")
    await catalog.get_by_role("link", name=f"late-{workspace.namespace}", exact=True).wait_for(timeout=LONG_MS)
    workspace.delete(made)
    await catalog.get_by_role("link", name=f"late-{workspace.namespace}", exact=True).wait_for(
        state="detached", timeout=LONG_MS
    )

    assert [await page.evaluate(SAME), await catalog.evaluate(SAME)] == [True, True]


async def test_a_finding_comes_and_goes_in_the_audit(root: ConsoleVisitor, workspace: Workspace) -> None:
    page = root.page
    await page.goto(f"{root.address('audit')}?everywhere=yes")
    await until_live(page)
    await marked(page)
    found = page.locator("#findings tbody tr").filter(has_text=workspace.namespace)

    made = workspace.credential("idle")
    await found.get_by_text("NoTokens").wait_for(timeout=LONG_MS)
    workspace.delete(made)
    await found.wait_for(state="detached", timeout=LONG_MS)

    assert await page.evaluate(SAME)


@pytest.mark.parametrize("screen", ["tokens", "overview"])
async def test_without_the_right_to_watch_all_is_listed_each_15_seconds_and_said(
    screen: str, control_plane: ControlPlane, workspace: Workspace, context: BrowserContext, tmp_path: Path
) -> None:
    user = f"lists-{screen}-{workspace.namespace}"
    looks = [rule(GROUP, kind, "get", "list") for kind in ("apitokens", "apicredentials")]
    Api(control_plane.kubeconfig).grant_everywhere(user, user, *looks)
    running = start_console(control_plane, tmp_path / "lists", f"--namespace={workspace.namespace}", f"--as={user}")
    workspace.credential()
    try:
        page = await context.new_page()
        await running.open(page)
        await page.goto(f"{running.home}/{screen}")
        said = page.locator("#live")
        await said.get_by_text("Looks every 15 seconds: you may not watch tokens here").wait_for(timeout=LONG_MS)
        await marked(page, f"verb watch on apicredentials.{GROUP}")
        workspace.issued("late", ttl="1h")
        link = page.get_by_role("link", name="late" if screen == "tokens" else f"{workspace.namespace}/late")
        await link.wait_for(timeout=LONG_MS)
        same = await page.evaluate(SAME)
    finally:
        running.process.stop()
        Api(control_plane.kubeconfig).revoke_everywhere(user)

    assert same


async def test_a_hidden_tab_has_no_stream_and_catches_up(root: ConsoleVisitor, workspace: Workspace) -> None:
    page = root.page
    opened: list[str] = []
    page.on("request", lambda request: opened.append(request.url) if "/live?" in request.url else None)
    await page.goto(f"{root.home}/tokens?namespace={workspace.namespace}")
    await until_live(page)
    await marked(page)
    closed = page.wait_for_event("requestfailed", predicate=lambda request: "/live?" in request.url, timeout=LONG_MS)

    await page.evaluate(_HIDDEN.replace("HIDDEN", "true"))
    await closed
    workspace.credential()
    workspace.issued("meanwhile")
    await page.evaluate(_HIDDEN.replace("HIDDEN", "false"))
    await page.get_by_role("link", name="meanwhile", exact=True).wait_for(timeout=LONG_MS)

    assert len(opened) == 2
    assert await page.evaluate(SAME)


_HIDDEN = """() => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => HIDDEN });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


async def test_a_page_whose_object_is_gone_says_so_and_shows_the_next_one_of_its_name(
    root: ConsoleVisitor, workspace: Workspace
) -> None:
    made = workspace.credential()
    page = root.page
    await page.goto(root.address("credentials", "invoice-bot"))
    await until_live(page)
    await marked(page)

    workspace.delete(made)
    await page.get_by_text('There is no credential "invoice-bot" here.').wait_for(timeout=LONG_MS)
    await page.evaluate(_HIDDEN.replace("HIDDEN", "true"))
    await page.evaluate(_HIDDEN.replace("HIDDEN", "false"))
    workspace.until_gone("ApiCredential", "invoice-bot")
    workspace.credential()
    await root.titled("invoice-bot")

    assert await page.evaluate(SAME)
