"""A token that somebody found: the browser finds its ID in the text, and sends nothing else of it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.token import mint
from tests.support.browser.asked import asked_by_console
from tools.browser.console_visitor import ConsoleVisitor

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Request

    from tools.browser.console_process import RunningConsole
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("minting")

CAUGHT = "The field held the text of a token"
FIELDS = {
    ("credentials",): ("#q", "#namespace"),
    ("new-credential",): ("#name", "#display-name", "#description"),
    ("credentials", "invoice-bot", "new-token"): ("#description",),
    ("tokens", "ci", "revoke"): ("#reason",),
    ("audit",): ("#unused", "#longest"),
}
"""Fields of pages, by the page: one of each kind of form."""


def pieces(text: str) -> list[str]:
    """All that is longer than an ID."""
    return [text[start : start + 17] for start in range(len(text) - 16)]


def sent_by(page: Page) -> list[str]:
    """What the page sends from now on: addresses, headers and bodies."""
    sent: list[str] = []

    def write_down(request: Request) -> None:
        sent.append(f"{request.method} {request.url} {request.headers} {request.post_data}")

    page.on("request", write_down)
    return sent


def leaked(text: str, sent: list[str]) -> list[str]:
    return [line for line in sent if any(piece in line for piece in pieces(text))]


async def test_only_the_id_of_a_found_text_is_sent(
    anna: ConsoleVisitor, workspace: Workspace, control_plane: ControlPlane, console: RunningConsole
) -> None:
    text = workspace.issued_text()
    token_id = text.split("_")[1]
    page = anna.page
    await page.goto(anna.address("look-up"))
    sent, since = sent_by(page), control_plane.audit_log.stat().st_size

    await page.get_by_label("Found text").fill(f'{{"error": "refused\\n{text}"}}')
    await anna.button("Look up").click()
    await page.get_by_text("The text did not leave this browser.").wait_for()

    told = await page.locator("main").inner_text()
    assert "Token ci" in told
    assert "invoice-bot" in told
    assert [line for line in sent if f"id={token_id} " in line]
    assert leaked(text, [*sent, page.url, await page.content(), console.output]) == []
    assert leaked(text, asked_by_console(control_plane, since)) == []
    assert await page.get_by_label("Found text").input_value() == ""


async def test_a_found_token_is_revoked_by_two_clicks(anna: ConsoleVisitor, workspace: Workspace) -> None:
    text = workspace.issued_text()
    await anna.page.goto(anna.address("look-up"))
    await anna.page.get_by_label("Found text").fill(text)
    await anna.page.keyboard.press("Enter")

    await anna.link("Revoke now").click()
    await anna.titled("Revoke ci")
    await anna.confirm("Revoke for good")

    await anna.page.get_by_text("Token ci was revoked.").wait_for()
    assert workspace.known("ApiToken", "ci")["spec"]["revoked"] is True


async def test_what_is_no_whole_token_is_not_sent(anna: ConsoleVisitor) -> None:
    text = mint("pharia", secrets.token_bytes).reveal()
    page = anna.page
    await page.goto(anna.address("look-up"))
    sent, found = sent_by(page), page.get_by_label("Found text")

    for wrong in (text[:-1], text[1:], text[:-1] + ("0" if text[-1] != "0" else "1"), f"{text}x", "invoice-bot"):
        await found.fill(wrong)
        await anna.button("Look up").click()
        await page.locator("#found-told", has_text="This is no whole token").wait_for()
        assert await found.input_value() == ""
        await page.locator("#found-told").evaluate("(told) => { told.textContent = '' }")

    # The browser asks for a page's icon when it likes.
    assert [line for line in sent if "/static/icon" not in line] == []


async def test_the_script_knows_a_token_as_the_verifier_does(anna: ConsoleVisitor) -> None:
    await anna.page.goto(anna.address("look-up"))
    texts = [mint("pharia", secrets.token_bytes) for _ in range(200)]

    found = await anna.page.evaluate("(texts) => texts.map(idOf)", [text.reveal() for text in texts])

    assert found == [text.token_id for text in texts]


async def test_a_token_pasted_into_any_field_goes_nowhere(anna: ConsoleVisitor, workspace: Workspace) -> None:
    text = workspace.issued_text()
    page = anna.page
    sent = sent_by(page)

    for screen, fields in FIELDS.items():
        await page.goto(anna.address(*screen))
        for field in fields:
            await page.locator(field).fill(f"found: {text}")
            await page.locator("#notice", has_text=CAUGHT).wait_for()
            assert await page.locator(field).input_value() == "", (screen, field)
            await page.locator(field).press("Enter")
            assert page.url == anna.address(*screen), field

    assert leaked(text, sent) == []
    assert [line for line in sent if line.startswith("POST") and "/meanwhile?" not in line] == []


async def test_without_script_no_field_takes_the_text_and_the_page_says_what_to_run(
    browser: Browser, console: RunningConsole, workspace: Workspace
) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await console.open_without_script(page)
    await page.goto(ConsoleVisitor(page, console.home, workspace.namespace).address("look-up"))

    told = await page.locator("main").inner_text()
    shown = await page.locator("#found").is_visible()
    await context.close()

    assert not shown
    assert f"kubectl access token whois --stdin -n {workspace.namespace}" in told
