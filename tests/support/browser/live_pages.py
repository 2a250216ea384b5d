"""Open pages that follow the cluster, as a test waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re

    from playwright.async_api import Page

__all__ = ["LONG_MS", "SAME", "marked", "until_live", "until_settled"]

LONG_MS = 60_000
"""For a machine that is slower than most."""
SAME = "() => window.same === true"
"""Whether it is the document that was marked."""


async def until_live(page: Page, sentence: str | re.Pattern[str] = "Live.") -> None:
    """Wait until the page says that it is, or what else it says of that."""
    await page.locator("#live").get_by_text(sentence).wait_for(timeout=LONG_MS)


async def marked(page: Page, sentence: str | re.Pattern[str] = "Live.") -> None:
    """Mark the document, once it says so: one that is loaded anew has no mark."""
    await until_live(page, sentence)
    await page.evaluate("() => (window.same = true)")


async def until_settled(page: Page) -> None:
    """Wait until the page is live and was asked for anew: what changed since it was made is on it."""
    await until_live(page)
    await page.locator("main[aria-busy=false]").wait_for(timeout=LONG_MS)
