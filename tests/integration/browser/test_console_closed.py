"""A browser closed at each point between the form and the receipt: no secret is lost, no token is made twice."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Error

from pharia_access.domain.argon2id import verify_hash
from pharia_access.domain.token import parse
from tools.browser.console_visitor import ConsoleVisitor

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page, Request

    from tools.browser.console_process import RunningConsole
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("minting")

POINTS = {
    "the form is sent": ("request", r"/new-token$"),
    "the form is answered": ("response", r"/new-token$"),
    "the token's page is asked for": ("request", r"/tokens/ci\?"),
    "the token's page is there": ("response", r"/tokens/ci\?"),
    "its icon is asked for": ("request", r"/icon"),
    "the secret is asked for": ("request", r"/secret$"),
    "the secret is there": ("response", r"/secret$"),
    "the secret is shown": ("press", ""),
    "the secret is revealed": ("press", "Reveal"),
    "the secret is copied": ("press", "Copy secret and close dialog"),
    "the receipt is sent": ("request", r"/collected$"),
    "the receipt is answered": ("response", r"/collected$"),
}
CONFIRMED = ("the secret is copied", "the receipt is sent", "the receipt is answered")
"""From here on the person has the secret, and it may be gone."""


@pytest.mark.parametrize("point", POINTS)
async def test_a_browser_that_is_closed_loses_no_secret(
    point: str, browser: Browser, console: RunningConsole, workspace: Workspace
) -> None:
    workspace.credential()
    context = await browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = await context.new_page()
    await console.open(page)
    anna = ConsoleVisitor(page, console.home, workspace.namespace)
    await page.goto(anna.address("credentials", "invoice-bot", "new-token"))
    await page.get_by_label("Name", exact=True).fill("ci")

    await _closed_at(point, anna, context)

    await _settled(workspace)
    made = workspace.list("ApiToken")
    assert len(made) == 1
    token = workspace.until_outcome("ci", "Active", "Issued")
    if point in CONFIRMED and workspace.read("Secret", "ci-token") is None:
        assert workspace.until_delivery("ci", "Collected")
    else:
        assert verify_hash(token["status"]["hash"], parse(workspace.text("ci-token").reveal()))


async def _closed_at(point: str, anna: ConsoleVisitor, context: BrowserContext) -> None:
    """Go on as a person does, until that point; then the browser is gone, without a word."""
    kind, what = POINTS[point]
    reached = asyncio.Event()

    def look(request: Request) -> None:
        if re.search(what, request.url) and (request.method == "POST" or "new-token" not in request.url):
            reached.set()

    if kind == "request":
        anna.page.on("request", look)
    elif kind == "response":
        anna.page.on("response", lambda response: look(response.request))
    going = asyncio.create_task(_goes_on(anna, what if kind == "press" else None, reached))
    async with asyncio.timeout(60):
        await reached.wait()
    await context.close()
    with suppress(Error):
        await going


async def _goes_on(anna: ConsoleVisitor, last: str | None, reached: asyncio.Event) -> None:
    """Send the form, look at the secret, copy it; `last`: what is pressed at the end, None for all."""
    page: Page = anna.page
    await anna.button("Create token and show secret").click()
    await anna.until_secret()
    if last != "":
        await anna.button("Reveal").click()
    if last in {None, "Copy secret and close dialog"}:
        await anna.button("Copy secret and close dialog").click()
        if last is None:
            await page.get_by_text("The secret is in your clipboard.").wait_for()
    reached.set()


async def _settled(workspace: Workspace) -> None:
    """Give the console the time to finish what it was asked."""
    for _ in range(100):
        if workspace.list("ApiToken"):
            return
        await asyncio.sleep(0.1)
