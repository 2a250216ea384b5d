"""Changes of a credential that another has changed meanwhile."""

from __future__ import annotations

import pytest

from pharia_access.errors import ConflictError
from pharia_access.services.administration import credentials
from pharia_access.services.administration.patching import MOST_TRIES
from tests.support.administration.contexts import context_of
from tests.support.administration.credential_cluster import KEY, a_cluster
from tests.support.administration.fake_objects import FakeObjects


def write_status(objects: FakeObjects) -> None:
    objects.put({**objects.body("ApiCredential", KEY.name), "status": {"tokens": {"active": 7}}})


async def test_a_status_written_meanwhile_does_no_harm() -> None:
    objects, times = a_cluster(), iter([True] * (MOST_TRIES - 1))
    context = context_of(objects)
    plan = await credentials.plan_suspension(context, KEY.name, suspended=True)

    def write() -> None:
        if next(times, False):
            write_status(objects)

    objects.before_patch = write

    assert (await credentials.edit(context, plan)).summary.suspended


async def test_a_status_that_never_rests_is_a_conflict() -> None:
    objects = a_cluster()
    context = context_of(objects)
    plan = await credentials.plan_suspension(context, KEY.name, suspended=True)
    objects.before_patch = lambda: write_status(objects)

    with pytest.raises(ConflictError):
        await credentials.edit(context, plan)


async def test_a_spec_that_people_changed_meanwhile_is_not_overrun() -> None:
    objects = a_cluster()
    context = context_of(objects)
    plan = await credentials.plan_suspension(context, KEY.name, suspended=True)
    objects.put({**objects.body("ApiCredential", KEY.name), "spec": {"roles": ["os-user"]}})

    with pytest.raises(ConflictError):
        await credentials.edit(context, plan)
