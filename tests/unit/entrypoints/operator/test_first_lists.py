"""What of Kopf's requests is changed, lists of our kinds and nothing else, and which answers it does not see."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import aiohttp
import pytest
from yarl import URL

from pharia_access.entrypoints.operator.cache_store import Body
from pharia_access.entrypoints.operator.first_lists import BEGIN_SECONDS, Requests
from pharia_access.kube.paths import PLURALS
from tests.support.fakes.virtual_time import FakeClock, simulated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Collection

OURS = "https://api/apis/access.pharia.ai/v1alpha1"


@dataclass
class Told:
    """A store that writes down how the watches go."""

    goes: list[bool] = field(default_factory=list)
    begun: list[None] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    denials: int = 0
    fresh_marks: int = 0

    def put(self, item: Body) -> None: ...

    def drop(self, key: str, uid: str | None = None) -> None: ...

    def invalid(self, key: str, why: str) -> None: ...

    def alive(self, at: float) -> None:
        self.goes.append(True)

    def may_resume(self, now: float) -> bool:
        return True

    def mark_fresh(self, since: float) -> None:
        self.fresh_marks += 1

    def listed(self, keys: Collection[str], namespace: str | None, since: float) -> None:
        self.begun.append(None)

    def interrupted(self, cause: str, at: float) -> None:
        self.goes.append(False)
        self.causes.append(cause)

    def denied(self, at: float) -> None:
        self.denials += 1


async def sent(method: str, url: str) -> tuple[str, int]:
    """The URL that went out, and how often something began."""
    told = Told()
    request = cast("aiohttp.ClientRequest", SimpleNamespace(method=method, url=URL(url)))

    async def send(_: object) -> aiohttp.ClientResponse:
        return cast("aiohttp.ClientResponse", SimpleNamespace(ok=True, content=None, close=lambda: None))

    await Requests(dict.fromkeys(PLURALS.values(), told))(request, send)
    return str(request.url), len(told.begun)


@pytest.mark.parametrize(
    "path", ["apitokens", "apicredentials?limit=500", "apiroles", "namespaces/a/apitokens?limit=500&continue=x"]
)
async def test_a_list_of_ours_asks_for_nothing_and_begins_a_watch(path: str) -> None:
    plain = path.partition("?")[0]

    assert await sent("GET", f"{OURS}/{path}") == (f"{OURS}/{plain}?fieldSelector=metadata.name%3D-", 1)


@pytest.mark.parametrize(
    ("method", "url"),
    [
        pytest.param("GET", f"{OURS}/apitokens?watch=true&resourceVersion=9", id="a watch"),
        pytest.param("GET", OURS, id="which kinds there are"),
        pytest.param("GET", f"{OURS}/namespaces/a/apitokens/ci", id="one object"),
        pytest.param("GET", "https://api/apis/another.group/v1/apitokens", id="of another group"),
        pytest.param("PATCH", f"{OURS}/apitokens", id="another verb"),
    ],
)
async def test_all_else_is_sent_as_it_is(method: str, url: str) -> None:
    assert await sent(method, url) == (url, 0)


LIST, WATCH = f"{OURS}/namespaces/a/apitokens", f"{OURS}/namespaces/a/apitokens?watch=true&resourceVersion=9"
HANGS = 0
"""In place of a status: no answer begins."""


@dataclass
class Talk:
    """One scope's requests; each gets the next of these statuses, the last one for ever."""

    statuses: list[int]
    told: Told = field(default_factory=Told)
    closed: int = 0

    def __post_init__(self) -> None:
        self.requests = Requests(dict.fromkeys(PLURALS.values(), self.told))

    @property
    def goes(self) -> list[bool]:
        return self.told.goes

    @property
    def begun(self) -> list[None]:
        return self.told.begun

    async def ask(self, url: str) -> int | None:
        """The status that Kopf sees, None where it is told that the connection broke."""
        request = cast("aiohttp.ClientRequest", SimpleNamespace(method="GET", url=URL(url)))
        try:
            return (await self.requests(request, self._send)).status
        except aiohttp.ClientPayloadError:
            return None

    async def _send(self, _: object) -> aiohttp.ClientResponse:
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if status == HANGS:
            await asyncio.sleep(10_000)
        return cast(
            "aiohttp.ClientResponse", SimpleNamespace(ok=status == 200, status=status, close=self._close, content=None)
        )

    def _close(self) -> None:
        self.closed += 1


