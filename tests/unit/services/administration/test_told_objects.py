"""What a person writes is in what their pages look at before the watch tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.services.administration.live import LiveViews
from pharia_access.services.administration.told_objects import ToldObjects
from tests.support.administration.contexts import context_of
from tests.support.administration.fake_objects import FakeObjects
from tests.support.administration.played_follower import PlayedClock, PlayedFollower, settle
from tools.control_plane.resources import api_credential, api_token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

KEY = ObjectKey("finance", "ci")


@pytest.fixture
async def views() -> AsyncIterator[LiveViews]:
    views = LiveViews(PlayedFollower(), PlayedClock())
    for kind in (TokenSummary, CredentialSummary):
        views.keep(kind, None)
        views.keep(kind, "finance")
    await settle()
    yield views
    views.close()


def revoked(views: LiveViews) -> list[bool | None]:
    """Whether the token is, by each list that may have it; None where it has none."""
    lists = [views.find(TokenSummary, scope) for scope in (None, "finance")]
    items = [live.items.get("finance/ci") for live in lists if live is not None]
    return [None if item is None else item.revoked for item in items]


async def test_each_write_is_known_in_its_namespace_and_among_all(views: LiveViews) -> None:
    objects = ToldObjects(context_of(FakeObjects()).objects, views)

    created = await objects.create(TokenSummary, KEY, {"credentialRef": {"name": "bot"}})
    assert revoked(views) == [False, False]
    await objects.patch(created, {"revoked": True})
    assert revoked(views) == [True, True]
    await objects.delete(await objects.read(TokenSummary, KEY))
    assert revoked(views) == [None, None]


async def test_what_a_finalizer_holds_stays(views: LiveViews) -> None:
    there = FakeObjects(finalizers=("a/b",)).put(api_token("finance", "ci"))
    objects = ToldObjects(context_of(there).objects, views)

    assert await objects.delete(await objects.read(TokenSummary, KEY)) is not None

    assert revoked(views) == [False, False]


async def test_lists_and_questions_go_to_the_api_server(views: LiveViews) -> None:
    there = FakeObjects().put(api_credential("finance"))
    objects = ToldObjects(context_of(there).objects, views)

    assert [len(page.items) async for page in objects.pages(CredentialSummary, "finance")] == [1]
    assert await objects.has_namespace("finance")
    assert await objects.has_account(ObjectKey("finance", "app")) is None


async def test_a_list_that_is_not_whole_yet_is_told_nothing() -> None:
    views = LiveViews(PlayedFollower(), PlayedClock())
    live = views.keep(TokenSummary, None)

    await ToldObjects(context_of(FakeObjects()).objects, views).create(TokenSummary, KEY, {})

    assert not live.items
    views.close()
