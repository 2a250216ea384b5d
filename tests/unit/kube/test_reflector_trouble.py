"""Lists and watches that are refused or break off: where they go on, and how long they wait before it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from pharia_access.errors import ForbiddenError, ResourceExpiredError, UnavailableError
from tests.support.fakes.scripted_watches import BROKEN, GONE, GONE_WATCH, Early, Watch, event, page, run


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
        pytest.param(ResourceExpiredError("410"), "expired", id="410"),
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


async def test_after_a_long_silence_a_watch_does_not_go_on_where_it_broke_off() -> None:
    """Its first event would make the view new, though what revokes a token may still wait behind it."""
    done = await run(page("a"), [BROKEN], BROKEN, BROKEN, page("b", version=30), resumes_within=0.5)

    assert done.asked == ["list", "watch 10", "list", "list page", "list", "watch 30"]


async def test_a_list_whose_pages_expire_begins_again() -> None:
    done = await run(page("a", more="p2"), ResourceExpiredError("410"), page("b"))

    assert done.asked == ["list", "list p2", "list", "watch 10"]


async def test_after_a_list_that_breaks_off_the_next_one_is_in_pages_and_then_whole_again() -> None:
    done = await run(BROKEN, page("a", more="p2"), BROKEN, page("b"), GONE_WATCH, page("b"))

    assert done.asked == ["list", "list page", "list p2", "list", "watch 10", "list", "watch 10"]


async def test_who_is_not_let_in_asks_again_ever_more_slowly_and_is_told_why(caplog: pytest.LogCaptureFixture) -> None:
    done = await run(*[ForbiddenError("GET: 403")] * 8)

    assert done.asked == ["list"] * 9
    assert done.told == ["interrupted denied", "denied"] * 8
    assert done.time.slept == sorted(done.time.slept)
    assert (done.time.slept[0], done.time.slept[-1]) == (0.1, 2.5)
    assert [record.__dict__["problem"] for record in caplog.records] == [
        "GET: 403. Give the ServiceAccount the verbs list and watch on apitokens.access.pharia.ai."
    ]


async def test_a_server_that_sends_retry_after_is_heeded_up_to_a_minute_and_is_asked_the_same_again() -> None:
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
    denied = ForbiddenError("GET: 403")
    await run(denied, denied, page(), [event("ADDED")], denied, page(version=11), denied)

    assert [record.__dict__["cause"] for record in caplog.records if record.levelname == "WARNING"] == ["denied"] * 2


async def test_a_watch_that_ends_early_goes_on_once_the_server_did_not_go_back() -> None:
    done = await run(page(), Early([event("ADDED", "a", 11)]), page(version=9), page("b", version=9))

    assert done.asked == ["list", "watch 10", "list one", "list", "watch 9"]
    assert done.told[-3:] == ["interrupted rewound", "put b", "listed finance/b in finance"]


async def test_after_half_a_list_no_watch_goes_back_behind_it() -> None:
    done = await run(page(), [], page("b", more="p2", version=50), BROKEN, page("b", version=52))

    assert done.asked == ["list", "watch 10", "list", "list p2", "list page", "watch 52"]