@pytest.fixture
def clock() -> FakeClock:
    """Time that passes only while everybody waits."""
    return FakeClock()


@pytest.mark.parametrize("status", [403, 404, 409, 418, 422, 429, 500, 503, 504])
@pytest.mark.parametrize("url", [LIST, WATCH], ids=["list", "watch"])
@simulated
async def test_a_refusal_is_kept_from_kopf_ever_longer_and_told(clock: FakeClock, url: str, status: int) -> None:
    talk = Talk([status])
    ends = []
    for _ in range(7):
        began = clock.monotonic()
        assert await talk.ask(url) is None
        ends.append(round(clock.monotonic() - began))

    assert ends == [1, 2, 4, 8, 10, 10, 10]
    assert talk.closed == 7
    assert set(talk.goes) == {False}
    assert talk.begun == []
    assert set(talk.told.causes) == {"denied" if status == 403 else "broken"}
    assert talk.told.denials == (7 if status == 403 else 0)


@pytest.mark.parametrize(
    ("url", "status"),
    [(LIST, 401), (WATCH, 401), (WATCH, 400), (WATCH, 410)],
    ids=["a login", "a login of a watch", "a watch that cannot be", "a watch that cannot begin there"],
)
@simulated
async def test_what_kopf_must_see_it_sees_at_once(clock: FakeClock, url: str, status: int) -> None:
    assert await Talk([status]).ask(url) == status
    assert clock.monotonic() < 0.1


@pytest.mark.parametrize("url", [LIST, WATCH], ids=["list", "watch"])
@simulated
async def test_an_answer_that_does_not_begin_is_a_refusal(clock: FakeClock, url: str) -> None:
    talk = Talk([HANGS])

    assert await talk.ask(url) is None

    assert clock.monotonic() == pytest.approx(BEGIN_SECONDS + 1, abs=0.1)
    assert talk.goes == [False]


@simulated
async def test_after_an_answer_the_next_refusal_is_short_again(clock: FakeClock) -> None:
    talk = Talk([403, 403, 403, 200, 403])
    for _ in range(4):
        await talk.ask(LIST)
    began = clock.monotonic()

    await talk.ask(LIST)

    assert round(clock.monotonic() - began) == 1
    assert talk.goes == [False, False, False, True, False]
    assert len(talk.begun) == 1


@simulated
async def test_a_scope_goes_on_when_each_of_its_kinds_does(clock: FakeClock) -> None:
    talk = Talk([403, 403, 200, 200])
    credentials = LIST.replace("apitokens", "apicredentials")

    for url in (LIST, credentials, LIST, credentials):
        await talk.ask(url)

    assert talk.goes == [False, False, True]
    assert clock.monotonic() == pytest.approx(2, abs=0.1)


@simulated
async def test_whoever_knows_better_ends_the_wait(clock: FakeClock) -> None:
    talk = Talk([403])
    for _ in range(6):
        await talk.ask(LIST)
    began = clock.monotonic()

    async def soon() -> None:
        await asyncio.sleep(0.5)
        talk.requests.try_now()

    waits: Awaitable[list[int | None]] = asyncio.gather(talk.ask(LIST), soon())  # type: ignore[assignment] # soon: None
    await waits

    assert clock.monotonic() - began == pytest.approx(0.5, abs=0.1)


@simulated
async def test_watches_that_end_at_once_begin_once_a_second(clock: FakeClock) -> None:
    talk = Talk([200])
    for _ in range(5):
        await talk.ask(WATCH)

    assert clock.monotonic() == pytest.approx(4, abs=0.1)
