"""How a person's pages follow the API server, whatever it answers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import pytest

from pharia_access.domain.administration.silence import Silence
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.errors import ApiError, ForbiddenError, UnavailableError
from pharia_access.kube.administration.following import FollowingTime, KubeFollower
from pharia_access.kube.http import Request, Response
from tests.support.fakes.scripted_watches import BROKEN, GONE_WATCH, ScriptedServer, Time, Watch, event, page

if TYPE_CHECKING:
    from collections.abc import Collection

    from pharia_access.kube.connection import Connection

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
DENIED = ForbiddenError("403 Forbidden")
SLOW_DOWN = UnavailableError("429 TooManyRequests", retry_after=3.0)


@dataclass(slots=True)
class Told:
    """Answers `Shown`: keeps what is there, and writes down how changes come."""

    names: set[str] = field(default_factory=set)
    told: list[str] = field(default_factory=list)
    total: int = 0

    def expect(self, total: int) -> None:
        self.total = total

    def put(self, item: TokenSummary) -> None:
        self.names.add(str(item.key))

    def drop(self, key: str) -> None:
        self.names.discard(key)

    def listed(self, keys: Collection[str]) -> None:
        self.names &= set(keys)

    def watched(self) -> None:
        self.told.append("watched")

    def polled(self) -> None:
        self.told.append("polled")

    def forbidden(self) -> None:
        self.told.append("forbidden")

    def broke(self) -> None:
        self.told.append("broke")


async def follow(*script: bytes | ApiError | Watch, namespace: str | None = "finance") -> tuple[Told, Time, list[str]]:
    """Play that script to its end."""
    time, told = Time(), Told()
    server = ScriptedServer(list(script), time)
    following = FollowingTime(lambda: NOW, time.boottime, time.sleep, 15.0, lambda: 1.0)
    with pytest.raises(asyncio.CancelledError):
        await KubeFollower(cast("Connection", server), following).follow(TokenSummary, namespace, told)
    return told, time, server.asked


async def test_what_is_listed_and_what_happens_then_is_shown() -> None:
    told, _, asked = await follow(page("a", "b"), [event("ADDED", "c", 11), event("DELETED", "a", 12)])

    assert told.names == {"finance/b", "finance/c"}
    assert told.told == ["watched"]
    assert asked[:2] == ["list", "watch 10"]


@pytest.mark.parametrize(
    ("counted", "total"),
    [
        (b'{"metadata":{"resourceVersion":"10","remainingItemCount":9999},"items":[]}', 10_000),
        (b'{"metadata":{"resourceVersion":"10"},"items":[]}', 1),
        (b"no list", 0),
        (SLOW_DOWN, 0),
    ],
)
async def test_of_all_namespaces_it_is_told_how_many_there_are_if_the_api_server_says_so(
    counted: bytes | ApiError, total: int
) -> None:
    told, _, asked = await follow(page("a"), counted, [event("ADDED", "b", 11)], namespace=None)

    assert (told.names, told.total) == ({"finance/a", "finance/b"}, total)
    assert asked[:3] == ["list", "list one", "watch 10"]


async def test_what_is_no_object_hides_nothing_else() -> None:
    listed = b'{"metadata":{"resourceVersion":"10"},"items":[7,{"metadata":{"name":"a","namespace":"finance"}}]}'
    told, _, _ = await follow(listed, [event("ADDED", "b", 11)])

    assert told.names == {"finance/a", "finance/b"}


async def test_a_bookmark_is_no_change_and_the_watch_goes_on_from_there() -> None:
    told, _, asked = await follow(page("a"), [event("BOOKMARK", "", 40)])

    assert told.names == {"finance/a"}
    assert asked == ["list", "watch 10", "watch 40"]


async def test_a_version_that_is_gone_is_listed_anew_and_nobody_is_alarmed() -> None:
    told, _, asked = await follow(page("a", "b"), GONE_WATCH, page("b", version=50), [event("ADDED", "c", 51)])

    assert told.names == {"finance/b", "finance/c"}
    assert told.told == ["watched", "watched"]
    assert asked[:4] == ["list", "watch 10", "list", "watch 50"]


async def test_a_watch_that_breaks_is_told_and_goes_on() -> None:
    told, _, asked = await follow(
        page("a"), [event("ADDED", "b", 11), BROKEN], page(version=11), [event("ADDED", "c", 12)]
    )

    assert told.names == {"finance/a", "finance/b", "finance/c"}
    assert told.told == ["watched", "broke", "watched"]
    assert asked[:4] == ["list", "watch 10", "list one", "watch 11"]


@pytest.mark.parametrize("failure", [BROKEN, SLOW_DOWN], ids=["5xx", "429"])
async def test_a_list_that_fails_is_tried_again(failure: ApiError) -> None:
    told, time, _ = await follow(failure, page("a"), [event("ADDED", "b", 11)])

    assert told.names == {"finance/a", "finance/b"}
    assert told.told == ["broke", "watched"]
    assert time.slept[0] == (3.0 if failure is SLOW_DOWN else 0.2)


async def test_without_the_right_to_watch_it_is_listed_each_15_seconds() -> None:
    told, time, asked = await follow(page("a"), DENIED, page("b", version=20), DENIED, page("c", version=30), DENIED)

    assert told.names == {"finance/c"}
    assert set(told.told) == {"broke", "polled"}
    assert time.slept == [15.0, 15.0, 15.0]
    assert asked == ["list", "watch 10", "list", "watch 20", "list", "watch 30", "list"]


async def test_without_the_right_to_list_it_is_asked_seldom_and_said() -> None:
    told, time, asked = await follow(DENIED, DENIED)

    assert told.told == ["broke", "forbidden", "broke", "forbidden"]
    assert time.slept == [15.0, 15.0]
    assert asked == ["list", "list", "list"]


async def test_a_right_that_is_taken_away_meanwhile_is_known_with_the_next_list() -> None:
    told, time, _ = await follow(page("a"), [event("ADDED", "b", 11)], DENIED, DENIED)

    assert told.told == ["watched", "broke", "broke", "forbidden"]
    assert time.slept == [0.2, 15.0]


async def test_a_right_that_is_granted_meanwhile_is_used() -> None:
    told, _, _ = await follow(page("a"), DENIED, page("a", version=20), [event("ADDED", "b", 21)])

    assert told.told == ["broke", "polled", "watched"]
    assert told.names == {"finance/a", "finance/b"}


class TestTheClockOfTheApiServer:
    """Is asked for, and tells whether the API server answers."""

    @pytest.mark.parametrize(
        ("answer", "ahead"),
        [
            pytest.param(60.0, 60.0, id="another time"),
            pytest.param(1.0, 0.0, id="a second's difference, which is none"),
            pytest.param(UnavailableError("no answer"), Silence.NO_ANSWER, id="no answer"),
            pytest.param(502, Silence.NO_ANSWER, id="a proxy's refusal"),
            pytest.param(401, Silence.LOGIN_ENDED, id="a login that ended"),
            pytest.param(403, 0.0, id="a refusal"),
            pytest.param(429, 0.0, id="later"),
        ],
    )
    async def test_is_known_by_its_answer(self, answer: float | ApiError, ahead: float | Silence) -> None:
        class Server:
            async def fetch(self, call: Request) -> Response:
                assert call.path == "/version"
                if isinstance(answer, ApiError):
                    raise answer
                if isinstance(answer, int):
                    error = UnavailableError(str(answer))
                    error.status = answer
                    raise error
                date = NOW + timedelta(seconds=answer)
                return Response(200, {"date": date.strftime("%a, %d %b %Y %H:%M:%S GMT")}, b"{}")

        time = FollowingTime(lambda: NOW, lambda: 0.0, asyncio.sleep, 15.0)
        assert await KubeFollower(cast("Connection", Server()), time).seconds_ahead() == ahead
