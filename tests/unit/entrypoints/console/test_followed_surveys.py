"""The tokens of all namespaces are read once for a browser, and followed from then on."""

from __future__ import annotations

from typing import Any

import pytest

from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.entrypoints.console import surveys
from pharia_access.errors import UnavailableError
from pharia_access.services.administration.live import LiveViews
from tests.support.administration.contexts import context_of
from tests.support.administration.fake_objects import FakeObjects
from tests.support.administration.listing_follower import ListingFollower
from tests.support.administration.played_follower import PlayedClock
from tests.support.console.consoles import Opened, signed_in
from tests.support.console.token_lists import EVERYWHERE, HERE, many, names, several, token


async def opened(objects: FakeObjects) -> tuple[Opened, ListingFollower]:
    follower = ListingFollower(objects=objects)
    return await signed_in(objects, views=lambda: LiveViews(follower, PlayedClock())), follower


async def test_all_namespaces_are_read_once_and_sorted_filtered_and_counted_from_there() -> None:
    console, follower = await opened(several())

    assert names(await console.browser.get(EVERYWHERE)) == ["alpha", "beta", "gamma"]
    assert names(await console.browser.get(f"{EVERYWHERE}?sort=-name&role=studio-user")) == ["gamma", "beta", "alpha"]
    assert "3 Active" in (await console.browser.get("/overview")).document.by_id["counts"]
    assert sorted(follower.begun) == ["all credentials", "all tokens"]


async def test_what_is_told_later_is_shown_and_nothing_is_read_again() -> None:
    console, follower = await opened(several())
    await console.browser.get(EVERYWHERE)

    follower.lives[None, "tokens"].drop("finance/alpha")

    assert names(await console.browser.get(EVERYWHERE)) == ["beta", "gamma"]
    assert len(follower.begun) == 2


async def test_what_the_person_did_is_shown_at_once() -> None:
    console, follower = await opened(several())
    await console.browser.get(EVERYWHERE)
    asked = await console.browser.get(f"{HERE}/alpha/revoke")
    await console.browser.submit(asked, "confirmation")

    assert names(await console.browser.get(f"{EVERYWHERE}?state=revoked")) == ["alpha"]
    assert len(follower.begun) == 2


async def test_who_may_not_list_everywhere_is_told_which_right_is_missing() -> None:
    objects = several()
    objects.forbidden.add("list all ApiToken")
    console, _ = await opened(objects)

    shown = await console.browser.get(EVERYWHERE)

    assert shown.status == 403
    assert "list all ApiToken" in shown.document.by_id["forbidden"]


async def test_who_may_not_list_credentials_sees_tokens_and_that_roles_are_missing() -> None:
    objects = several()
    objects.forbidden.add("list all ApiCredential")
    console, _ = await opened(objects)

    shown = await console.browser.get(EVERYWHERE)

    assert names(shown) == ["alpha", "beta", "gamma"]
    assert "you may not list all ApiCredential" in shown.document.by_id["unseen"]


async def test_where_following_does_not_work_the_tokens_are_read() -> None:
    objects = several()
    objects.refused["list all ApiToken"] = UnavailableError("gone for a moment")
    console, _ = await opened(objects)

    assert names(await console.browser.get(EVERYWHERE)) == ["alpha", "beta", "gamma"]


@pytest.mark.parametrize(("comes", "waits"), [(0, 1), (1, 2), (5, 6)])
async def test_a_first_list_is_waited_for_as_long_as_objects_come(comes: int, waits: int) -> None:
    kind: Any = Unhurried(comes)

    await surveys._listed(kind)

    assert kind.waits == waits


class Unhurried:
    """A list that is never over: each time that somebody waited too long for it, an object has come, so many times."""

    def __init__(self, comes: int) -> None:
        self.items: dict[str, object] = {}
        self.waits = 0
        self._comes = comes

    async def begun(self) -> None:
        self.waits += 1
        if self.waits <= self._comes:
            self.items[str(self.waits)] = self
        raise TimeoutError


async def test_an_empty_cluster_says_so() -> None:
    console, _ = await opened(FakeObjects())

    assert "There is no token in the cluster." in (await console.browser.get(EVERYWHERE)).document.by_id["empty"]


@pytest.mark.parametrize(("count", "anew"), [(surveys.LONG + 1, True), (3, False)])
async def test_a_long_list_of_a_namespace_comes_from_what_an_open_page_follows(count: int, *, anew: bool) -> None:
    console, follower = await opened(many(count))
    await console.browser.get("/overview")
    (session,) = console.console.sessions._open.values()  # as an open page would
    assert session.views is not None
    for kind in surveys.FOLLOWED:
        session.views.keep(kind, "finance")
        await session.views.keep(kind, "finance").begun()
    console.objects.put(token("a-new-one"))

    shown = names(await console.browser.get(f"{HERE}?q=a-new-one"))

    assert shown == ([] if anew else ["a-new-one"])
    follower.lives["finance", "tokens"].put(
        (await context_of(console.objects).objects.read(TokenSummary, ObjectKey("finance", "a-new-one"))).summary
    )
    assert names(await console.browser.get(f"{HERE}?q=a-new-one")) == ["a-new-one"]
