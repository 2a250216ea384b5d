"""What a page lists anew comes from what is followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.administration.summaries import RoleSummary, TokenSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import ForbiddenError
from pharia_access.services.administration.live import LiveNamespace
from pharia_access.services.administration.live_objects import LiveObjects
from pharia_access.services.administration.queries import list_all, summaries
from tests.support.administration.contexts import context_of
from tests.support.administration.credential_cluster import a_cluster
from tests.support.administration.played_follower import PlayedClock, PlayedFollower

if TYPE_CHECKING:
    from tests.support.administration.fake_objects import FakeObjects

CI = TokenSummary(ObjectKey("finance", "ci"), "1", "invoice-bot", None)
OTHER = TokenSummary(ObjectKey("finance", "nightly"), "2", "reporter", None)


@pytest.fixture
def objects() -> FakeObjects:
    return a_cluster()


@pytest.fixture
def live() -> LiveNamespace:
    followed = LiveNamespace(PlayedFollower(), PlayedClock(), "finance")
    for token in (OTHER, CI):
        followed.tokens.put(token)
    followed.tokens.watched()
    return followed


async def test_a_list_is_not_asked_of_the_api_server(objects: FakeObjects, live: LiveNamespace) -> None:
    objects.forbidden = {"list ApiToken"}

    assert await listed(objects, live) == ["ci", "nightly"]


async def test_a_list_is_of_one_credential_where_that_is_asked(objects: FakeObjects, live: LiveNamespace) -> None:
    assert await listed(objects, live, fields="spec.credentialRef.name=reporter") == ["nightly"]


@pytest.mark.parametrize("how", ["broken", "forbidden", "another namespace", "another selector"])
async def test_a_list_is_asked_of_the_api_server_where_it_is_not_followed(
    how: str, objects: FakeObjects, live: LiveNamespace
) -> None:
    objects.forbidden = {"list ApiToken"}
    if how == "broken":
        live.tokens.broke()
    if how == "forbidden":
        live.tokens.forbidden()
    fields = "status.phase=Active" if how == "another selector" else ""

    with pytest.raises(ForbiddenError):
        await listed(objects, live, "sales" if how == "another namespace" else "finance", fields=fields)


async def test_a_list_is_of_other_kinds_as_ever(objects: FakeObjects, live: LiveNamespace) -> None:
    context = context_of(objects)
    followed, asked = LiveObjects(context.objects, live), context.objects

    roles = [role async for page in followed.pages(RoleSummary, None) for role in page.items]

    assert [role.body for role in roles] == [
        role.body async for page in asked.pages(RoleSummary, None) for role in page.items
    ]
    assert live.credentials.items == {}


async def listed(
    objects: FakeObjects, live: LiveNamespace, namespace: str = "finance", *, fields: str = ""
) -> list[str]:
    context = context_of(objects)
    pages = LiveObjects(context.objects, live).pages(TokenSummary, namespace, fields=fields)
    return [token.key.name for token in await list_all(context, pages, summaries, "tokens")]
