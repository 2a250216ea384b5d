"""The stream that an open page listens to: for our own page with a session, as long as that lasts."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.services.administration.live import LiveViews
from tests.support.administration.listing_follower import ListingFollower
from tests.support.administration.played_follower import PlayedClock, PlayedFollower
from tests.support.console.browser import BASE
from tests.support.console.consoles import Opened, signed_in
from tests.support.console.token_lists import several

if TYPE_CHECKING:
    from starlette.types import Message

STREAM = f"{BASE}/namespaces/finance/live"
EVENTS = {"accept": "text/event-stream", "sec-fetch-site": "same-origin"}


async def opened() -> Opened:
    follower = PlayedFollower()
    return await signed_in(views=lambda: LiveViews(follower, PlayedClock()))


class Listener:
    """A page that listens."""

    def __init__(self, console: Opened, stream: str = STREAM) -> None:
        path, _, query = stream.partition("?")
        self.told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.left = asyncio.Event()
        headers = {"host": console.browser.host, "cookie": console.browser.cookie, **EVENTS}
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        self.task = asyncio.ensure_future(console.browser.app(scope, self._receive, self._send))

    async def until(self, key: str) -> dict[str, Any]:
        """What it is told next that says so."""
        while True:
            told = await self.told.get()
            if told.get(key):
                return told

    async def _receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        for line in message.get("body", b"").decode().splitlines():
            if line.startswith("data: "):
                self.told.put_nowait(json.loads(line.removeprefix("data: ")))


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({**EVENTS, "cookie": ""}, id="no session"),
        pytest.param({**EVENTS, "sec-fetch-site": "same-site"}, id="another port"),
        pytest.param({**EVENTS, "accept": "text/html"}, id="a document"),
    ],
)
async def test_nobody_else_listens(headers: dict[str, str]) -> None:
    console = await opened()

    received = await console.browser.send("GET", STREAM, headers=headers)

    assert received.status == 403


async def test_where_pages_are_not_live_there_is_no_stream_and_no_page_asks_for_one() -> None:
    console = await signed_in()

    assert (await console.browser.send("GET", STREAM, headers=EVENTS)).status == 404
    assert "data-live" not in (await console.browser.get("/namespaces/finance/credentials")).text


@pytest.mark.parametrize(
    ("path", "stream"),
    [
        ("/overview", "/live?of=credentials,tokens"),
        ("/tokens?state=active", "/live?of=credentials,tokens"),
        ("/namespaces/finance/tokens", "/namespaces/finance/live?of=credentials,tokens"),
        ("/namespaces/finance/overview", "/namespaces/finance/live?of=credentials,tokens"),
        ("/namespaces/finance/credentials", "/namespaces/finance/live"),
        ("/namespaces/finance/credentials/invoice-bot", "/namespaces/finance/live?about=invoice-bot"),
        ("/namespaces/finance/roles", "/live?of=credentials,roles"),
        ("/namespaces/finance/roles/studio-user", "/live?of=credentials,roles"),
        ("/namespaces/finance/audit", "/namespaces/finance/live"),
        ("/namespaces/finance/audit?everywhere=yes", "/live"),
        ("/namespaces/finance/audit?unused=soon", "none"),
        ("/namespaces/finance/who-may", "none"),
        ("/namespaces/finance/look-up", "none"),
    ],
)
async def test_each_page_names_the_stream_of_what_it_shows(path: str, stream: str) -> None:
    console = await opened()

    shown = await console.browser.get(path)

    named = shown.document.attributes["main"].get("data-live", "none").removeprefix(BASE)
    assert named.partition("&since=")[0] == stream


async def test_a_page_that_is_up_to_date_is_not_told_to_ask_anew() -> None:
    follower = ListingFollower(objects=several())
    console = await signed_in(follower.objects, views=lambda: LiveViews(follower, PlayedClock()))
    await console.browser.get("/tokens")
    shown = await console.browser.get("/tokens")
    named = shown.document.attributes["main"]["data-live"]

    current = Listener(console, named)
    told = await current.told.get()
    follower.lives[None, "tokens"].drop("finance/alpha")
    after = await current.until("changed")
    late = Listener(console, named)
    first = await late.told.get()
    for page in (current, late):
        page.left.set()
        await page.task

    assert "&since=" in named
    assert (told["say"], told["changed"]) == ("Live.", False)
    assert after["changed"]
    assert first["changed"]


@pytest.mark.parametrize(
    ("forbidden", "stream"),
    [
        ({"list all ApiCredential"}, "/namespaces/finance/live?of=credentials,roles"),
        ({"list all ApiCredential", "list ApiCredential"}, "/namespaces/finance/live?of=roles"),
    ],
)
async def test_the_catalog_follows_as_far_as_one_may_list(forbidden: set[str], stream: str) -> None:
    console = await opened()
    console.objects.forbidden = forbidden

    shown = await console.browser.get("/namespaces/finance/roles")

    assert shown.document.attributes["main"]["data-live"] == BASE + stream


async def test_a_page_names_its_stream_and_listens_until_it_signs_out() -> None:
    console = await opened()
    shown = await console.browser.get("/namespaces/finance/credentials/invoice-bot")
    assert shown.document.attributes["main"]["data-live"] == f"{STREAM}?about=invoice-bot"
    page = Listener(console)

    first = await page.until("changed")
    await console.browser.post("/sign-out", {})
    last = await page.until("ended")
    await page.task

    assert first["say"] == "Live."
    assert last["say"] == "You are signed out."


async def test_the_fifth_page_ends_the_first_one_s_stream() -> None:
    console = await opened()
    pages = [Listener(console) for _ in range(5)]

    moved = [asyncio.ensure_future(page.until("ended")) for page in pages]
    (done,), others = await asyncio.wait(moved, return_when=asyncio.FIRST_COMPLETED)
    for waiting in others:
        waiting.cancel()
    for page in pages:
        page.left.set()
        await page.task

    assert done.result()["say"] == "Looks every 25 seconds: other tabs are live."


async def test_neither_listening_nor_looking_anew_counts_as_use_and_a_notice_stays_for_the_person() -> None:
    console = await opened()
    touches = len(console.touches)
    (session,) = console.console.sessions._open.values()
    session.notice = "Done."

    page = Listener(console)
    await page.told.get()
    anew = await console.browser.send(
        "GET", f"{BASE}/namespaces/finance/credentials", headers={"x-pharia-access-console": "script"}
    )
    page.left.set()
    await page.task

    assert (anew.status, anew.document.by_id["notice"]) == (200, "")
    assert session.notice == "Done."
    assert len(console.touches) == touches
