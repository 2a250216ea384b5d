"""A page that takes a while says what it is, then how far it is, and ends as the page that it would have been."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.entrypoints.console import waiting
from pharia_access.entrypoints.console.pages import survey_screens
from pharia_access.errors import UnavailableError
from pharia_access.services.administration.live import LiveViews
from tests.support.administration.listing_follower import ListingFollower
from tests.support.administration.played_follower import PlayedClock
from tests.support.console.browser import BASE
from tests.support.console.consoles import Opened, signed_in
from tests.support.console.documents import read_document
from tests.support.console.token_lists import EVERYWHERE, several

if TYPE_CHECKING:
    from starlette.types import Message

    from pharia_access.entrypoints.console.sessions import Session
    from tests.support.administration.fake_objects import FakeObjects

READING = re.compile(r'<div id="reading" role="status">.*?</div>\n', re.DOTALL)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long."""
    monkeypatch.setattr(survey_screens, "UNTOLD_SECONDS", 0.01)
    monkeypatch.setattr(waiting, "_LOOK_SECONDS", 0.01)


class Slow:
    """A look at a page whose tokens do not all come."""

    def __init__(self, console: Opened, follower: ListingFollower, path: str) -> None:
        self.follower = follower
        self.status = 0
        self.text = ""
        self.left = asyncio.Event()
        follower.going_on.clear()
        headers = {"host": console.browser.host, "cookie": console.browser.cookie}
        scope = {
            "type": "http",
            "method": "GET",
            "path": f"{BASE}{path}",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        self.task = asyncio.ensure_future(console.browser.app(scope, self._receive, self._send))

    async def until(self, text: str) -> None:
        """Wait until that was sent."""
        async with asyncio.timeout(10):
            while text not in self.text:
                assert not self.task.done(), self.text
                await asyncio.sleep(0.01)

    async def whole(self) -> str:
        """Let the rest come."""
        self.follower.going_on.set()
        await self.task
        return self.text

    async def _receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self.status = message.get("status", self.status)
        self.text += message.get("body", b"").decode()


async def opened(objects: FakeObjects) -> tuple[Opened, ListingFollower]:
    follower = ListingFollower(objects=objects)
    return await signed_in(objects, views=lambda: LiveViews(follower, PlayedClock())), follower


@pytest.mark.parametrize("path", [EVERYWHERE, "/overview"])
async def test_a_page_that_took_a_while_is_the_page_that_it_would_have_been(path: str) -> None:
    console, follower = await opened(several())
    slow = Slow(console, follower, path)
    await slow.until("Reading 2 of 3 tokens …")
    begun = read_document(slow.text)

    sent = await slow.whole()

    assert begun.by_id["title"] in {"Tokens", "Overview"}
    assert begun.attributes["main"]["data-live"]
    usual = (await console.browser.get(path)).text
    assert len(READING.findall(sent)) == 1
    assert words_of(READING.sub("", sent)) == words_of(usual)
    assert (slow.status, READING.findall(usual)) == (200, [])


async def test_what_was_done_is_said_once() -> None:
    console, follower = await opened(several())
    session_of(console).notice = "Token ci was revoked."
    slow = Slow(console, follower, EVERYWHERE)
    await slow.until("Reading 2 of 3 tokens …")

    assert (await slow.whole()).count("Token ci was revoked.") == 1


async def test_what_fails_in_the_end_is_told_where_the_page_would_be() -> None:
    objects = several()
    console, follower = await opened(objects)
    slow = Slow(console, follower, EVERYWHERE)
    await slow.until("Reading 2 of 3 tokens …")
    objects.refused["list all ApiToken"] = UnavailableError("GET /: no answer")
    tokens = views_of(console).find(TokenSummary, None)
    assert tokens is not None
    tokens.broke()
    await slow.task

    document = read_document(slow.text)
    assert document.by_id["title"] == "Tokens"
    assert "The API server does not answer." in document.text


async def test_signing_out_ends_the_wait() -> None:
    console, follower = await opened(several())
    slow = Slow(console, follower, EVERYWHERE)
    await slow.until("Reading 2 of 3 tokens …")

    views_of(console).close()

    async with asyncio.timeout(10):
        await slow.task


async def test_who_leaves_meanwhile_stops_the_wait() -> None:
    console, follower = await opened(several())
    slow = Slow(console, follower, EVERYWHERE)
    await slow.until("Reading 2 of 3 tokens …")

    slow.left.set()
    await slow.task

    assert "</html>" not in slow.text


def session_of(console: Opened) -> Session:
    (session,) = console.console.sessions._open.values()
    return session


def views_of(console: Opened) -> LiveViews:
    views = session_of(console).views
    assert views is not None
    return views


def words_of(text: str) -> list[str]:
    """All of it but the nonce, and up to which change the page is: its head is sent before that is known."""
    return re.sub(r'nonce="[^"]+"|&amp;since=\d+', "", text).split()
