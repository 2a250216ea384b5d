"""Several tokens, ended one after another: what fails stops nothing, and nothing is done twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pharia_access.domain.model import ObjectKey
from pharia_access.domain.times import format_time
from pharia_access.errors import InvalidError, UnavailableError
from pharia_access.services.administration.bulk import BulkPlan, Kept, carry_out, plan_deletions, plan_revocations
from pharia_access.services.administration.plans import BlockedError
from tests.support.administration.contexts import context_of
from tests.support.administration.credential_cluster import a_cluster
from tests.support.administration.fake_objects import FakeObjects
from tests.support.builders.domain_objects import NOW
from tools.control_plane.resources import api_token

Json = dict[str, Any]
MINTED = {"tokenID": "q7c3q7c3q7c3q7c3", "hash": "x", "credential": {"name": "invoice-bot", "uid": "uid-1"}}


def ended(name: str, phase: str = "Expired", **metadata: object) -> Json:
    """A token that ended an hour ago."""
    body = api_token("finance", name, revoked=phase == "Revoked")
    end = format_time(NOW - timedelta(hours=1))
    status = {**MINTED, "phase": phase, "issuedAt": end, "expiresAt": end, "endsAt": end}
    return {**body, "metadata": {**body["metadata"], **metadata}, "status": status}


def keys(*names: str) -> list[ObjectKey]:
    return [ObjectKey("finance", name) for name in names]


def planned(plan: BulkPlan) -> list[str]:
    return [stored.summary.key.name for stored in plan.tokens]


async def became(objects: FakeObjects, plan: BulkPlan) -> dict[str, str]:
    """What became of each: what was done, or the error."""
    outcomes = [outcome async for outcome in carry_out(context_of(objects), plan)]
    return {outcome.key.name: str(outcome.error or outcome.what) for outcome in outcomes}


def revoked(objects: FakeObjects) -> list[str]:
    return [
        name for (kind, _, name), body in objects.bodies.items() if kind == "ApiToken" and body["spec"].get("revoked")
    ]


async def test_all_that_are_named_are_revoked_with_their_reason() -> None:
    objects = a_cluster(tokens=3)

    plan = await plan_revocations(context_of(objects), keys("ci-0", "ci-2"), reason="a leak")

    assert (planned(plan), plan.kept) == (["ci-0", "ci-2"], ())
    assert await became(objects, plan) == {"ci-0": "Revoked", "ci-2": "Revoked"}
    assert revoked(objects) == ["ci-0", "ci-2"]
    assert objects.body("ApiToken", "ci-0")["spec"]["revocationReason"] == "a leak"


async def test_one_that_fails_stops_none_of_the_others() -> None:
    objects = a_cluster(tokens=3)
    plan = await plan_revocations(context_of(objects), keys("ci-0", "ci-1", "ci-2"))
    objects.refused["patch ApiToken"] = InvalidError("the API server says no")

    assert await became(objects, plan) == {"ci-0": "the API server says no", "ci-1": "Revoked", "ci-2": "Revoked"}
    assert revoked(objects) == ["ci-1", "ci-2"]


async def test_an_api_server_that_was_away_for_one_of_them_is_asked_for_the_others() -> None:
    objects = a_cluster(tokens=2)
    plan = await plan_revocations(context_of(objects), keys("ci-0", "ci-1"))
    objects.refused["get ApiToken"] = UnavailableError("silence")

    assert await became(objects, plan) == {"ci-0": "silence", "ci-1": "Revoked"}


async def test_what_was_done_meanwhile_is_not_done_again() -> None:
    objects = a_cluster(tokens=4)
    plan = await plan_revocations(context_of(objects), keys("ci-0", "ci-1", "ci-2"))
    objects.body("ApiToken", "ci-0")["spec"]["revoked"] = True
    del objects.bodies["ApiToken", "finance", "ci-1"]
    objects.body("ApiToken", "ci-2")["metadata"]["uid"] = "another"
    before = objects.body("ApiToken", "ci-0")["metadata"]["resourceVersion"]

    assert await became(objects, plan) == {
        "ci-0": "Was revoked already",
        "ci-1": "Was deleted meanwhile",
        "ci-2": "Another token has its name now: that one was not touched",
    }
    assert objects.body("ApiToken", "ci-0")["metadata"]["resourceVersion"] == before
    assert revoked(objects) == ["ci-0"]


async def test_what_cannot_be_revoked_is_told_before_anything_is_asked() -> None:
    objects = a_cluster(tokens=3)
    objects.body("ApiToken", "ci-0")["spec"]["revoked"] = True
    objects.forbidden |= {"patch apitokens/", "patch apitokens/ci-1"}

    plan = await plan_revocations(context_of(objects), keys("ci-0", "ci-1", "ci-2", "none"))

    assert planned(plan) == ["ci-2"]
    assert plan.kept == (
        Kept(ObjectKey("finance", "none"), "it is not there any more"),
        Kept(ObjectKey("finance", "ci-0"), "it is revoked already"),
        Kept(
            ObjectKey("finance", "ci-1"),
            "you may not revoke it: this needs the verb patch on apitokens.access.pharia.ai in namespace finance",
        ),
    )


async def test_what_may_not_be_read_is_kept_and_the_others_are_planned() -> None:
    objects = a_cluster(tokens=1)
    objects.forbidden.add("get ApiToken")

    plan = await plan_revocations(context_of(objects), keys("ci-0"))

    assert planned(plan) == []
    assert [kept.why for kept in plan.kept] == ["The API server refused the request: you may not get ApiToken"]


async def test_a_reason_that_cannot_be_kept_is_refused_before_anything_is_read() -> None:
    with pytest.raises(BlockedError, match="The reason cannot be kept"):
        await plan_revocations(context_of(a_cluster()), keys("ci-0"), reason="two\nlines")


async def test_in_a_leak_nobody_is_sent_to_git_first() -> None:
    objects = a_cluster(tokens=1)
    objects.put(
        {**ended("git", annotations={"argocd.argoproj.io/tracking-id": "app"}), "spec": {
            "credentialRef": {"name": "invoice-bot"}, "revoked": False,
        }}
    )  # fmt: skip

    plan = await plan_revocations(context_of(objects), keys("ci-0", "git"))

    assert planned(plan) == ["ci-0", "git"]
    assert plan.warnings == ("1 of them is declared in Git: change that too.",)


async def test_only_what_ended_and_stays_away_is_deleted() -> None:
    objects = a_cluster(tokens=1).put(
        ended("old"),
        ended("gone", "Revoked"),
        ended("failed", "Failed"),
        ended("git", annotations={"argocd.argoproj.io/tracking-id": "app"}),
    )

    plan = await plan_deletions(context_of(objects), keys("ci-0", "old", "gone", "failed", "git"))

    assert planned(plan) == ["old", "gone", "failed"]
    assert {kept.key.name: kept.why for kept in plan.kept} == {
        "ci-0": "it may be used still",
        "git": "it would be created, and minted, again (by Argo CD)",
    }
    assert await became(objects, plan) == dict.fromkeys(["old", "gone", "failed"], "Deleted")


async def test_one_that_changed_since_it_was_read_is_not_deleted_and_one_that_is_gone_is_told() -> None:
    objects = a_cluster().put(ended("changed"), ended("gone"), ended("old"))
    plan = await plan_deletions(context_of(objects), keys("changed", "gone", "old"))
    objects.put(objects.body("ApiToken", "changed"))
    del objects.bodies["ApiToken", "finance", "gone"]

    told = await became(objects, plan)

    assert (told["gone"], told["old"]) == ("Was deleted already", "Deleted")
    assert ("ApiToken", "finance", "changed") in objects.bodies


async def test_one_that_a_finalizer_holds_is_said_to_stand() -> None:
    objects = a_cluster().put(ended("held"))
    objects.finalizers = ("example.com/hold",)
    plan = await plan_deletions(context_of(objects), keys("held"))

    told = await became(objects, plan)

    assert told["held"].startswith("The object stays, held by the finalizer example.com/hold.")


async def test_nothing_is_planned_of_nothing() -> None:
    plan = await plan_deletions(context_of(a_cluster()), [])

    assert (plan.tokens, plan.kept) == ((), ())
