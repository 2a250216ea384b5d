"""WorkloadTokens, planned, changed and waited for: what a plan says, what it refuses, and what is written."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.domain.administration import next_steps as steps
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.times import format_time
from pharia_access.errors import ConflictError
from pharia_access.services.administration import workload_rotation, workload_tokens
from pharia_access.services.administration.plans import BlockedError
from tests.support.administration.contexts import Heard, context_of
from tests.support.administration.fake_objects import FakeObjects
from tests.support.administration.stored_workloads import (
    KEPT,
    PlayedOperator,
    a_child,
    a_workload,
    delivered,
    refused,
)
from tests.support.builders.domain_objects import NOW
from tools.control_plane.resources import api_credential

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]
KEY = ObjectKey("finance", KEPT)
CREDENTIAL = ObjectKey("finance", "invoice-bot")
TRACKED = {"argocd.argoproj.io/tracking-id": "app"}
MINUTE = timedelta(minutes=1)
MAY_NOT_MINT = steps.AskForRight(
    "create", ("apicredentials.access.pharia.ai/token",), "an administrator of the namespace"
)


def a_cluster(*, git: bool = False, objects: FakeObjects | None = None, **spec: Any) -> FakeObjects:  # noqa: ANN401
    workload = a_workload(**spec)
    workload["metadata"]["annotations"] = TRACKED if git else {}
    return (objects or FakeObjects()).put(api_credential("finance"), workload, a_child(6), a_child(7))


async def test_rotation_changes_the_one_field_that_asks_for_a_token() -> None:
    objects = a_cluster()
    context = context_of(objects)

    plan = await workload_rotation.plan_rotation(context, KEPT)
    before = dict(objects.body("WorkloadToken", KEPT)["spec"])
    changed = await workload_tokens.change(context, plan)

    assert (plan.question, plan.warnings) == ("", ())
    assert changed.body["spec"] == {**before, "rotate": format_time(NOW)}
    assert changed.label == f"workload token {KEPT}"


@pytest.mark.parametrize(
    ("spec", "forbidden", "why", "next_step"),
    [
        pytest.param({"suspended": True}, set(), "is suspended", steps.ResumeWorkload(KEY), id="suspended"),
        pytest.param({}, {"create apicredentials/token"}, "You may not mint tokens under", MAY_NOT_MINT, id="no mint"),
        pytest.param(
            {},
            {"patch workloadtokens"},
            "You may not change the workload token",
            steps.AskForRight("patch", ("workloadtokens.access.pharia.ai",)),
            id="no patch",
        ),
    ],
)
async def test_what_would_make_no_token_is_said_before_anything_is_written(
    spec: Json, forbidden: set[str], why: str, next_step: steps.Step
) -> None:
    objects = a_cluster(**spec)
    objects.forbidden |= forbidden

    with pytest.raises(BlockedError, match=why) as blocked:
        await workload_rotation.plan_rotation(context_of(objects), KEPT)

    assert blocked.value.next_steps == (next_step,)


async def test_what_git_declares_is_changed_in_git_or_by_force() -> None:
    objects = a_cluster(git=True, rotate="2026-11-01")
    context = context_of(objects)

    with pytest.raises(BlockedError, match=r"spec\.rotate of workload token .* is declared in Git \(by Argo CD\)"):
        await workload_rotation.plan_rotation(context, KEPT)
    forced = await workload_rotation.plan_rotation(context, KEPT, force=True)

    assert len(forced.warnings) == 1


async def test_a_field_that_git_leaves_out_is_free() -> None:
    context = context_of(a_cluster(git=True))

    assert (await workload_rotation.plan_rotation(context, KEPT)).warnings == ()


def _seen(**status: object) -> Callable[[Json], Json]:
    """The operator's next status: what was asked is obeyed, unless that is said otherwise."""
    return lambda body: {**delivered(KEPT, 7), "rotate": body["spec"].get("rotate"), **status}


async def _rotated(*operator: Callable[[Json], Json], wait_timeout: timedelta = MINUTE) -> tuple[Any, Heard]:
    objects, heard = a_cluster(objects=PlayedOperator(steps=list(operator))), Heard()
    context = context_of(objects, heard)
    plan = await workload_rotation.plan_rotation(context, KEPT)
    asked = await workload_tokens.change(context, plan)
    now = await workload_rotation.wait_for_rotation(context, asked, plan.workload.summary, wait_timeout=wait_timeout)
    return now, heard


