"""Lists and watches against a scripted API server: what the keeper of the view is told, and what is asked next."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from pharia_access.errors import ApiError, ForbiddenError, UnavailableError
from tests.support.fakes.scripted_watches import BROKEN, Slow, event, item, page, run


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


async def test_each_piece_of_a_list_and_each_watch_that_begins_is_a_sign_of_life_and_a_list_of_one_is_none() -> None:
    done = await run(page("a", more="p2"), page("b"), [BROKEN], page(version=10), [event("ADDED", "c", 16)])

    assert done.asked == ["list", "list p2", "watch 10", "list one", "watch 10", "watch 16"]
    assert len(done.diary.signs) == 4
    assert done.diary.signs == sorted(done.diary.signs)


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


@pytest.mark.parametrize("answer", [page(version=20), b"{", UnavailableError("503"), ForbiddenError("403")])
async def test_halfway_the_server_is_made_to_ask_how_far_it_is_whatever_comes_of_it(answer: bytes | ApiError) -> None:
    done = await run(page(), Slow([event("BOOKMARK", "", 20)]), answer)

    assert done.asked == ["list", "watch 10", "list one", "watch 20"]
    assert done.time.slept == [30.0]
    assert done.told == ["listed  in finance"]


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
