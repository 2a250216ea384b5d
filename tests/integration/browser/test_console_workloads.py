"""Workload tokens in a browser: made, followed while the operator works, rotated, suspended and deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.browser.test_console_accessibility import LOOKS, WIDER
from tests.support.browser.accessibility import findings
from tests.support.browser.keyboard import reach
from tests.support.browser.live_pages import LONG_MS, SAME, marked
from tests.support.operators.workload_places import APP, WorkloadPlace
from tools.browser.console_visitor import ConsoleVisitor

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Browser, Page

    from tools.browser.chromium import Heard
    from tools.browser.console_process import RunningConsole
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("minting")

SCREENS = (
    ("workload-tokens",),
    ("workload-tokens?q=none",),
    ("new-workload-token",),
    ("workload-tokens", APP),
    *(("workload-tokens", APP, act) for act in ("rotate", "suspend", "delete")),
    ("tokens", f"{APP}-1"),
    ("workload-tokens", "none"),
)


@pytest.fixture
def place(workspace: Workspace) -> WorkloadPlace:
    return WorkloadPlace(workspace)


async def creates(anna: ConsoleVisitor) -> None:
    """From the list to the page of a new one."""
    page = anna.page
    await page.goto(anna.address("workload-tokens"))
    await anna.link("Create new workload token").click()
    await page.get_by_label("Name", exact=True).fill(APP)
    await page.get_by_label("Credential", exact=True).fill("invoice-bot")
    await page.get_by_label("Lifetime of each token (optional)").fill("2h")
    await anna.button("Create workload token").click()
    await anna.titled(APP)


async def until_current(page: Page, revision: int) -> None:
    """Wait until the page says by itself that this token is in the Secret."""
    row = page.locator("#tokens").get_by_role("row").filter(has_text=f"{APP}-{revision}")
    await row.get_by_text("in the Secret").wait_for(timeout=LONG_MS)


async def test_one_is_made_and_its_page_follows_it_into_the_secret(
    anna: ConsoleVisitor, place: WorkloadPlace, heard: Heard
) -> None:
    place.workspace.credential()
    page = anna.page
    await creates(anna)
    await marked(page)

    await page.get_by_text("Let the operator make its tokens").wait_for(timeout=LONG_MS)
    assert f"kubectl access workload allow {APP} -n" in await page.locator("main").inner_text()
    place.delegate()

    await until_current(page, 1)
    await page.locator("#state").get_by_text("Current").wait_for(timeout=LONG_MS)
    assert await page.evaluate(SAME)
    assert heard.console == []


async def test_a_rotation_shows_both_tokens_and_neither_text(
    browser: Browser, console: RunningConsole, place: WorkloadPlace, tmp_path: Path
) -> None:
    place.ready(ttl="2h")
    first, har = place.text(), tmp_path / "all.har"
    context = await browser.new_context(record_har_path=har)
    page = await context.new_page()
    await console.open(page)
    anna = ConsoleVisitor(page, console.home, place.workspace.namespace)

    await page.goto(anna.address("workload-tokens", APP))
    await anna.link("Rotate").click()
    assert "stays good until" in await page.locator("main").inner_text()
    await anna.confirm("Rotate")
    await until_current(page, 2)
    await page.locator("#tokens").get_by_text("replaced").wait_for(timeout=LONG_MS)
    await context.close()

    everything = har.read_text() + console.output
    assert f"{APP}-2" in everything
    assert [text for text in (first, place.text()) if text.reveal() in everything] == []


async def test_suspended_resumed_and_deleted(anna: ConsoleVisitor, place: WorkloadPlace) -> None:
    place.ready(ttl="2h")
    page = anna.page
    await page.goto(anna.address("workload-tokens", APP))

    await anna.link("Suspend").click()
    await anna.confirm("Suspend")
    await page.get_by_text("yes: no new token is made").wait_for()
    await anna.link("Resume").click()
    await anna.confirm("Resume")
    await anna.link("Delete workload token").click()
    await anna.confirm("Delete for good")

    await page.locator("#empty").wait_for(timeout=LONG_MS)
    place.workspace.until_gone("ApiToken", f"{APP}-1")
    place.workspace.until_gone("Secret", APP)


async def test_the_keyboard_alone_is_enough(anna: ConsoleVisitor, place: WorkloadPlace) -> None:
    place.workspace.credential()
    place.delegate()
    page = anna.page
    for name in ("Workload tokens", "Create new workload token"):
        await reach(page, name)
        await page.keyboard.press("Enter")
        await anna.titled(name)
    await reach(page, "Name")
    await page.keyboard.type(APP)
    await reach(page, "Credential")
    await page.keyboard.type("invoice-bot")
    await page.keyboard.press("Escape")
    await reach(page, "Create workload token")
    await page.keyboard.press("Enter")
    await anna.titled(APP)

    await until_current(page, 1)
    await reach(page, "Delete workload token")
    await page.keyboard.press("Enter")
    await anna.titled("Delete workload token")
    await page.wait_for_function("() => document.activeElement.id === 'cancel'")
    await reach(page, "Delete for good")
    await page.keyboard.press("Enter")
    await page.locator("#empty").wait_for(timeout=LONG_MS)


@pytest.mark.parametrize("look", LOOKS)
async def test_no_screen_hinders_anybody(
    look: str, browser: Browser, console: RunningConsole, place: WorkloadPlace
) -> None:
    place.ready(ttl="2h")
    context = await LOOKS[look](browser)
    page = await context.new_page()
    await console.open(page)
    anna = ConsoleVisitor(page, console.home, place.workspace.namespace)

    colors, found = look in {"light", "dark"}, {}
    for screen in SCREENS:
        await page.goto(anna.address(*screen))
        found[screen] = [*await findings(page, colors=colors), *(["sideways"] if await page.evaluate(WIDER) else [])]
    await context.close()

    assert {screen: lines for screen, lines in found.items() if lines} == {}
