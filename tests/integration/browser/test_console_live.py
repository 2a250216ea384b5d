"""Open pages follow what happens at the API server, without a reload; what they cannot follow they say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.browser.live_pages import LONG_MS, SAME, marked, until_live
from tools.browser.console_visitor import ConsoleVisitor
from tools.control_plane.workspace import ROLE

if TYPE_CHECKING:
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

AWAY = re.compile(r"Not live since \d\d:\d\d UTC: the API server does not answer")


async def test_a_credential_is_there_changes_and_is_gone_in_the_list(
    anna: ConsoleVisitor, workspace: Workspace
) -> None:
    page = anna.page
    await marked(page)

    workspace.role()
    made = workspace.credential()
    row = page.get_by_role("row").filter(has_text="invoice-bot")
    await row.get_by_text(ROLE).wait_for(timeout=LONG_MS)
    workspace.change(made, {"spec": {"suspended": True}})
    await row.get_by_text("Suspended").wait_for(timeout=LONG_MS)
    workspace.delete(made)
    await page.get_by_text("There are no credentials in").wait_for(timeout=LONG_MS)

    assert await page.evaluate(SAME)


async def test_focus_scroll_and_what_was_typed_stay_while_rows_come(anna: ConsoleVisitor, workspace: Workspace) -> None:
    page = anna.page
    await page.set_viewport_size({"width": 800, "height": 300})
    for number in range(20, 40):
        workspace.credential(f"bot-{number}")
    await page.get_by_role("link", name="bot-39").wait_for(timeout=LONG_MS)
    await marked(page)
    await page.get_by_role("searchbox").fill("half a wo")
    await page.get_by_role("link", name="bot-30").focus()
    before = await page.evaluate("() => document.activeElement.getBoundingClientRect().top")

    workspace.credential("zz-late")
    await page.get_by_role("link", name="zz-late").wait_for(timeout=LONG_MS)
    after = await page.evaluate("() => document.activeElement.getBoundingClientRect().top")
    workspace.credential("aa-early")
    await page.get_by_role("link", name="aa-early").wait_for(timeout=LONG_MS)

    assert after == before
    assert await page.evaluate("() => document.activeElement.textContent") == "bot-30"
    assert await page.get_by_role("searchbox").input_value() == "half a wo"
    assert await page.evaluate(SAME)


@pytest.mark.usefixtures("minting")
async def test_a_token_s_state_changes_on_its_page_and_its_credential_s(
    anna: ConsoleVisitor, workspace: Workspace
) -> None:
    workspace.credential()
    page, other = anna.page, await anna.page.context.new_page()
    await page.goto(anna.address("credentials", "invoice-bot"))
    await marked(page)

    workspace.issued()
    row = page.get_by_role("row").filter(has_text="ci")
    await row.get_by_text("Active", exact=True).wait_for(timeout=LONG_MS)
    await other.goto(anna.address("tokens", "ci"))
    await marked(other)
    workspace.revoke("ci")
    await row.get_by_text("Revoked", exact=True).wait_for(timeout=LONG_MS)
    await other.locator("#state").get_by_text("Revoked", exact=True).wait_for(timeout=LONG_MS)

    assert await other.locator("#revoke").count() == 0
    assert [await page.evaluate(SAME), await other.evaluate(SAME)] == [True, True]


@pytest.mark.usefixtures("minting")
async def test_an_open_secret_stays_whatever_happens_to_its_token(anna: ConsoleVisitor, workspace: Workspace) -> None:
    workspace.credential()
    await anna.create_token("invoice-bot", "ci")
    await anna.button("Reveal").click()
    secret = workspace.text().reveal()
    await marked(anna.page)

    workspace.revoke("ci")
    workspace.until_outcome("ci", "Revoked", "Revoked")
    async with anna.page.expect_response(lambda answer: "tokens/ci" in answer.url, timeout=LONG_MS):
        workspace.change(workspace.known("ApiToken", "ci"), {"spec": {"description": "another"}})
    shown = await anna.page.locator("#secret-text").inner_text()
    await anna.button("Close").click()
    await anna.button("Close anyway").click()
    await anna.page.locator("#state").get_by_text("Revoked", exact=True).wait_for(timeout=LONG_MS)

    assert shown == secret


async def test_a_stopped_api_server_is_told_and_the_page_is_live_again_without_a_reload(
    anna: ConsoleVisitor, workspace: Workspace, control_plane: ControlPlane
) -> None:
    page = anna.page
    workspace.credential()
    row = page.get_by_role("row").filter(has_text="invoice-bot")
    await row.wait_for(timeout=LONG_MS)
    await marked(page)

    control_plane.stop_api_server()
    try:
        await page.locator("#live").get_by_text(AWAY).wait_for(timeout=LONG_MS)
        readable = await row.is_visible()
        off = await page.locator(".actions").first.evaluate("(each) => each.inert")
    finally:
        control_plane.start_api_server()
    await until_live(page)
    workspace.credential("made-later")
    await page.get_by_role("link", name="made-later").wait_for(timeout=LONG_MS)

    assert readable
    assert off
    assert not await page.locator(".actions").first.evaluate("(each) => each.inert")
    assert await page.evaluate(SAME)


LISTS = {"tokens": "#tokens", "overview": "#counts", "audit": "#scope", f"roles/{ROLE}": "#holders"}


async def test_lists_are_readable_while_the_api_server_is_stopped_and_live_again_once_it_answers(
    anna: ConsoleVisitor, workspace: Workspace, control_plane: ControlPlane
) -> None:
    workspace.credential()
    workspace.token("ci")
    tabs = [anna.page, *[await anna.page.context.new_page() for _ in range(3)]]
    for tab, (screen, part) in zip(tabs, LISTS.items(), strict=True):
        await tab.goto(anna.address(*screen.split("/")))
        await tab.locator(part).wait_for(timeout=LONG_MS)
        await marked(tab)

    control_plane.stop_api_server()
    try:
        for tab in tabs:
            await tab.locator("#live").get_by_text(AWAY).wait_for(timeout=LONG_MS)
        readable = [await tab.locator(part).is_visible() for tab, part in zip(tabs, LISTS.values(), strict=True)]
    finally:
        control_plane.start_api_server()
    for tab in tabs:
        await until_live(tab)

    assert readable == [True] * 4
    assert [await tab.evaluate(SAME) for tab in tabs] == [True] * 4
