"""The pages over many tokens, roles and rights by the keyboard alone: each is reached, used and left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.browser.keyboard import press, reach
from tools.control_plane.workspace import ROLE

if TYPE_CHECKING:
    from tools.browser.console_visitor import ConsoleVisitor
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("minting")


async def test_many_tokens_are_found_sorted_ticked_and_revoked(anna: ConsoleVisitor, workspace: Workspace) -> None:
    workspace.credential()
    for name in ("alpha", "beta", "other"):
        workspace.issued(name, ttl="48h")
    page = anna.page
    await press(page, "Overview")
    await anna.titled("Overview")
    await press(page, "3 Active")
    await anna.titled("Tokens")
    await reach(page, "Search")
    await page.keyboard.type("ta")
    await press(page, "Filter")
    await page.wait_for_url("**/tokens?q=ta*")
    await press(page, "Name and ID")
    await page.wait_for_url("**sort=*name*")
    await press(page, "Clear")
    await page.wait_for_url("**/tokens")

    for name in ("alpha", "beta"):
        await press(page, name, key="Space")
    await press(page, "Revoke ticked")
    await anna.titled("Revoke 2 tokens")
    await page.wait_for_function("() => document.activeElement.id === 'cancel'")
    await reach(page, "Type 2 to confirm")
    await page.keyboard.type("2")
    await press(page, "Revoke 2 tokens for good")
    await anna.titled("What became of the tokens")

    revoked = {token["metadata"]["name"] for token in workspace.list("ApiToken") if token["spec"].get("revoked")}
    assert revoked == {"alpha", "beta"}


async def test_roles_rights_and_the_audit_are_read(anna: ConsoleVisitor, workspace: Workspace) -> None:
    workspace.credential()
    page = anna.page
    await press(page, "Roles")
    await anna.titled("Roles")
    await press(page, ROLE)
    await page.locator("#holders").wait_for()
    await press(page, "invoice-bot")
    await anna.titled("invoice-bot")
    await press(page, "Who may do what")
    await anna.titled("Who may do what")
    await reach(page, f"What you may do in {workspace.namespace}")
    await press(page, "Audit")
    await anna.titled("Audit")
    await reach(page, "Longest life of a token (optional)")
    await page.keyboard.type("1d")
    await press(page, "All namespaces", key="Space")
    await press(page, "All namespaces", key="Space")
    await press(page, "Look")
    await page.wait_for_url("**/audit?unused=30d&longest=1d")

    assert "NoTokens" in await page.locator("#findings tbody").inner_text()


async def test_a_found_token_is_looked_up_and_revoked(anna: ConsoleVisitor, workspace: Workspace) -> None:
    workspace.credential()
    workspace.issued("ci")
    page = anna.page
    await press(page, "Look up a token")
    await anna.titled("Look up a token")
    await reach(page, "Found text")
    await page.keyboard.type(workspace.known("ApiToken", "ci")["status"]["tokenID"])
    await press(page, "Look up")
    await page.locator(".found").wait_for()
    await press(page, "Revoke now")
    await page.wait_for_function("() => document.activeElement.id === 'cancel'")
    await press(page, "Revoke for good")

    workspace.until("ApiToken", "ci", lambda token: token["spec"].get("revoked", False), "revoked")
