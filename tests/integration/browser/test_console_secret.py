"""A secret in a browser: once, on the page alone, byte for byte; what goes wrong leaves it to be collected."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tools.browser.chromium import go_back, listened
from tools.browser.console_visitor import ConsoleVisitor

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Browser, Page

    from tools.browser.console_process import RunningConsole
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("minting", "credential")

PAGE = (
    "() => document.documentElement.outerHTML + JSON.stringify([{...sessionStorage}, {...localStorage}, history.state])"
)


@pytest.fixture
def credential(workspace: Workspace) -> None:
    """The credential invoice-bot."""
    workspace.credential()


def secret_of(workspace: Workspace, name: str = "ci") -> str:
    """What is in the one-time Secret, without which this fails."""
    return workspace.text(f"{name}-token").reveal()


async def test_the_secret_is_in_the_answer_to_our_script_and_nowhere_else(
    browser: Browser, console: RunningConsole, workspace: Workspace, tmp_path: Path
) -> None:
    har = tmp_path / "all.har"
    context = await browser.new_context(record_har_path=har, permissions=["clipboard-read", "clipboard-write"])
    page = await context.new_page()
    heard = listened(page)
    await console.open(page)
    anna = ConsoleVisitor(page, console.home, workspace.namespace)

    await anna.create_token("invoice-bot", "ci")
    secret = secret_of(workspace)
    shown = await page.evaluate(PAGE)
    await anna.copy_secret()
    kept = [await page.evaluate(PAGE), json.dumps([dict(cookie) for cookie in await context.cookies()])]
    await context.close()

    entries = json.loads(har.read_text())["log"]["entries"]
    holders = [entry["request"]["url"] for entry in entries if secret in json.dumps(entry)]
    assert holders == [anna.address("tokens", "ci", "secret")]
    assert [text for text in [shown, *kept, *heard.console, *heard.requests, console.output] if secret in text] == []


async def test_a_copied_secret_is_the_token_byte_for_byte(anna: ConsoleVisitor, workspace: Workspace) -> None:
    await anna.create_token("invoice-bot", "ci")
    secret = secret_of(workspace)

    assert await anna.copy_secret() == secret
    workspace.until_gone("Secret", "ci-token")


async def test_it_can_be_copied_as_the_line_of_a_settings_file(anna: ConsoleVisitor, workspace: Workspace) -> None:
    await anna.create_token("invoice-bot", "ci")
    secret = secret_of(workspace)

    await anna.page.get_by_label("as AA_API_TOKEN=…").check()

    assert await anna.copy_secret() == f"AA_API_TOKEN={secret}"


async def test_a_token_in_a_search_becomes_no_address(anna: ConsoleVisitor, workspace: Workspace) -> None:
    await anna.create_token("invoice-bot", "ci")
    secret = secret_of(workspace)
    await anna.copy_secret()
    page, sent = anna.page, list[str]()
    await page.goto(anna.address("credentials"))
    page.on("request", lambda request: sent.append(f"{request.url} {request.post_data}"))

    for field in ("#q", "#namespace"):
        await page.locator(field).fill(secret[:63])
        await page.locator(field).press("Enter")

        await page.locator("#notice", has_text="The field held the text of a token").wait_for()
        assert await page.locator(field).input_value() == ""
        assert secret[:32] not in await page.content()
    # The browser asks for a page's icon when it likes, and the script for the page where it is live.
    assert [request for request in sent if secret[24:56] in request] == []
    assert page.url == anna.address("credentials")


async def test_it_is_masked_until_somebody_asks(anna: ConsoleVisitor, workspace: Workspace) -> None:
    await anna.create_token("invoice-bot", "ci")
    secret, shown = secret_of(workspace), anna.page.locator("#secret-text")
    assert secret not in await anna.page.content()

    await anna.button("Reveal").click()
    assert await shown.inner_text() == secret

    await anna.button("Hide").click()
    assert secret not in await anna.page.content()


async def test_after_it_was_copied_no_page_shows_it(anna: ConsoleVisitor, workspace: Workspace) -> None:
    await anna.create_token("invoice-bot", "ci")
    await anna.copy_secret()
    workspace.until_delivery("ci", "Collected")

    await anna.page.goto(anna.address("tokens", "ci") + "?secret=show")

    assert await anna.page.locator("dialog").count() == 0
    assert await anna.page.locator("#secret-words").inner_text() == "You stored it. It cannot be shown again."


@pytest.mark.parametrize("copied", [True, False], ids=["copied", "left behind"])
async def test_back_shows_none_with_the_cache_on(anna: ConsoleVisitor, workspace: Workspace, *, copied: bool) -> None:
    page = anna.page
    await anna.create_token("invoice-bot", "ci")
    secret = secret_of(workspace)
    await anna.button("Reveal").click()
    if copied:
        await anna.copy_secret()
    else:
        page.on("dialog", lambda dialog: dialog.accept())
    await page.goto(anna.address("credentials"))

    await go_back(page)

    await page.locator("#secret-title").wait_for()
    assert secret not in await page.content()


async def test_copying_that_fails_is_told_and_leaves_the_secret(
    browser: Browser, console: RunningConsole, workspace: Workspace
) -> None:
    context = await browser.new_context(permissions=[])
    page = await context.new_page()
    await page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error('denied'))")
    await console.open(page)
    anna = ConsoleVisitor(page, console.home, workspace.namespace)
    await anna.create_token("invoice-bot", "ci")

    await anna.button("Copy secret and close dialog").click()
    await page.get_by_text("Copying did not work.").wait_for()

    assert secret_of(workspace)
    await anna.button("Reveal").click()
    assert await page.locator("#secret-text").inner_text() == secret_of(workspace)
    await anna.button("I have stored it").click()
    await page.get_by_text("The secret is stored").wait_for()
    workspace.until_gone("Secret", "ci-token")


async def test_who_leaves_without_copying_is_asked_and_may_come_back(
    anna: ConsoleVisitor, workspace: Workspace
) -> None:
    await anna.create_token("invoice-bot", "ci")

    await anna.page.keyboard.press("Escape")
    assert (await anna.page.locator("#leaving").inner_text()).startswith("You have not copied it. Close anyway?")
    await anna.button("Close anyway").click()

    assert secret_of(workspace)
    await anna.button("Show secret").click()
    await anna.until_secret()
    assert await anna.copy_secret()


async def test_somebody_else_s_collection_is_told(anna: ConsoleVisitor, workspace: Workspace) -> None:
    await anna.create_token("invoice-bot", "ci")
    workspace.delete(workspace.known("Secret", "ci-token"))
    workspace.until_delivery("ci", "Collected")

    anna.page.on("dialog", lambda dialog: dialog.accept())
    await anna.page.goto(anna.address("tokens", "ci"))

    told = await anna.page.locator("#secret-words").inner_text()
    assert told == "The secret was taken by somebody else. If that was not you: revoke it."


async def filled(anna: ConsoleVisitor, page: Page) -> None:
    """The form for a token, ready to be sent."""
    await page.goto(anna.address("credentials", "invoice-bot", "new-token"))
    await page.get_by_label("Name", exact=True).fill("ci")


async def sent(page: Page) -> None:
    """The form was sent, and led to the token."""
    await page.get_by_role("button", name="Create token and show secret").click()
    await page.wait_for_url(re.compile("/tokens/ci"))


async def test_a_double_click_makes_one_token(anna: ConsoleVisitor, workspace: Workspace) -> None:
    await filled(anna, anna.page)

    await anna.button("Create token and show secret").dblclick()
    await anna.until_secret()

    assert len(workspace.list("ApiToken")) == 1
    assert await anna.copy_secret()


async def test_a_reload_makes_one_token(anna: ConsoleVisitor, workspace: Workspace) -> None:
    anna.page.on("dialog", lambda dialog: dialog.accept())
    await filled(anna, anna.page)
    await sent(anna.page)

    await anna.page.reload()
    await anna.until_secret()

    assert len(workspace.list("ApiToken")) == 1
    assert await anna.copy_secret()


async def test_back_and_sent_again_makes_one_token(anna: ConsoleVisitor, workspace: Workspace) -> None:
    anna.page.on("dialog", lambda dialog: dialog.accept())
    await filled(anna, anna.page)
    await sent(anna.page)

    await go_back(anna.page)
    await anna.page.get_by_label("Name", exact=True).fill("ci")
    await sent(anna.page)
    await anna.until_secret()

    assert len(workspace.list("ApiToken")) == 1
    assert await anna.copy_secret()


async def test_two_tabs_make_one_token(anna: ConsoleVisitor, workspace: Workspace) -> None:
    other = await anna.page.context.new_page()
    for tab in (anna.page, other):
        await filled(anna, tab)

    await sent(anna.page)
    await sent(other)
    await anna.until_secret()

    assert len(workspace.list("ApiToken")) == 1
