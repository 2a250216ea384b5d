"""A ServiceAccount is let hold a credential, and it is taken away again, by the keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.browser.keyboard import press, reach
from tests.support.browser.live_pages import LONG_MS

if TYPE_CHECKING:
    from tools.browser.console_visitor import ConsoleVisitor
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("minting")


def holders(workspace: Workspace) -> object:
    return workspace.known("ApiCredential", "invoice-bot")["spec"].get("serviceAccounts", [])


async def test_one_is_added_and_taken_away(anna: ConsoleVisitor, workspace: Workspace) -> None:
    workspace.credential()
    page = anna.page
    await page.goto(anna.address("credentials", "invoice-bot"))

    await press(page, "Add a ServiceAccount")
    await anna.titled("Let a ServiceAccount hold invoice-bot")
    await reach(page, "ServiceAccount")
    await page.keyboard.type("app")
    await press(page, "Let it hold invoice-bot")
    await anna.titled("invoice-bot")
    assert holders(workspace) == [{"name": "app"}]
    assert "never seen in use" in await page.locator("#holders").inner_text()

    await press(page, "Take away from app")
    await anna.titled("Take invoice-bot away from app")
    await page.wait_for_function("() => document.activeElement.id === 'cancel'")
    await press(page, "Take it away")
    await anna.titled("invoice-bot")
    assert holders(workspace) == []
    assert await page.locator("#unheld").is_visible()


async def test_a_change_of_the_holders_is_told_on_an_open_form_and_seen_on_the_page(
    anna: ConsoleVisitor, workspace: Workspace
) -> None:
    workspace.credential()
    other = await anna.page.context.new_page()
    await other.goto(anna.address("credentials", "invoice-bot", "new-holder"))
    await anna.page.goto(anna.address("credentials", "invoice-bot"))

    workspace.change(
        workspace.known("ApiCredential", "invoice-bot"), {"spec": {"serviceAccounts": [{"name": "batch"}]}}
    )

    await anna.page.locator("#holders").get_by_text("batch", exact=True).wait_for(timeout=LONG_MS)
    await other.bring_to_front()
    await other.locator("#meanwhile").get_by_text("was changed at").wait_for(timeout=LONG_MS)
