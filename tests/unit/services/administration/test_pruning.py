"""Ended tokens, deleted: only what ended long ago, what nobody can use, and what would not come back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pharia_access.domain.times import format_time
from pharia_access.services.administration.plans import BlockedError
from pharia_access.services.administration.pruning import plan_pruning, prune
from tests.support.administration.contexts import context_of
from tests.support.administration.fake_objects import FakeObjects
from tests.support.builders.domain_objects import NOW
from tools.control_plane.resources import api_credential, api_token

Json = dict[str, Any]
DAY = timedelta(days=1)
MINTED = {"tokenID": "q7c3q7c3q7c3q7c3", "hash": "x", "credential": {"name": "invoice-bot", "uid": "uid-1"}}


def ended(name: str, *, phase: str = "Expired", ago: timedelta = 40 * DAY, **metadata: Any) -> Json:  # noqa: ANN401
    """A token that ended so long ago, if its status tells the truth."""
    body = api_token("finance", name, revoked=phase == "Revoked")
    issued, end = format_time(NOW - 200 * DAY), format_time(NOW - ago)
    status = {**MINTED, "phase": phase, "issuedAt": issued, "expiresAt": end, "endsAt": end}
    place = {"uid": f"uid-of-{name}", "resourceVersion": "1", **body["metadata"]}
    return {**body, "metadata": {**place, **metadata}, "status": status}


def a_cluster(*tokens: Json) -> FakeObjects:
    return FakeObjects().put(api_credential("finance"), *tokens)


async def pruned(objects: FakeObjects, *, dry: bool = False) -> tuple[list[str], tuple[str, ...]]:
    """The tokens that were deleted, and what was told."""
    context = context_of(objects, dry_run=dry)
    plan = await plan_pruning(context, 30 * DAY)
    done = [stored.summary.key.name async for stored, deleted in prune(context, plan) if deleted]
    return done, plan.notes


async def test_what_ended_long_ago_goes_the_oldest_first() -> None:
    objects = a_cluster(
        ended("expired"),
        ended("revoked", phase="Revoked", ago=50 * DAY),
        ended("lately", ago=29 * DAY),
        api_token("finance", "waits"),
    )

    done, notes = await pruned(objects)

    assert (done, notes) == (["revoked", "expired"], ())
    assert {name for kind, _, name in objects.bodies if kind == "ApiToken"} == {"lately", "waits"}


def owned(kind: str) -> list[Json]:
    return [{"apiVersion": "example.com/v1", "kind": kind, "name": "x", "uid": "y", "controller": True}]


@pytest.mark.parametrize(
    ("token", "why"),
    [
        pytest.param(
            ended("ci", annotations={"argocd.argoproj.io/tracking-id": "x"}),
            "it would be created, and minted, again (by Argo CD)",
            id="Argo CD",
        ),
        pytest.param(
            ended("ci", managedFields=[{"manager": "kustomize-controller"}]),
            "it would be created, and minted, again (by kustomize-controller)",
            id="a field manager",
        ),
        pytest.param(
            ended("ci", annotations={"meta.helm.sh/release-name": "apps"}),
            "it would be created, and minted, again (by the Helm release apps)",
            id="Helm",
        ),
        pytest.param(
            ended("ci", ownerReferences=owned("Claim")),
            "it would be created, and minted, again (by its Claim)",
            id="another controller",
        ),
        pytest.param(ended("ci", deletionTimestamp="2026-11-23T12:00:00Z"), "it is being deleted", id="deleting"),
        pytest.param(
            {
                **ended("ci", phase="Revoked"),
                "spec": {"credentialRef": {"name": "invoice-bot"}},
                "status": {**ended("ci", phase="Revoked")["status"], "expiresAt": format_time(NOW + DAY)},
            },
            "it may be used still",
            id="a phase that is not true",
        ),
    ],
)
async def test_what_comes_back_or_is_not_over_is_kept_and_told(token: Json, why: str) -> None:
    done, notes = await pruned(a_cluster(token))

    assert done == []
    assert notes == (f"token ci is kept: {why}.", "No token but those ended more than 30 days ago.")


async def test_what_changed_since_it_was_listed_is_kept() -> None:
    objects = a_cluster(ended("ci"))
    context = context_of(objects)
    plan = await plan_pruning(context, 30 * DAY)
    objects.put({**objects.body("ApiToken", "ci"), "spec": {"description": "still looked at"}})

    results = [deleted async for _, deleted in prune(context, plan)]

    assert results == [False]
    assert ("ApiToken", "finance", "ci") in objects.bodies


async def test_no_such_namespace_is_no_all_clear() -> None:
    objects = FakeObjects(namespaces=set())

    with pytest.raises(BlockedError, match='There is no namespace "finance"'):
        await plan_pruning(context_of(objects), DAY)
