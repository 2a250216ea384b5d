"""What a page lists anew comes from what is followed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.administration.summaries import RoleSummary, TokenSummary
from pharia_access.domain.administration.workload_tokens import WorkloadSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import ForbiddenError, UnavailableError
from pharia_access.services.administration.live import LiveViews
from pharia_access.services.administration.live_kinds import KINDS, LiveKind
from pharia_access.services.administration.live_objects import AheadClock, LiveObjects, ReviewedObjects
from pharia_access.services.administration.queries import list_all, summaries
from tests.support.administration.contexts import context_of
from tests.support.administration.credential_cluster import a_cluster
from tests.support.administration.fake_objects import FakeObjects
from tests.support.administration.played_follower import PlayedClock, PlayedFollower, settle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pharia_access.domain.administration.stored import Right

CI = TokenSummary(ObjectKey("finance", "ci"), "1", "invoice-bot", None)
OTHER = TokenSummary(ObjectKey("finance", "nightly"), "2", "reporter", None)


@pytest.fixture
def objects() -> FakeObjects:
    return a_cluster()


@pytest.fixture
def follower() -> PlayedFollower:
    return PlayedFollower()


@pytest.fixture
async def views(follower: PlayedFollower) -> AsyncIterator[LiveViews]:
    """Of a person whose page shows two tokens."""
    followed = LiveViews(follower, PlayedClock())
    with followed.subscribed("finance"):
        await settle()
        for token in (OTHER, CI):
            follower.lives["finance", "tokens"].put(token)
        yield followed
    followed.close()
    await settle()


async def test_a_list_is_not_asked_of_the_api_server(objects: FakeObjects, views: LiveViews) -> None:
    objects.forbidden = {"list ApiToken"}

    assert await listed(objects, views) == ["ci", "nightly"]


async def test_a_list_is_of_one_credential_where_that_is_asked(objects: FakeObjects, views: LiveViews) -> None:
    assert await listed(objects, views, fields="spec.credentialRef.name=reporter") == ["nightly"]


@pytest.mark.parametrize("how", ["broken", "forbidden", "another namespace", "another selector"])
async def test_a_list_is_asked_of_the_api_server_where_it_is_not_followed(
    how: str, objects: FakeObjects, views: LiveViews, follower: PlayedFollower
) -> None:
    objects.forbidden = {"list ApiToken"}
    if how == "broken":
        follower.lives["finance", "tokens"].broke()
    if how == "forbidden":
        follower.lives["finance", "tokens"].forbidden()
    fields = "status.phase=Active" if how == "another selector" else ""

    with pytest.raises(ForbiddenError):
        await listed(objects, views, "sales" if how == "another namespace" else "finance", fields=fields)


async def test_roles_are_followed_in_no_namespace(
    objects: FakeObjects, views: LiveViews, follower: PlayedFollower
) -> None:
    objects.forbidden = {"list ApiRole"}
    follower.lives[None, "roles"].put(RoleSummary("studio-user", "", "", ("*",), None))

    roles = LiveObjects(context_of(objects).objects, views).pages(RoleSummary, None)

    assert [role.summary.name async for page in roles for role in page.items] == ["studio-user"]


async def test_who_looks_for_themselves_is_shown_what_is_watched_while_they_may_list_it(
    objects: FakeObjects, views: LiveViews
) -> None:
    objects.forbidden = {"list ApiToken"}  # no list is asked for

    assert await reviewed(objects, views) == ["ci", "nightly"]


@pytest.mark.parametrize("how", ["revoked", "polled", "not told"])
async def test_who_looks_for_themselves_is_answered_by_the_list_where_a_review_does_not_allow_it(
    how: str, objects: FakeObjects, views: LiveViews, follower: PlayedFollower, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects.forbidden = {"list ApiToken", *(["list apitokens"] if how == "revoked" else [])}
    if how == "polled":
        follower.lives["finance", "tokens"].polled()
    if how == "not told":
        monkeypatch.setattr(FakeObjects, "may", untold)

    with pytest.raises(ForbiddenError, match="you may not list ApiToken"):
        await reviewed(objects, views)


@pytest.mark.parametrize(("kind", "resource"), [(TokenSummary, "apitokens"), (WorkloadSummary, "workloadtokens")])
def test_rights_call_a_kind_by_its_resource(kind: type[object], resource: str) -> None:
    assert LiveKind[TokenSummary](KINDS[kind], PlayedClock(), lambda _: None).resource == resource


async def test_the_time_is_the_api_server_s(views: LiveViews) -> None:
    clock = PlayedClock()
    views.ahead_seconds = -90.0

    assert AheadClock(clock, views).now() == clock.now() - timedelta(seconds=90)


async def listed(objects: FakeObjects, views: LiveViews, namespace: str = "finance", *, fields: str = "") -> list[str]:
    context = context_of(objects)
    pages = LiveObjects(context.objects, views).pages(TokenSummary, namespace, fields=fields)
    return [token.key.name for token in await list_all(context, pages, summaries, "tokens")]


async def reviewed(objects: FakeObjects, views: LiveViews) -> list[str]:
    context = context_of(objects)
    pages = ReviewedObjects(context.objects, views).pages(TokenSummary, "finance")
    return [token.key.name for token in await list_all(context, pages, summaries, "tokens")]


async def untold(_self: FakeObjects, _right: Right, _namespace: str) -> bool:
    msg = "the API server is silent"
    raise UnavailableError(msg)
