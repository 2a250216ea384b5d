"""Everybody can use the console: axe finds nothing on any screen, a keyboard is enough, and no script need run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.browser.accessibility import findings
from tools.browser.console_visitor import ConsoleVisitor
from tools.control_plane.workspace import ROLE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from playwright.async_api import Browser, BrowserContext, Page

    from tools.browser.console_process import RunningConsole
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("minting")

LOOKS: dict[str, Callable[[Browser], Awaitable[BrowserContext]]] = {
    "light": lambda browser: browser.new_context(color_scheme="light"),
    "dark": lambda browser: browser.new_context(color_scheme="dark"),
    "320 px": lambda browser: browser.new_context(viewport={"width": 320, "height": 640}),
    "forced colors": lambda browser: browser.new_context(forced_colors="active"),
}
SCREENS = (
    ("overview",),
    ("tokens",),
    ("tokens?ends=90d&q=none",),
    ("credentials",),
    ("new-credential",),
    ("credentials", "invoice-bot"),
    ("credentials", "invoice-bot", "roles"),
    ("credentials", "invoice-bot", "suspend"),
    ("credentials", "invoice-bot", "delete"),
    ("credentials", "invoice-bot", "new-token"),
    ("credentials", "none"),
    ("tokens", "ci"),
    ("tokens", "ci", "store"),
    ("tokens", "ci", "rotate"),
    ("tokens", "ci", "end"),
    ("tokens", "ci", "revoke"),
    ("tokens", "ci", "delete"),
    ("roles",),
    ("roles", ROLE),
    ("audit",),
    ("audit?unused=soon",),
    ("look-up",),
    ("look-up?id=aaaaaaaaaaaaaaaa",),
    ("who-may",),
)
FOCUSED = """() => {
  const focused = document.activeElement;
  const name = focused.innerText || focused.ariaLabel || focused.labels?.[0]?.innerText || "";
  return [name, getComputedStyle(focused).outlineStyle];
}"""
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("look", LOOKS)
async def test_no_screen_hinders_anybody(
    look: str, browser: Browser, console: RunningConsole, workspace: Workspace
) -> None:
    workspace.credential()
    workspace.issued()
    context = await LOOKS[look](browser)
    page = await context.new_page()
    await console.open(page)
    anna = ConsoleVisitor(page, console.home, workspace.namespace)

    colors, found = look in {"light", "dark"}, {}
    for screen in SCREENS:
        await page.goto(anna.address(*screen))
        found[screen] = [*await findings(page, colors=colors), *await _sideways(page)]
    for forbidden in ("tokens", "overview"):
        await page.goto(f"{console.home}/{forbidden}")
        found["everywhere", forbidden] = [*await findings(page, colors=colors), *await _sideways(page)]
    await _ask_to_revoke(anna)
    found["the question about many",] = [*await findings(page, colors=colors), *await _sideways(page)]
    await page.goto(f"{console.home}/tokens/ended")
    found["what became of many",] = [*await findings(page, colors=colors), *await _sideways(page)]
    token_id = workspace.known("ApiToken", "ci")["status"]["tokenID"]
    await page.goto(anna.address(f"look-up?id={token_id}"))
    found["a token that was found",] = [*await findings(page, colors=colors), *await _sideways(page)]
    await page.goto(anna.address("tokens", "ci") + "?secret=show")
    await anna.until_secret()
    found["the box",] = [*await findings(page, colors=colors), *await _sideways(page)]
    await page.keyboard.press("Escape")
    found["the box that asks",] = await findings(page, colors=colors)
    await context.close()

    assert {screen: lines for screen, lines in found.items() if lines} == {}


async def _ask_to_revoke(anna: ConsoleVisitor) -> None:
    """Tick a token, as far as the question."""
    await anna.page.goto(anna.address("tokens"))
    await anna.page.get_by_role("checkbox", name="ci", exact=True).check()
    await anna.button("Revoke ticked").click()
    await anna.titled("Revoke 1 token")


async def _sideways(page: Page) -> list[str]:
    """Whether the page is wider than its window."""
    wider = await page.evaluate(WIDER)
    return [f"scrolls sideways by {wider} px"] if wider else []


async def reach(page: Page, name: str) -> None:
    """Press Tab until what has this name is focused, and seen to be."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        words, outline = await page.evaluate(FOCUSED)
        if words.strip() == name:
            assert outline != "none"
            return
    message = f"no Tab reaches {name!r}"
    raise AssertionError(message)


async def test_the_keyboard_alone_tells_the_whole_story(anna: ConsoleVisitor, workspace: Workspace) -> None:
    page = anna.page
    await reach(page, "Create new API credential")
    await page.keyboard.press("Enter")
    await anna.titled("Create new API credential")
    await reach(page, "Name")
    await page.keyboard.type("invoice-bot")
    await reach(page, ROLE)
    await page.keyboard.press("Space")
    await reach(page, "Create credential")
    await page.keyboard.press("Enter")
    await anna.titled("invoice-bot")

    await reach(page, "Create new token")
    await page.keyboard.press("Enter")
    await anna.titled("Add token to invoice-bot")
    await reach(page, "Create token and show secret")
    await page.keyboard.press("Enter")
    await anna.until_secret()
    await page.wait_for_function("() => document.activeElement.id === 'copy'")
    await page.keyboard.press("Enter")
    await page.get_by_text("The secret is in your clipboard.").wait_for()
    (token,) = workspace.list("ApiToken")

    await _deletes(anna, token["metadata"]["name"])
    assert (workspace.list("ApiToken"), workspace.list("ApiCredential")) == ([], [])


async def _deletes(anna: ConsoleVisitor, token: str) -> None:
    """The token and the credential; the way back has the focus until somebody leaves it."""
    page = anna.page
    await reach(page, "Delete")
    await page.keyboard.press("Enter")
    await anna.titled("Delete token")
    await page.wait_for_function("() => document.activeElement.id === 'cancel'")
    await reach(page, "Delete for good")
    await page.keyboard.press("Enter")
    await anna.titled("invoice-bot")
    await reach(page, "Delete credential")
    await page.keyboard.press("Enter")
    await anna.titled("Delete credential")
    await reach(page, "Delete for good")
    await page.keyboard.press("Enter")
    await page.locator("#empty").wait_for()


async def test_without_script_everything_works_but_the_secret_and_the_page_says_what_to_run(
    browser: Browser, console: RunningConsole, workspace: Workspace
) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await console.open_without_script(page)
    anna = ConsoleVisitor(page, console.home, workspace.namespace)

    await anna.create_credential("invoice-bot", ROLE)
    await anna.link("Create new token").click()
    await page.get_by_label("Name", exact=True).fill("ci")
    await anna.button("Create token and show secret").click()
    await anna.titled("ci")
    told = await page.locator("main").inner_text()
    await page.goto(anna.address("credentials", "invoice-bot", "delete"))
    await anna.confirm("Delete for good")
    await page.locator("#empty").wait_for()
    await context.close()

    assert (
        "Without script this page cannot show a secret. Run this in a terminal: kubectl access token collect ci" in told
    )
    assert workspace.list("ApiCredential") == []
