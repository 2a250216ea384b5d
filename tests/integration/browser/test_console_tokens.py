"""Tokens over namespaces, in a browser: counted, looked for, stored as a file, and ended several at once."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from tools.browser.console_process import RunningConsole, start_console
from tools.browser.console_visitor import ConsoleVisitor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.async_api import Browser, BrowserContext, Page

    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("minting")


_ADDED = "(cell) => getComputedStyle(cell, '::after').content"
_SENT = "(form) => new URLSearchParams(new FormData(form)).toString()"


@pytest.fixture
def console_of_the_cluster(
    control_plane: ControlPlane, workspace: Workspace, tmp_path: Path
) -> Iterator[RunningConsole]:
    """The console of who may list everywhere."""
    running = start_console(control_plane, tmp_path / "whole", f"--namespace={workspace.namespace}")
    yield running
    running.process.stop()


async def names(page: Page, table: str = "tokens") -> list[str]:
    """The tokens of a table, in its order."""
    return [await link.inner_text() for link in await page.locator(f"#{table} tbody th a").all()]


def furnish(workspace: Workspace, *tokens: str) -> None:
    """A credential with these tokens, ready."""
    workspace.credential()
    for token in tokens:
        workspace.issued(token, ttl="48h")


async def test_counts_lead_to_the_tokens_that_they_count(anna: ConsoleVisitor, workspace: Workspace) -> None:
    furnish(workspace, "one", "two")
    workspace.revoke("two")
    workspace.until("ApiToken", "two", lambda token: token["status"]["phase"] == "Revoked", "Revoked")
    page = anna.page

    await anna.link("Overview").click()
    await anna.titled("Overview")
    assert await names(page, "ending") == ["one"]
    await page.get_by_role("link", name="1 End within 7 days").click()
    await anna.titled("Tokens")

    assert await names(page) == ["one"]
    assert "Tokens 1 to 1 of 1; 2 in" in await page.locator("#tokens caption").inner_text()


async def test_tokens_are_looked_for_sorted_and_stored_as_a_file(anna: ConsoleVisitor, workspace: Workspace) -> None:
    furnish(workspace, "alpha", "beta", "other")
    page = anna.page
    await page.goto(anna.address("tokens"))

    await page.get_by_label("Search").fill("ta")
    await anna.button("Filter").click()
    await page.wait_for_url("**/tokens?q=ta")
    await page.locator("#tokens caption", has_text="Tokens 1 to 1 of 1").wait_for()
    assert await names(page) == ["beta"]
    await page.goto(anna.address("tokens") + "?state=active&sort=-name")
    assert await names(page) == ["other", "beta", "alpha"]
    async with page.expect_download() as waited:
        await anna.link("CSV").click()
    stored = await (await waited.value).path()
    with stored.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(io.StringIO(file.read())))

    assert [row["name"] for row in rows] == ["other", "beta", "alpha"]
    hashed = workspace.known("ApiToken", "alpha")["status"]["hash"]
    assert hashed not in stored.read_text(encoding="utf-8")


async def test_who_may_not_list_everywhere_sees_which_right_is_missing(
    anna: ConsoleVisitor, workspace: Workspace, person: str
) -> None:
    furnish(workspace, "one")
    page = anna.page
    await page.goto(anna.address("tokens"))

    await anna.link("all namespaces").click()
    await page.locator("#forbidden").wait_for()

    told = await page.locator("#forbidden").inner_text()
    assert f"{person} may not list tokens in the whole cluster." in told
    assert "This needs the verb list on apitokens.access.pharia.ai" in told
    await page.locator("#only-here").click()
    await page.locator("#tokens").wait_for()
    assert await names(page) == ["one"]


async def test_who_may_list_nothing_is_never_told_that_there_is_nothing(
    context: BrowserContext, control_plane: ControlPlane, workspace: Workspace, tmp_path: Path
) -> None:
    console = start_console(
        control_plane, tmp_path / "nobody", f"--namespace={workspace.namespace}", f"--as=nobody-{workspace.namespace}"
    )
    try:
        page = await context.new_page()
        await console.open(page)
        for screen in ("tokens", "overview"):
            await page.goto(f"{console.home}/namespaces/{workspace.namespace}/{screen}")
            told = await page.locator("main").inner_text()
            assert f"may not list tokens in namespace {workspace.namespace}." in told
            assert "Whether there are tokens is not known." in told
    finally:
        console.process.stop()


async def test_who_may_list_everywhere_sees_all_namespaces_and_may_ask_for_one(
    context: BrowserContext, console_of_the_cluster: RunningConsole, workspace: Workspace
) -> None:
    furnish(workspace, "one")
    page = await context.new_page()
    await console_of_the_cluster.open(page)

    await page.goto(f"{console_of_the_cluster.home}/tokens?namespace={workspace.namespace}")

    assert await names(page) == ["one"]
    assert "in all namespaces" in await page.locator("#tokens caption").inner_text()


async def test_ticked_tokens_are_revoked_together_and_a_second_time_nothing_is_done(
    anna: ConsoleVisitor, console: RunningConsole, workspace: Workspace
) -> None:
    furnish(workspace, "one", "two", "three")
    page = anna.page
    await page.goto(anna.address("tokens"))
    await page.get_by_role("checkbox", name="Tick all on this page").check()
    await page.get_by_role("checkbox", name="three", exact=True).uncheck()
    assert not await page.get_by_role("checkbox", name="Tick all on this page").is_checked()
    await anna.button("Revoke ticked").click()
    await anna.titled("Revoke 2 tokens")
    assert "2 tokens. Used within the last week: 0." in await page.locator("#affected").inner_text()
    await page.get_by_label("Type 2 to confirm").fill("2")
    form = await page.locator("#confirmation").evaluate(_SENT)
    await anna.button("Revoke 2 tokens for good").click()
    await anna.titled("What became of the tokens")

    became = await page.locator("#outcomes tbody td").all_inner_texts()
    revoked = {token["metadata"]["name"] for token in workspace.list("ApiToken") if token["spec"].get("revoked")}
    assert became == ["Revoked", "Revoked"]
    assert revoked == {"one", "two"}
    before = [token["metadata"]["generation"] for token in workspace.list("ApiToken")]
    again = await _sent_again(page, console, form)
    assert "Nothing to revoke" in again
    assert again.count("Stays: it is revoked already.") == len(revoked)
    assert [token["metadata"]["generation"] for token in workspace.list("ApiToken")] == before


async def _sent_again(page: Page, console: RunningConsole, form: str) -> str:
    """The same form once more, as another tab would send it; the page that answers."""
    headers = {"Origin": console.origin, "Content-Type": "application/x-www-form-urlencoded"}
    answer = await page.request.post(f"{console.home}/tokens/ended", data=form, headers=headers)
    return await answer.text()


async def test_the_moment_of_each_time_is_told_with_our_script_and_without(
    browser: Browser, anna: ConsoleVisitor, console_of_the_cluster: RunningConsole, workspace: Workspace
) -> None:
    furnish(workspace, "one")
    ends = workspace.known("ApiToken", "one")["status"]["expiresAt"][:16]
    await anna.page.goto(anna.address("tokens"))
    pointed_at = await anna.page.locator("#tokens td[title]").nth(1).get_attribute("title")
    without = await browser.new_context(java_script_enabled=False)
    page = await without.new_page()
    await console_of_the_cluster.open_without_script(page)
    await page.goto(f"{console_of_the_cluster.home}/namespaces/{workspace.namespace}/tokens")
    written = await page.locator("#tokens td[title]").nth(1).evaluate(_ADDED)
    quiet = await anna.page.locator("#tokens td[title]").nth(1).evaluate(_ADDED)
    await without.close()

    assert pointed_at is not None
    assert pointed_at.startswith(f"{ends.replace('T', ' ')} UTC · ")
    assert f"{ends}Z" in written
    assert quiet == "none"
