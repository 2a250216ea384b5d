"""The console on loopback: under a random path, opened by a file that only its owner reads, ended by whom or when."""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import signal
import socket
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from pharia_access.bootstrap.clocks import SystemClock
from pharia_access.entrypoints.console import local, opening
from pharia_access.entrypoints.console.desk import Desk, Neighbors
from pharia_access.entrypoints.console.local import Announcer, serve
from pharia_access.errors import AccessError
from tests.support.administration.contexts import context_of
from tests.support.administration.credential_cluster import a_cluster
from tests.support.administration.fake_neighbors import FakeNeighbors
from tests.support.administration.fake_rights import FakeRights

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(slots=True)
class LeapingClock:
    """The machine's clock, which a test puts forward."""

    ahead: float = 0.0
    real: SystemClock = field(default_factory=SystemClock)

    def now(self) -> datetime:
        return self.real.now()

    def monotonic(self) -> float:
        return self.real.monotonic() + self.ahead

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(slots=True)
class Served:
    """A console that is being served.

    Attributes:
        files: what the browser was sent to: each file's address, mode and text.
    """

    clock: LeapingClock = field(default_factory=LeapingClock)
    links: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    said: list[str] = field(default_factory=list)
    files: Queue[tuple[str, int, str]] = field(default_factory=Queue)

    def announcer(self, *, browser: bool) -> Announcer:
        return Announcer(self.links.put_nowait, self.said.append, self._browse if browser else None)

    def _browse(self, address: str) -> None:
        path = Path(urlsplit(address).path)
        mode = stat.S_IMODE(path.stat().st_mode) | stat.S_IMODE(path.parent.stat().st_mode)
        self.files.put((address, mode, path.read_text(encoding="utf-8")))

    def start(self, *, browser: bool = False, port: int = 0, notes: Path | None = None) -> asyncio.Task[None]:
        context, around = replace(context_of(a_cluster()), clock=self.clock), FakeNeighbors()
        desk = Desk(context, context, Neighbors(around, around, around, FakeRights()), options=" --context test")
        return asyncio.create_task(serve(desk, self.announcer(browser=browser), port=port, notes=notes))

    async def link(self) -> str:
        async with asyncio.timeout(10):
            return await self.links.get()


def ask(link: str, method: str, path: str = "", body: str = "") -> tuple[int, str]:
    parts = urlsplit(link)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    headers = {"Origin": f"http://{parts.netloc}", "Content-Type": "application/x-www-form-urlencoded"}
    connection.request(method, path or parts.path, body, headers)
    answer = connection.getresponse()
    connection.close()
    return answer.status, answer.getheader("set-cookie") or ""


async def test_the_link_opens_a_session_under_a_random_path_of_loopback() -> None:
    served = Served()
    running = served.start()
    link = await served.link()

    found = re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{22}/open#([\w-]{43})", link)
    assert found
    assert (await asyncio.to_thread(ask, link, "GET"))[0] == 200
    status, cookie = await asyncio.to_thread(ask, link, "POST", "", f"key={found[1]}")
    os.kill(os.getpid(), signal.SIGINT)
    await running

    assert status == 303
    assert "HttpOnly" in cookie
    assert served.said[-1] == "The console has stopped."


async def test_it_listens_on_no_other_address() -> None:
    served = Served()
    running = served.start()
    port = urlsplit(await served.link()).port
    assert port

    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.2", port), timeout=1)

    os.kill(os.getpid(), signal.SIGTERM)
    await running


async def test_the_browser_is_sent_to_a_file_that_only_its_owner_reads_and_that_goes_at_the_end() -> None:
    served = Served()
    running = served.start(browser=True)
    link = await served.link()
    address, mode, text = await asyncio.to_thread(served.files.get, timeout=10)

    assert link.partition("#")[2] not in address
    assert mode & 0o077 == 0
    assert f'content="0; url={link}"' in text
    os.kill(os.getpid(), signal.SIGINT)
    await running
    assert not Path(urlsplit(address).path).parent.exists()


@pytest.mark.parametrize(
    ("used", "ahead", "why"),
    [
        (False, opening.KEY_SECONDS, "The console has stopped: its link was not opened within 60 seconds."),
        (True, local.IDLE_SECONDS, "The console has stopped: nobody used it for 30 minutes."),
    ],
)
async def test_it_ends_by_itself_and_says_why(
    monkeypatch: pytest.MonkeyPatch, *, used: bool, ahead: float, why: str
) -> None:
    monkeypatch.setattr(local, "_LOOK_SECONDS", 0.01)
    served = Served()
    running = served.start()
    link = await served.link()
    if used:
        await asyncio.to_thread(ask, link, "POST", "", f"key={link.partition('#')[2]}")

    served.clock.ahead = ahead - 5
    await asyncio.sleep(0.1)
    assert not running.done()
    served.clock.ahead = ahead
    await running

    assert served.said[-1] == why


async def test_a_port_that_is_taken_is_said_to_be() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(AccessError, match=f"Cannot serve on port {port} of 127.0.0.1") as failure:
            await Served().start(port=port)

    assert failure.value.next_step == "Choose another port with --port, or leave it out."


async def test_a_place_for_the_file_that_cannot_be_written_is_said_to_be_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))

    with pytest.raises(AccessError, match="There is no place for the page that opens the browser") as failure:
        await Served().start(browser=True)

    assert "--no-browser" in failure.value.next_step


async def test_a_second_console_says_where_the_first_is(tmp_path: Path) -> None:
    first, second, third = Served(), Served(), Served()
    running = first.start(notes=tmp_path / "notes")
    home = (await first.link()).partition("open#")[0]

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(AccessError):
            await second.start(notes=tmp_path / "notes", port=other.getsockname()[1])
    os.kill(os.getpid(), signal.SIGINT)
    await running
    alone = third.start(notes=tmp_path / "notes")
    await third.link()
    os.kill(os.getpid(), signal.SIGINT)
    await alone

    said = f"Another console of yours runs at {home} (--context test). The browser that opened it can go on there."
    assert second.said == [said]
    assert not any("Another console" in line for line in [*first.said, *third.said])
