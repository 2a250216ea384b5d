"""Lists and watches against a scripted API server: what the keeper of the view is told, and what is asked next."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
import pytest

from pharia_access.errors import (
    ApiError,
    DeniedError,
    ExpiredViewError,
    MalformedObjectError,
    UnavailableError,
)
from pharia_access.kube.client import Connection
from pharia_access.kube.exchange import Answer, Call
from pharia_access.kube.reflector import Reflector, ReflectorTools, Rhythm, Watched


def item(name: str, version: int = 1) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "finance", "resourceVersion": str(version)}}


def page(*names: str, version: int = 10, more: str = "") -> bytes:
    metadata = {"resourceVersion": str(version), **({"continue": more} if more else {})}
    return json.dumps({"metadata": metadata, "items": [item(name) for name in names]}).encode()


def event(kind: str, name: str = "a", version: int = 11) -> bytes:
    return json.dumps({"type": kind, "object": item(name, version)}).encode()


GONE = b'{"type":"ERROR","object":{"code":410,"reason":"Expired"}}'
GONE_WATCH = [GONE]
BROKEN = UnavailableError("GET /: no answer (ClientPayloadError)")
Watch = Sequence[bytes | ApiError]


class Early(list[bytes | ApiError]):
    """The lines of a watch that ends well, but at once."""


class Slow(list[bytes | ApiError]):
    """The lines of a watch, with a while before the first."""


@dataclass
class ScriptedServer:
    """Answers lists by bytes, watches by sequences of lines; an error is raised. Ends the run at the script's end."""

    script: list[bytes | ApiError | Watch]
    time: Time
    order: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def _next(self, call: Call) -> bytes | Watch:
        query = dict(call.query)
        self.asked.append(f"watch {query['resourceVersion']}" if "watch" in query else f"list {_brief(query)}".strip())
        self.order.append(self.asked[-1])
        if not self.script:
            raise asyncio.CancelledError
        answer = self.script.pop(0)
        if isinstance(answer, ApiError):
            raise answer
        return answer

    async def fetch(self, call: Call) -> Answer:
        body = self._next(call)
        assert isinstance(body, bytes), f"the script has a watch where {self.asked[-1]} was asked"
        return Answer(200, {}, body)

    @asynccontextmanager
    async def stream(self, call: Call, *, silence_seconds: float) -> AsyncIterator[ScriptedStream]:
        lines = self._next(call)
        assert isinstance(lines, bytes) is ("watch" not in call.query), f"the script has no {self.asked[-1]} here"
        yield ScriptedStream(lines, None if "watch" in call.query else datetime(2026, 11, 24, 12, tzinfo=UTC))
        if "watch" not in call.query:
            return
        assert silence_seconds > float(call.query["timeoutSeconds"])
        if not isinstance(lines, Early):
            self.time.now += float(call.query["timeoutSeconds"])


def _brief(query: dict[str, str]) -> str:
    """What is asked of a list: all, a page, the page after, or one object."""
    return query.get("continue") or {"": "", "1": "one"}.get(query.get("limit", ""), "page")


@dataclass
class ScriptedStream:
    script: bytes | Watch
    date: datetime | None

    async def chunks(self) -> AsyncIterator[bytes]:
        assert isinstance(self.script, bytes)
        yield self.script

    async def lines(self) -> AsyncIterator[bytes]:
        assert not isinstance(self.script, bytes)
        for _ in range(5 if isinstance(self.script, Slow) else 0):
            await asyncio.sleep(0)
        for line in self.script:
            if isinstance(line, ApiError):
                raise line
            yield line


@dataclass
class Diary:
    """The keeper of the view: writes down what it is told."""

    told: list[str] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    """What was put, among what was asked of the server."""

    def put(self, name: str) -> None:
        self.told.append(f"put {name}")
        self.order.append(f"put {name}")

    def drop(self, key: str) -> None:
        self.told.append(f"drop {key}")

    def malformed(self, key: str, why: str) -> None:
        self.told.append(f"malformed {key}: {why}")

    def heard(self, since: float) -> None:
        self.moments.append(since)

    def listed(self, keys: Collection[str], namespace: str | None, since: float) -> None:
        self.told.append(f"listed {','.join(sorted(keys))} in {namespace}")
        self.moments.append(since)

    def interrupted(self, cause: str) -> None:
        self.told.append(f"interrupted {cause}")