async def test_a_rotation_is_over_once_the_later_token_is_in_the_secret() -> None:
    pending = {"name": f"{KEPT}-8", "revision": 8, "why": "Asked", "since": format_time(NOW)}

    now, heard = await _rotated(_seen(pending=pending), _seen(**delivered(KEPT, 8)))

    assert (now.held, now.replaced[0].name) == (8, f"{KEPT}-7")
    assert heard.waits[-1] == f"{KEPT}-8 is made, and every verifier is given the time to learn of it"


async def test_a_renewal_that_was_on_its_way_already_is_not_what_was_asked_for() -> None:
    renewed = delivered(KEPT, 8)

    now, _ = await _rotated(lambda _: renewed, _seen(**delivered(KEPT, 9)))

    assert now.held == 9


@pytest.mark.parametrize(
    ("reason", "next_step"),
    [
        ("NotDelegated", steps.AllowRenewal(KEY)),
        ("CredentialSuspended", steps.ResumeCredential(CREDENTIAL)),
        ("TTLTooLong", steps.ShowWorkload(KEY)),
    ],
)
async def test_an_operator_that_makes_none_ends_the_wait_with_its_words(reason: str, next_step: steps.Step) -> None:
    with pytest.raises(workload_rotation.NotRenewedError, match=r"No new token is made for .*: because") as error:
        await _rotated(lambda _: refused(KEPT, reason, "because"))

    assert error.value.next_steps == (next_step,)


async def test_a_wait_has_an_end() -> None:
    with pytest.raises(workload_rotation.NotRenewedError, match="is not in the Secret invoice-bot yet") as error:
        await _rotated(wait_timeout=timedelta(seconds=5))

    assert error.value.next_steps == (steps.ShowWorkload(KEY),)


async def test_suspension_is_asked_about_and_resumption_needs_the_right_to_mint() -> None:
    objects = a_cluster()
    context = context_of(objects)

    plan = await workload_tokens.plan_suspension(context, KEPT, suspended=True)
    await workload_tokens.change(context, plan)
    objects.forbidden.add("create apicredentials/token")

    assert plan.question == "Suspend it?"
    end = format_time(NOW + timedelta(days=30))
    assert plan.consequences == (
        f"No new token will be made for {KEPT} until it is resumed. {KEPT}-7 stays good until {end}, and no longer.",
    )
    with pytest.raises(BlockedError, match="You may not mint"):
        await workload_tokens.plan_suspension(context, KEPT, suspended=False)


@pytest.mark.parametrize(("suspended", "note"), [(True, "already suspended"), (False, "not suspended")])
async def test_what_is_so_already_stays(suspended: bool, note: str) -> None:  # noqa: FBT001 - a column of the table
    context = context_of(a_cluster(suspended=suspended))

    plan = await workload_tokens.plan_suspension(context, KEPT, suspended=suspended)

    assert (plan.spec, plan.notes) == ({}, (f"workload token {KEPT} is {note}",))


async def test_deletion_names_the_tokens_and_the_secret_that_go() -> None:
    objects = a_cluster()
    context = context_of(objects)

    plan = await workload_tokens.plan_deletion(context, KEPT)
    gone = await workload_tokens.delete(context, plan)

    told = "will be deleted permanently: its 2 tokens are revoked, and the Secret invoice-bot goes."
    assert plan.consequences[0] == f"The workload token {KEPT} {told}"
    assert len(plan.consequences) == 3
    assert gone is None
    assert ("WorkloadToken", "finance", KEPT) not in objects.bodies


async def test_a_change_by_the_operator_is_no_harm_and_by_a_person_it_is() -> None:
    objects = a_cluster()
    context = context_of(objects)
    plan = await workload_rotation.plan_rotation(context, KEPT)
    body = objects.body("WorkloadToken", KEPT)
    objects.put({**body, "status": delivered(KEPT, 7, lost={"count": 1})})
    await workload_tokens.change(context, plan)
    objects.put({**body, "spec": {**body["spec"], "ttl": "1h"}})

    with pytest.raises(ConflictError):
        await workload_tokens.change(context, plan)


async def test_creation_needs_both_rights_and_the_credential() -> None:
    objects = a_cluster()
    context = context_of(objects)
    spec = {"credentialRef": {"name": "invoice-bot"}, "ttl": "1h"}

    created = await workload_tokens.create(context, await workload_tokens.plan_creation(context, "other", spec))
    objects.forbidden.add("create workloadtokens")

    assert created.body["spec"] == spec
    with pytest.raises(BlockedError, match="You may not create workload tokens in namespace finance"):
        await workload_tokens.plan_creation(context, "third", spec)
