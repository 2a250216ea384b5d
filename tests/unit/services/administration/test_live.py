"""Pages are told of what changes: each of its own, all of them from one list and one watch."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.administration.silence import Silence
from pharia_access.domain.administration.summaries import CredentialSummary, RoleSummary, TokenSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.services.administration.live import LiveViews
from tests.support.administration.played_follower import PlayedClock, PlayedFollower, settle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CI = TokenSummary(ObjectKey("finance", "ci"), "1", "invoice-bot", None)
ROLE = RoleSummary("studio-user", "", "", ("*",), None)
OTHER = TokenSummary(ObjectKey("finance", "nightly"), "2", "reporter", None)


@pytest.fixture
def clock() -> PlayedClock:
    return PlayedClock()


@pytest.fixture
def follower() -> PlayedFollower:
    return PlayedFollower()


@pytest.fixture
async def views(follower: PlayedFollower, clock: PlayedClock) -> AsyncIterator[LiveViews]:
    made = LiveViews(follower, clock, linger_seconds=0.0)
    yield made
    made.close()
    await settle()


async def test_two_pages_of_a_namespace_share_one_list_and_one_watch(
    views: LiveViews, follower: PlayedFollower
) -> None:
    with views.subscribed("finance"), views.subscribed("finance", "invoice-bot"):
        await settle()

    assert follower.begun == ["finance credentials", "finance tokens", "all roles"]


async def test_pages_share_what_they_both_show_and_nobody_follows_what_no_page_shows(
    views: LiveViews, follower: PlayedFollower
) -> None:
    with (
        views.subscribed(None, kinds=[CredentialSummary, RoleSummary]),
        views.subscribed(None, kinds=[CredentialSummary, TokenSummary]),
        views.subscribed("finance", kinds=[RoleSummary]),
    ):
        await settle()

        assert follower.begun == ["all credentials", "all roles", "all tokens"]


async def test_a_page_is_told_of_what_it_shows_only(views: LiveViews, follower: PlayedFollower) -> None:
    with (
        views.subscribed(None, kinds=[RoleSummary]) as roles,
        views.subscribed(None, kinds=[TokenSummary]) as tokens,
        views.subscribed("finance", "invoice-bot") as about,
    ):
        await settle()
        roles.changed = tokens.changed = about.changed = False
        follower.lives[None, "roles"].put(ROLE)

        assert (roles.changed, tokens.changed, about.changed) == (True, False, True)


async def test_a_page_is_told_of_its_own_credential_only(views: LiveViews, follower: PlayedFollower) -> None:
    with views.subscribed("finance", "invoice-bot") as about, views.subscribed("finance") as every:
        await settle()
        about.changed = every.changed = False
        follower.lives["finance", "tokens"].put(OTHER)
        told_of_another = about.changed, every.changed
        follower.lives["finance", "tokens"].put(CI)

        assert told_of_another == (False, True)
        assert about.changed


async def test_what_is_written_without_a_difference_is_no_change(views: LiveViews, follower: PlayedFollower) -> None:
    with views.subscribed("finance") as page:
        await settle()
        follower.lives["finance", "tokens"].put(CI)
        page.changed = False
        follower.lives["finance", "tokens"].put(replace(CI))
        follower.lives["finance", "tokens"].listed(["finance/ci"])

        assert not page.changed


async def test_a_list_without_an_object_tells_that_it_is_gone(views: LiveViews, follower: PlayedFollower) -> None:
    with views.subscribed("finance") as page:
        await settle()
        follower.lives["finance", "tokens"].put(CI)
        page.changed = False
        follower.lives["finance", "tokens"].listed([])

        assert page.changed
        assert dict(follower.lives["finance", "tokens"].items) == {}


async def test_a_page_that_does_not_listen_costs_nothing(views: LiveViews, follower: PlayedFollower) -> None:
    with views.subscribed("finance") as page:
        await settle()
        for number in range(10_000):
            follower.lives["finance", "tokens"].put(replace(CI, description=str(number)))
        await page.wait(60)
        page.changed = False
        waiting = asyncio.create_task(page.wait(60))
        await settle()

        assert not waiting.done()  # 10,000 changes are one to tell
        waiting.cancel()


async def test_of_too_many_pages_the_oldest_is_told_no_more(views: LiveViews) -> None:
    opened = [views.subscribed("finance") for _ in range(5)]
    pages = [each.__enter__() for each in opened]

    assert [page.ended for page in pages] == ["moved", "", "", "", ""]
    for each in opened:
        each.__exit__(None, None, None)


async def test_signing_out_ends_every_page_and_what_it_follows(views: LiveViews, follower: PlayedFollower) -> None:
    with views.subscribed("finance") as page, views.subscribed("sales") as other:
        await settle()
        views.close()
        await settle()

        assert (page.ended, other.ended) == ("over", "over")
        assert follower.following == 0
        assert views.find(TokenSummary, "finance") is None


async def test_a_namespace_without_pages_is_followed_no_more(views: LiveViews, follower: PlayedFollower) -> None:
    with views.subscribed("finance"):
        await settle()
    await settle()

    assert follower.following == 0
    assert views.find(TokenSummary, "finance") is None


async def test_a_page_that_comes_back_in_time_finds_what_was_followed(
    follower: PlayedFollower, clock: PlayedClock
) -> None:
    views = LiveViews(follower, clock)
    with views.subscribed("finance"):
        await settle()
    before = views.find(TokenSummary, "finance")
    with views.subscribed("finance"):
        await settle()
    after = views.find(TokenSummary, "finance")
    views.close()
    await settle()

    assert after is before
    assert len(follower.begun) == 3


@pytest.mark.parametrize("silence", Silence)
async def test_a_silent_api_server_is_told_and_all_is_listed_anew_once_it_answers(
    silence: Silence, views: LiveViews, follower: PlayedFollower, clock: PlayedClock
) -> None:
    with views.subscribed("finance") as page:
        await settle()
        assert views.standing(page).state == "live"
        follower.ahead = silence
        await clock.advance(11)
        away = views.standing(page)
        follower.ahead = 0.0
        await clock.advance(3)
        assert away.state == "away"
        assert away.sentence.startswith("Not live since ")
        assert f": {silence}. Nothing can be changed." in away.sentence
        assert views.standing(page).state == "live"
        assert len(follower.begun) == 6


async def test_a_watch_that_breaks_is_told_unless_it_is_back_at_once(
    views: LiveViews, follower: PlayedFollower, clock: PlayedClock
) -> None:
    with views.subscribed("finance") as page:
        await settle()
        follower.lives["finance", "tokens"].broke()
        at_once = views.standing(page).state
        await clock.advance(4)
        later = views.standing(page).state
        follower.lives["finance", "tokens"].watched()

        assert (at_once, later, views.standing(page).state) == ("live", "broken", "live")


async def test_a_fault_of_ours_ends_the_stream_and_the_next_one_begins_anew(
    views: LiveViews, follower: PlayedFollower, clock: PlayedClock
) -> None:
    told: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["message"]))
    with views.subscribed("finance") as page:
        await settle()
        follower.fault = RuntimeError("a fault")
        await clock.advance(10)

        assert page.ended == "failed"
        assert told == ["asking whether the API server answers failed"]
        follower.fault = None
        with views.subscribed("finance") as anew:
            await settle()
            assert views.standing(anew).state == "live"


async def test_a_fault_in_following_one_kind_ends_the_pages_that_show_it(
    views: LiveViews, follower: PlayedFollower
) -> None:
    told: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["message"]))
    with views.subscribed(None, kinds=[TokenSummary]) as tokens, views.subscribed(None, kinds=[RoleSummary]) as roles:
        await settle()
        follower.broken["tokens"].set_exception(RuntimeError("a fault"))
        await settle()

        assert (tokens.ended, roles.ended) == ("failed", "")
        assert told == ["following tokens failed"]
        assert views.find(TokenSummary, None) is None


async def test_the_right_that_is_missing_is_named(views: LiveViews, follower: PlayedFollower) -> None:
    with views.subscribed("finance") as page:
        await settle()
        follower.lives["finance", "credentials"].polled()
        follower.lives["finance", "tokens"].forbidden()

        assert views.standing(page).state == "partly"
        assert views.standing(page).sentence == (
            "Looks every 15 seconds: "
            "you may not watch credentials here (verb watch on apicredentials.access.pharia.ai). "
            "Without tokens: you may not list them here (verb list on apitokens.access.pharia.ai)."
        )