@dataclass
class Time:
    now: float = 100.0
    slept: list[float] = field(default_factory=list)

    def ticks(self) -> float:
        self.now += 0.25
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def read(body: msgspec.Raw) -> str | None:
    name: str = json.loads(bytes(body))["metadata"]["name"]
    if name == "bad":
        message = "metadata.name: bad"
        raise MalformedObjectError(message)
    return None if name == "pending" else name


async def run(*script: bytes | ApiError | Watch, rhythm: Rhythm | None = None) -> Run:
    time, diary, dates = Time(), Diary(), list[datetime]()
    server = ScriptedServer(list(script), time, diary.order)
    tools = ReflectorTools(ticks=time.ticks, sleep=time.sleep, jitter=lambda: 0.0, on_date=dates.append)
    watched = Watched("ApiToken", "apitokens", read, "finance")
    reflector = Reflector(cast("Connection", server), watched, diary, rhythm=rhythm or Rhythm(), tools=tools)
    with pytest.raises(asyncio.CancelledError):
        await reflector.run()
    return Run(server.asked, diary, time, dates)


@dataclass(frozen=True)
class Run:
    asked: list[str]
    diary: Diary
    time: Time
    dates: list[datetime]

    @property
    def told(self) -> list[str]:
        return self.diary.told


async def test_a_list_comes_first_then_a_watch_from_its_version() -> None:
    done = await run(page("a", more="p2"), page("b", "pending", "bad", version=10))

    assert done.asked == ["list", "list p2", "watch 10"]
    assert done.told == [
        "put a",
        "put b",
        "drop finance/pending",
        "malformed finance/bad: metadata.name: bad",
        "listed finance/a,finance/b in finance",
    ]


async def test_a_list_counts_from_the_moment_it_began() -> None:
    done = await run(page("a", more="p2"), page("b"))

    assert done.diary.moments == [100.25]


async def test_events_change_the_view_in_their_order_and_renew_it() -> None:
    lines = [
        event("ADDED", "a", 11),
        event("MODIFIED", "bad", 12),
        event("DELETED", "a", 13),
        event("BOOKMARK", "", 20),
    ]
    done = await run(page(), lines)

    assert done.told[1:] == ["put a", "malformed finance/bad: metadata.name: bad", "drop finance/a"]
    assert len(done.diary.moments) == 5
    assert done.asked == ["list", "watch 10", "watch 20"]


async def test_a_watch_that_said_nothing_is_not_believed() -> None:
    done = await run(page("a"), [], page("b", version=30))

    assert done.asked == ["list", "watch 10", "list", "watch 30"]
    assert done.told[2] == "interrupted ended-silent"


@pytest.mark.parametrize("answer", [page(version=20), b"{", UnavailableError("503"), DeniedError("403")])
async def test_halfway_the_server_is_made_to_ask_how_far_it_is_whatever_comes_of_it(answer: bytes | ApiError) -> None:
    done = await run(page(), Slow([event("BOOKMARK", "", 20)]), answer)

    assert done.asked == ["list", "watch 10", "list one", "watch 20"]
    assert done.time.slept == [30.0]
    assert done.told == ["listed  in finance"]


async def test_a_watch_that_breaks_goes_on_where_it_was_once_the_server_did_not_go_back() -> None:
    done = await run(page("a"), [event("ADDED", "b", 15), BROKEN], page(version=15), [event("ADDED", "c", 16)])

    assert done.asked == ["list", "watch 10", "list one", "watch 15", "watch 16"]
    assert "interrupted broken" in done.told
    assert done.told.count("listed finance/a in finance") == 1


@pytest.mark.parametrize("theirs", ["9", "x"])
async def test_a_server_that_went_back_in_time_is_listed_anew(theirs: str) -> None:
    answer = json.dumps({"metadata": {"resourceVersion": theirs}, "items": []}).encode()
    done = await run(page("a"), [BROKEN], answer, page("z", version=9))

    assert done.asked == ["list", "watch 10", "list one", "list", "watch 9"]
    assert "interrupted rewound" in done.told


@pytest.mark.parametrize(
    ("trouble", "cause"),
    [
        pytest.param([GONE], "expired", id="an ERROR event"),
        pytest.param(ExpiredViewError("410"), "expired", id="410"),
        pytest.param([b"{"], "undecodable", id="a line that is no event"),
        pytest.param([b'{"type":"NEWS","object":{"metadata":{"name":"a"}}}'], "expired", id="an unknown event"),
        pytest.param([event("ADDED")[:-2]], "undecodable", id="half an event"),
        pytest.param(
            [b'{"type":"BOOKMARK","object":{"metadata":{}}}'], "undecodable", id="a bookmark that leads nowhere"
        ),
        pytest.param([b'{"type":"ADDED","object":{"metadata":null}}'], "undecodable", id="an object without a name"),
    ],
)
async def test_after_such_an_end_everything_is_listed_anew(trouble: bytes | Sequence[bytes], cause: str) -> None:
    done = await run(page("a"), trouble, page("b", version=30))

    assert done.asked == ["list", "watch 10", "list", "watch 30"]
    assert f"interrupted {cause}" in done.told
    assert len(done.time.slept) == 1


