"""Texts of strangers on the console's pages stay texts; and whoever only looks changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.browser.asked import SCREENS, path_of
from tests.support.browser.polyglots import POLYGLOTS
from tools.control_plane.workspace import ROLE

if TYPE_CHECKING:
    from playwright.async_api import Page

    from tools.browser.chromium import Heard
    from tools.browser.console_process import RunningConsole
    from tools.browser.console_visitor import ConsoleVisitor
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("minting")

OURS = """(home) => [...document.querySelectorAll("a, form, img, script, link, iframe, object, base, meta[http-equiv]")]
  .map((node) => node.href || node.action || node.src || node.outerHTML)
  .filter((address) => typeof address !== "string" || !address.startsWith(home))"""
HANDLERS = """() => [...document.querySelectorAll("*")]
  .flatMap((node) => node.getAttributeNames().filter((name) => name.startsWith("on") || name === "style"))"""
_MOST_QUERIES = 4
"""Of a list that can be sorted and filtered: all its addresses would be no end."""
RAN = "() => { window.hacked ??= null; return window.hacked }"


async def test_thirty_texts_in_every_field_stay_texts(
    anna: ConsoleVisitor, console: RunningConsole, workspace: Workspace, heard: Heard
) -> None:
    page = anna.page
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    for number, text in enumerate(POLYGLOTS):
        _planted(workspace, number, text)

    await page.goto(anna.address("credentials"))
    shown = await page.locator("main").inner_text()
    wrong = await _wrong(page, console)
    for screen in ("tokens", "overview"):
        await page.goto(anna.address(screen))
        wrong += await _wrong(page, console)
    for number in range(len(POLYGLOTS)):
        for place in (("credentials", f"bot-{number}"), ("tokens", f"token-{number}")):
            await page.goto(anna.address(*place))
            wrong += await _wrong(page, console)

    assert wrong == []
    assert [text for text in POLYGLOTS[:25] if text[:120].strip() not in shown] == []
    assert [url for url in heard.requests if not url.startswith(console.home)] == []
    assert (heard.console, dialogs) == ([], [])


def _planted(workspace: Workspace, number: int, text: str) -> None:
    """A credential and a token that say this wherever they may say anything."""
    marks = {"argocd.argoproj.io/tracking-id": text}
    made = workspace.credential(f"bot-{number}", displayName=text[:128], description=text, roles=[ROLE])
    workspace.change(made, {"metadata": {"annotations": marks}})
    workspace.token(
        f"token-{number}", credentialRef={"name": f"bot-{number}"}, description=text, annotations=marks, ttl="24h"
    )


async def _wrong(page: Page, console: RunningConsole) -> list[str]:
    """What on the page leads elsewhere, or could run."""
    led: list[str] = await page.evaluate(OURS, console.home)
    handlers: list[str] = await page.evaluate(HANDLERS)
    ran = await page.evaluate(RAN)
    return [*map(str, led), *handlers, *([f"{page.url} ran {ran}"] if ran else [])]


async def test_a_text_in_a_form_that_is_refused_comes_back_as_text(
    anna: ConsoleVisitor, subtests: pytest.Subtests
) -> None:
    page = anna.page
    for text in POLYGLOTS[:8]:
        with subtests.test(text):
            await page.goto(anna.address("new-credential"))
            await page.get_by_label("Name", exact=True).evaluate("(field) => field.form.noValidate = true")
            await page.get_by_label("Name", exact=True).fill(text)
            await page.get_by_label("Description (optional)").fill(text)

            await anna.button("Create credential").click()

            await page.get_by_text("Nothing was created.").wait_for()
            assert await page.get_by_label("Description (optional)").input_value() == text
            assert await page.evaluate(HANDLERS) == []


async def test_an_address_with_a_text_is_an_address_of_nothing(anna: ConsoleVisitor, console: RunningConsole) -> None:
    for name in ("..", "%2e%2e%2fx", "a%2fb", "a%0d%0aX:y", "<b>", "A", "a" * 64, "a%00"):
        answer = await anna.page.request.get(anna.address("credentials", name))
        assert answer.status == 404, name
    assert console.process.running


async def test_whoever_only_looks_changes_nothing(
    anna: ConsoleVisitor, console: RunningConsole, control_plane: ControlPlane, workspace: Workspace
) -> None:
    workspace.credential()
    workspace.issued()
    since = control_plane.audit_log.stat().st_size
    before = _stored(workspace)
    seen: set[str] = set()
    waiting = [console.origin + path_of(console, path, workspace.namespace) for path in SCREENS]
    waiting.append(anna.address("tokens", "ci") + "?secret=show&force=yes")

    while waiting:
        url = waiting.pop().partition("#")[0]
        if url in seen or len(seen) > 150 or _asked(url, seen) >= _MOST_QUERIES:
            continue
        seen.add(url)
        answer = await anna.page.request.get(url)
        await anna.page.request.head(url)
        if "html" in answer.headers.get("content-type", ""):
            waiting += await _links(anna.page, url, console)

    assert len(seen) > 15
    assert _stored(workspace) == before
    assert _written(control_plane, since) == []


def _asked(url: str, seen: set[str]) -> int:
    """How often this page was looked at already, under any order and filter."""
    return sum(each.partition("?")[0] == url.partition("?")[0] for each in seen)


def _written(control_plane: ControlPlane, since: int) -> list[str]:
    """What consoles wrote since; a question about rights is sent as if it were an object."""
    events = control_plane.audit_events("pharia-access-console/", since=since)
    writes = [event for event in events if event["verb"] not in {"get", "list", "watch"}]
    paths = [str(event["requestURI"]).partition("?")[0] for event in writes]
    return [path for path in paths if not path.endswith("reviews")]


async def _links(page: Page, url: str, console: RunningConsole) -> list[str]:
    """All that a page leads to, without script."""
    await page.goto(url)
    found: list[str] = await page.evaluate("() => [...document.links].map((link) => link.href)")
    return [link for link in found if link.startswith(console.home)]


def _stored(workspace: Workspace) -> list[object]:
    """What the namespace holds, as people made it: an operator notes what it sees."""
    found = [each["metadata"] for kind in ("ApiCredential", "ApiToken", "Secret") for each in workspace.list(kind)]
    return [(metadata["name"], metadata["uid"], metadata.get("generation")) for metadata in found]
