"""Debian's Chromium, driven by Playwright, and what a page of it tells that nobody sees."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from playwright.async_api import async_playwright

from tools.debian_programs import debian_program

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Page

__all__ = ["Heard", "chromium", "go_back", "listened"]

_BACK_FORWARD_CACHE_OFF = "--disable-back-forward-cache"  # what Playwright would add, and people's browsers have not


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser with its back/forward cache on. Raises MissingProgramError."""
    program = debian_program("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program, ignore_default_args=[_BACK_FORWARD_CACHE_OFF]
        )
        try:
            yield browser
        finally:
            await browser.close()


@dataclass(slots=True)
class Heard:
    """What a page told its console, and what was asked of servers for it."""

    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @property
    def errors(self) -> list[str]:
        """Everything but remarks: errors of scripts, refusals of the policy, answers that say no."""
        return [line for line in self.console if not line.startswith(("log", "info", "debug"))]


def listened(page: Page) -> Heard:
    """Write down what this page tells from now on."""
    heard = Heard()
    page.on("console", lambda message: heard.console.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: heard.console.append(f"error: {error}"))
    page.on("request", lambda request: heard.requests.append(request.url))
    return heard


async def go_back(page: Page) -> None:
    """Go back in the history, to a page that may come out of the cache: Playwright's own way waits for a load."""
    session = await page.context.new_cdp_session(page)
    history = await session.send("Page.getNavigationHistory")
    entry = history["entries"][history["currentIndex"] - 1]
    await session.send("Page.navigateToHistoryEntry", {"entryId": entry["id"]})
    await page.wait_for_url(entry["url"], wait_until="commit")
    await session.detach()
