"""Open pages follow what happens at the API server, without a reload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.control_plane.workspace import ROLE

if TYPE_CHECKING:
    from playwright.async_api import Page

    from tools.browser.console_visitor import ConsoleVisitor
    from tools.control_plane.workspace import Workspace

LONG_MS = 60_000
"""For a machine that is slower than most; what must be fast is measured in the page."""


async def until_live(page: Page, sentence: str = "Live.") -> None:
    """Wait until the page says that it is."""
    await page.locator("#live").get_by_text(sentence).wait_for(timeout=LONG_MS)


async def test_a_credential_that_somebody_makes_appears_in_the_list(anna: ConsoleVisitor, workspace: Workspace) -> None:
    page = anna.page
    await until_live(page)
    await page.evaluate("() => (window.same = true)")

    workspace.role()
    made = workspace.credential()
    row = page.get_by_role("row").filter(has_text="invoice-bot")
    await row.get_by_text(ROLE).wait_for(timeout=LONG_MS)
    workspace.change(made, {"spec": {"suspended": True}})
    await row.get_by_text("Suspended").wait_for(timeout=LONG_MS)
    workspace.delete(made)
    await page.get_by_text("There are no credentials in").wait_for(timeout=LONG_MS)

    assert await page.evaluate("() => window.same")