async def test_a_list_whose_pages_expire_begins_again() -> None:
    done = await run(page("a", more="p2"), ExpiredViewError("410"), page("b"))

    assert done.asked == ["list", "list p2", "list", "watch 10"]


async def test_after_a_list_that_breaks_off_the_next_one_is_in_pages_and_then_whole_again() -> None:
    done = await run(BROKEN, page("a", more="p2"), BROKEN, page("b"), GONE_WATCH, page("b"))

    assert done.asked == ["list", "list page", "list p2", "list", "watch 10", "list", "watch 10"]


async def test_who_is_not_let_in_asks_again_ever_more_slowly_and_is_told_why(caplog: pytest.LogCaptureFixture) -> None:
    done = await run(*[DeniedError("GET: 403")] * 8)

    assert done.asked == ["list"] * 9
    assert done.told == ["interrupted denied"] * 8
    assert done.time.slept == sorted(done.time.slept)
    assert (done.time.slept[0], done.time.slept[-1]) == (0.1, 2.5)
    assert [record.__dict__["problem"] for record in caplog.records] == [
        "GET: 403. Give the ServiceAccount the verbs list and watch on apitokens.access.pharia.ai."
    ]


async def test_a_server_that_asks_for_patience_gets_it_up_to_a_minute_and_is_asked_the_same_again() -> None:
    done = await run(UnavailableError("429", retry_after=7.0), UnavailableError("429", retry_after=3600.0))

    assert done.time.slept == [7.0, 60.0]
    assert done.asked == ["list", "list", "list"]


async def test_a_server_that_ends_each_watch_at_once_is_not_asked_again_at_once() -> None:
    script: list[bytes | Watch] = [page()]
    for version in range(11, 16):
        script += [Early([event("BOOKMARK", "", version)]), page(version=version)]
    done = await run(*script)

    assert len(done.time.slept) == 5
    assert done.time.slept == sorted(done.time.slept)


async def test_waits_are_short_again_once_a_watch_went_well() -> None:
    trouble = [UnavailableError("503")] * 6
    done = await run(*trouble, page(), [event("ADDED")], [BROKEN])

    assert (done.time.slept[5], done.time.slept[6]) == (2.5, 0.1)


async def test_a_missing_right_is_told_again_after_it_was_there(caplog: pytest.LogCaptureFixture) -> None:
    denied = DeniedError("GET: 403")
    await run(denied, denied, page(), [event("ADDED")], denied, page(version=11), denied)

    assert [record.__dict__["cause"] for record in caplog.records if record.levelname == "WARNING"] == ["denied"] * 2


async def test_a_watch_that_ends_early_goes_on_once_the_server_did_not_go_back() -> None:
    done = await run(page(), Early([event("ADDED", "a", 11)]), page(version=9), page("b", version=9))

    assert done.asked == ["list", "watch 10", "list one", "list", "watch 9"]
    assert done.told[-3:] == ["interrupted rewound", "put b", "listed finance/b in finance"]


async def test_after_half_a_list_no_watch_goes_back_behind_it() -> None:
    done = await run(page(), [], page("b", more="p2", version=50), BROKEN, page("b", version=52))

    assert done.asked == ["list", "watch 10", "list", "list p2", "list page", "watch 52"]


@pytest.mark.parametrize("nameless", [{}, {"metadata": None}, {"metadata": {"name": 7}}, "what"])
async def test_an_object_that_nobody_can_name_hides_no_other(nameless: object) -> None:
    body = json.dumps({"metadata": {"resourceVersion": "10"}, "items": [nameless, item("b")]}).encode()
    done = await run(body)

    assert done.told[0].startswith("malformed :")
    assert done.told[1:] == ["put b", "listed finance/b in finance"]


async def test_watches_that_go_well_need_no_list() -> None:
    done = await run(page(), *[[event("BOOKMARK", version=version)] for version in range(11, 40)])

    assert done.asked[:-1] == ["list", *(f"watch {version}" for version in range(10, 39))]


async def test_the_servers_time_comes_with_every_answer() -> None:
    assert (await run(page())).dates == [datetime(2026, 11, 24, 12, tzinfo=UTC)]
