"""The streams of open pages: how many, until when, with which rights, and for nobody else."""

from __future__ import annotations

import asyncio
import http.client
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from tests.support.browser.live_pages import LONG_MS, marked, until_live
from tests.support.browser.raw_requests import ask
from tools.browser.console_process import start_console
from tools.browser.console_visitor import ConsoleVisitor
from tools.control_plane.api import Api, rule

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import BrowserContext

    from tools.browser.console_process import RunningConsole
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

GROUP = "access.pharia.ai"


async def test_a_console_that_ended_is_told(anna: ConsoleVisitor, console: RunningConsole) -> None:
    await marked(anna.page)

    console.process.stop()

    await anna.page.locator("#live").get_by_text("The console has stopped.").wait_for(timeout=LONG_MS)


async def test_signing_out_ends_the_stream_of_every_tab(anna: ConsoleVisitor, key: str) -> None:
    page = anna.page
    other = await page.context.new_page()
    await other.goto(page.url)
    await marked(other)

    await page.get_by_role("button", name="Sign out").click()

    await other.locator("#live").get_by_text("You are signed out.").wait_for(timeout=LONG_MS)
    assert key


CLOSED = "() => document.getElementById('live').textContent.startsWith('You are signed out.')"


async def test_signing_out_closes_a_stream_and_spends_a_copied_cookie_within_a_second(
    anna: ConsoleVisitor, console: RunningConsole, key: str
) -> None:
    page, listening = anna.page, Stream(console, anna.address("live"), key)
    other = await page.context.new_page()
    await other.goto(anna.address("tokens"))
    await until_live(other)
    await asyncio.to_thread(listening.until, b"Live.")

    began = time.monotonic()
    await page.get_by_role("button", name="Sign out").click()
    ended = await asyncio.to_thread(listening.until_closed) - began
    await other.wait_for_function(CLOSED, timeout=LONG_MS)
    cookie = ("Cookie", f"pharia_access_console={key}")
    headers = [("Host", f"127.0.0.1:{console.port}"), cookie]
    copied = ask(console.port, anna.address("credentials").removeprefix(console.origin), headers).status

    assert ended < 1
    assert copied == HTTPStatus.FORBIDDEN


class Stream:
    """Somebody who copied the cookie, and listens."""

    def __init__(self, console: RunningConsole, address: str, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", console.port, timeout=30)
        headers = {"Cookie": f"pharia_access_console={key}", "Accept": "text/event-stream"}
        self._connection.request("GET", address.removeprefix(console.origin), headers=headers)
        self._answer = self._connection.getresponse()

    def until(self, words: bytes) -> None:
        """Read until it says so."""
        while words not in (line := self._answer.readline()):
            assert line, "the stream ended"

    def until_closed(self) -> float:
        """Read to its end; when that was, by `time.monotonic`."""
        while self._answer.readline():
            pass
        self._connection.close()
        return time.monotonic()


async def test_who_has_no_session_or_asks_from_elsewhere_hears_nothing(
    anna: ConsoleVisitor, console: RunningConsole, key: str
) -> None:
    stream = anna.address("live").removeprefix(console.origin)
    host, accept = ("Host", f"127.0.0.1:{console.port}"), ("Accept", "text/event-stream")
    cookie = ("Cookie", f"pharia_access_console={key}")

    answers = [
        ask(console.port, stream, headers).status
        for headers in [
            [host, accept],
            [host, accept, cookie, ("Sec-Fetch-Site", "same-site")],
            [host, ("Accept", "text/html"), cookie],
        ]
    ]

    assert answers == [HTTPStatus.FORBIDDEN] * 3


async def test_fifty_tabs_load_and_the_one_in_front_is_live(
    anna: ConsoleVisitor, workspace: Workspace, context: BrowserContext
) -> None:
    tabs = [anna.page]
    for _ in range(49):
        tab = await context.new_page()
        await tab.goto(anna.address("credentials"), wait_until="domcontentloaded", timeout=LONG_MS)
        tabs.append(tab)

    last = ConsoleVisitor(tabs[-1], anna.home, anna.namespace)
    await until_live(last.page)
    workspace.credential()
    await last.link("invoice-bot").wait_for(timeout=LONG_MS)

    assert [await tab.title() for tab in tabs] == ["Credentials - Access"] * 50


@pytest.mark.parametrize(
    ("verbs", "sentence"),
    [
        (["get", "list"], f"you may not watch tokens here (verb watch on apitokens.{GROUP})"),
        ([], f"you may not list them here (verb list on apitokens.{GROUP})"),
    ],
    ids=["watch", "list"],
)
async def test_the_right_that_is_missing_is_named_and_the_rest_is_shown(
    verbs: list[str],
    sentence: str,
    control_plane: ControlPlane,
    workspace: Workspace,
    context: BrowserContext,
    tmp_path: Path,
) -> None:
    user = f"narrow-{workspace.namespace}"
    rules = [rule(GROUP, "apicredentials", "get", "list", "watch")]
    rules += [rule(GROUP, "apitokens", *verbs)] if verbs else []
    Api(control_plane.kubeconfig).grant(user, workspace.namespace, *rules)
    console = start_console(control_plane, tmp_path / "narrow", f"--namespace={workspace.namespace}", f"--as={user}")
    try:
        page = await context.new_page()
        await console.open(page)
        await page.locator("#live").get_by_text(sentence).wait_for(timeout=LONG_MS)
        workspace.credential()
        await page.get_by_role("link", name="invoice-bot").wait_for(timeout=LONG_MS)
    finally:
        console.process.stop()
