"""Credentials, planned and changed: what a plan says, what it refuses, and what is written when it is carried out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pharia_access.domain.administration.next_steps import AskForRight, ChangeInGit, ListRoles, Step, SuspendCredential
from pharia_access.errors import NotFoundError
from pharia_access.services.administration import credentials
from pharia_access.services.administration.plans import BlockedError
from tests.support.administration.contexts import context_of
from tests.support.administration.credential_cluster import KEY, a_cluster


async def test_creation_is_planned_before_anything_is_written() -> None:
    objects = a_cluster()
    context = context_of(objects)

    plan = await credentials.plan_creation(context, "bot", ("os-user", "studio-user", "os-user"), {"displayName": "B"})
    assert ("ApiCredential", "finance", "bot") not in objects.bodies
    created = await credentials.create(context, plan)

    assert created.label == "credential bot"
    assert objects.body("ApiCredential", "bot")["spec"] == {"roles": ["os-user", "studio-user"], "displayName": "B"}


@pytest.mark.parametrize(
    ("roles", "why", "next_step"),
    [
        pytest.param(("studio-usr",), 'There is no role "studio-usr"; did you mean', ListRoles(), id="unknown"),
        pytest.param(("hr-user",), 'The role "hr-user" is not allowed in namespace', ListRoles(), id="not here"),
        pytest.param(
            ("studio-user", "os-user"),
            "You may not grant os-user in namespace finance",
            AskForRight("bind", ("apiroles.access.pharia.ai/os-user",), "an administrator of roles"),
            id="not by this person",
        ),
    ],
)
async def test_roles_that_cannot_be_granted_block_creation_and_edit(
    roles: tuple[str, ...], why: str, next_step: Step
) -> None:
    objects = a_cluster(roles=["x"])
    objects.forbidden.add("bind apiroles/os-user")

    with pytest.raises(BlockedError, match=why) as creation:
        await credentials.plan_creation(context_of(objects), "bot", roles, {})
    with pytest.raises(BlockedError, match=why) as edit:
        await credentials.plan_edit(context_of(objects), KEY.name, {}, lambda _: roles)

    assert creation.value.next_steps == edit.value.next_steps == (next_step,)


@pytest.mark.parametrize(
    ("longest", "first"), [("", timedelta(days=90)), ("720h", timedelta(days=30)), ("8760h", timedelta(days=90))]
)
async def test_a_first_token_lives_no_longer_than_its_credential_allows(longest: str, first: timedelta) -> None:
    policy = {"tokenPolicy": {"maxTTL": longest}} if longest else {}
    context = context_of(a_cluster())

    created = await credentials.create(context, await credentials.plan_creation(context, "bot", ("os-user",), policy))

    assert credentials.first_lifetime(created.summary) == first


async def test_only_roles_that_the_namespace_may_hold_are_offered() -> None:
    offered = await credentials.offered_roles(context_of(a_cluster()))

    assert [role.name for role in offered] == ["os-user", "studio-user"]


EVERYBODY = "This changes the permissions of all tokens of invoice-bot immediately ({} active): {}"
CI = "Users of the token ci-0 (never seen in use) are affected."


@pytest.mark.parametrize(
    ("roles", "tokens", "warnings", "consequences", "question"),
    [
        pytest.param(
            ("studio-user", "os-user"), 1, (EVERYBODY.format(1, "+os-user"),), (), "", id="a role more warns only"
        ),
        pytest.param(("studio-user", "os-user"), 0, (), (), "", id="a role more, and nobody to notice"),
        pytest.param(
            ("os-user",),
            1,
            (),
            (EVERYBODY.format(1, "+os-user, -studio-user"), CI),
            "Change the roles?",
            id="a role less asks",
        ),
        pytest.param(
            ("os-user",),
            0,
            (),
            (EVERYBODY.format(0, "+os-user, -studio-user"),),
            "Change the roles?",
            id="a role less asks, though nobody uses it",
        ),
    ],
)
async def test_a_change_of_roles_tells_whom_it_affects(
    roles: tuple[str, ...], tokens: int, warnings: tuple[str, ...], consequences: tuple[str, ...], question: str
) -> None:
    objects = a_cluster(tokens=tokens)
    context = context_of(objects)

    plan = await credentials.plan_edit(context, KEY.name, {}, lambda _: roles)
    await credentials.edit(context, plan)

    assert (plan.warnings, plan.consequences, plan.question) == (warnings, consequences, question)
    assert objects.body("ApiCredential", KEY.name)["spec"]["roles"] == list(roles)


async def test_fields_change_without_a_question_and_an_empty_one_is_removed() -> None:
    objects = a_cluster(description="old", displayName="kept")
    context = context_of(objects)

    plan = await credentials.plan_edit(context, KEY.name, {"description": None}, None)
    await credentials.edit(context, plan)

    assert (plan.notes, plan.warnings, plan.question) == ((), (), "")
    assert objects.body("ApiCredential", KEY.name)["spec"] == {"roles": ["studio-user"], "displayName": "kept"}


async def test_roles_that_are_there_already_change_nothing() -> None:
    plan = await credentials.plan_edit(context_of(a_cluster()), KEY.name, {}, lambda before: before)

    assert plan.spec == {}
    assert plan.notes == ("credential invoice-bot already has these roles: studio-user",)


async def test_a_credential_keeps_a_role() -> None:
    with pytest.raises(BlockedError, match="A credential needs a role") as raised:
        await credentials.plan_edit(context_of(a_cluster()), KEY.name, {}, lambda _: ())

    assert raised.value.next_steps == (SuspendCredential(KEY),)


@pytest.mark.parametrize(
    ("before", "suspended", "note"),
    [
        (True, True, "credential invoice-bot is already suspended"),
        (False, False, "credential invoice-bot is not suspended"),
    ],
)
async def test_what_is_suspended_already_is_not_suspended_again(before: bool, suspended: bool, note: str) -> None:  # noqa: FBT001
    context = context_of(a_cluster(suspended=before))

    plan = await credentials.plan_suspension(context, KEY.name, suspended=suspended)

    assert (plan.spec, plan.notes, plan.question) == ({}, (note,), "")


async def test_suspension_asks_and_resumption_does_not() -> None:
    objects = a_cluster()
    context = context_of(objects)

    suspension = await credentials.plan_suspension(context, KEY.name, suspended=True)
    await credentials.edit(context, suspension)
    between = objects.body("ApiCredential", KEY.name)["spec"]["suspended"]
    resumption = await credentials.plan_suspension(context, KEY.name, suspended=False)
    await credentials.edit(context, resumption)

    assert suspension.question == "Suspend it?"
    assert suspension.consequences == ("All tokens of invoice-bot will be refused until it is resumed.", CI)
    assert (resumption.question, resumption.consequences) == ("", ())
    assert (between, objects.body("ApiCredential", KEY.name)["spec"]["suspended"]) == (True, False)


@pytest.mark.parametrize(
    ("tokens", "told"),
    [
        (0, "The credential invoice-bot, which has no tokens, will be deleted permanently."),
        (1, "The credential invoice-bot and its token will be deleted permanently."),
        (2, "The credential invoice-bot and its 2 tokens will be deleted permanently."),
    ],
)
async def test_deletion_tells_how_many_tokens_go_too(tokens: int, told: str) -> None:
    objects = a_cluster(tokens=tokens)
    context = context_of(objects)

    plan = await credentials.plan_deletion(context, KEY.name)
    gone = await credentials.delete(context, plan)

    assert plan.consequences[0] == told
    assert len(plan.consequences) == 1 + tokens
    assert gone is None
    assert ("ApiCredential", "finance", KEY.name) not in objects.bodies


async def test_a_deletion_that_finalizers_hold_returns_what_still_stands() -> None:
    objects = a_cluster()
    objects.finalizers = ("x.example/hold",)
    context = context_of(objects)

    after = await credentials.delete(context, await credentials.plan_deletion(context, KEY.name))

    assert after is not None
    assert after.body["metadata"]["finalizers"] == ["x.example/hold"]


async def test_what_git_declares_is_changed_only_by_force() -> None:
    objects = a_cluster(git=True, description="in Git")
    context = context_of(objects)
    declared = "is declared in Git \\(by Argo CD\\), which"

    with pytest.raises(BlockedError, match=f"spec.description of credential invoice-bot {declared} may revert") as edit:
        await credentials.plan_edit(context, KEY.name, {"description": "x"}, None)
    with pytest.raises(BlockedError, match=f"credential invoice-bot {declared} would create it again") as deletion:
        await credentials.plan_deletion(context, KEY.name)
    forced = await credentials.plan_edit(context, KEY.name, {"description": "x"}, None, force=True)
    await credentials.plan_suspension(context, KEY.name, suspended=True)  # which Git does not declare

    assert edit.value.next_steps == deletion.value.next_steps == (ChangeInGit(),)
    assert [warning.partition(" (")[0] for warning in forced.warnings] == [
        "spec.description of credential invoice-bot is declared in Git"
    ]


async def test_a_credential_that_is_not_there_has_no_plan() -> None:
    with pytest.raises(NotFoundError):
        await credentials.plan_deletion(context_of(a_cluster()), "other")
