"""Everybody can use the console: axe finds nothing on any screen, a keyboard is enough, and no script need run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.browser.accessibility import findings
from tests.support.browser.keyboard import reach
from tests.support.browser.live_pages import LONG_MS, until_live
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
    ("credentials", "invoice-bot", "new-holder"),
    ("credentials", "invoice-bot", "remove-holder?account=app"),
    ("credentials", "none"),
    ("roles", "none"),
    ("tokens", "No-Name"),
    ("nothing",),
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
    ("workload-tokens",),
    ("new-workload-token",),
)
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("look", LOOKS)
async def test_no_screen_hinders_anybody(
    look: str, browser: Browser, console: RunningConsole, workspace: Workspace
) -> None:
    workspace.credential(serviceAccounts=[{"name": "app"}])
    workspace.issued()
    context = await LOOKS[look](browser)
    page = await context.new_page()
    await console.open(page)
    anna = ConsoleVisitor(page, console.home, workspace.namespace)

    found: dict[tuple[str, ...], list[str]] = {}

    async def judge(*screen: str) -> None:
        colors = look in {"light", "dark"}
        found[screen] = [*await findings(page, colors=colors), *await _sideways(page)]

    for screen in SCREENS:
        await page.goto(anna.address(*screen))
        await judge(*screen)
    for forbidden in ("tokens", "overview"):
        await page.goto(f"{console.home}/{forbidden}")
        await judge("everywhere", forbidden)
    await _through_states(anna, workspace, judge)
    await context.close()

    assert {screen: lines for screen, lines in found.items() if lines} == {}


async def _through_states(anna: ConsoleVisitor, workspace: Workspace, judge: Callable[..., Awaitable[None]]) -> None:
    """What a page shows only once something happened."""
    await _change_meanwhile(anna, workspace)
    await judge("a form whose object changed")
    await _ask_to_revoke(anna)
    await judge("the question about many")
    await anna.page.goto(f"{anna.home}/tokens/ended")
    await judge("what became of many")
    token_id = workspace.known("ApiToken", "ci")["status"]["tokenID"]
    await anna.page.goto(anna.address(f"look-up?id={token_id}"))
    await judge("a token that was found")
    await anna.page.goto(anna.address("tokens", "ci") + "?secret=show")
    await anna.until_secret()
    await judge("the box")
    await anna.page.keyboard.press("Escape")
    await judge("the box that asks")


async def _change_meanwhile(anna: ConsoleVisitor, workspace: Workspace) -> None:
    """A form for roles, whose credential somebody else changes."""
    await anna.page.goto(anna.address("credentials", "invoice-bot", "roles"))
    await until_live(anna.page)
    workspace.change(workspace.known("ApiCredential", "invoice-bot"), {"spec": {"description": "another"}})
    await anna.page.locator("#meanwhile").get_by_text("was changed at").wait_for(timeout=LONG_MS)


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
