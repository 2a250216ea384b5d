"""Holders of a credential, added and taken away: what a plan says, what it refuses, and what is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.domain.administration.next_steps import AskForRight, CreateAccount
from pharia_access.domain.model import ObjectKey
from pharia_access.services.administration import credentials, holders
from pharia_access.services.administration.plans import BlockedError
from tests.support.administration.contexts import context_of
from tests.support.administration.credential_cluster import KEY, a_cluster

if TYPE_CHECKING:
    from tests.support.administration.fake_objects import FakeObjects

NAME = KEY.name
HELD: list[dict[str, Any]] = [{"name": "first", "uid": "uid-1"}, {"name": "second"}]


def held(objects: FakeObjects) -> object:
    return objects.body("ApiCredential", NAME)["spec"].get("serviceAccounts")


async def test_an_account_is_added_behind_the_others_which_stay_as_they_are() -> None:
    objects = a_cluster(serviceAccounts=HELD)
    context = context_of(objects)

    plan = await holders.plan_addition(context, NAME, ["third", "first", "third"])
    assert held(objects) == HELD
    await credentials.edit(context, plan)

    assert held(objects) == [*HELD, {"name": "third"}]
    assert (plan.question, plan.consequences) == ("", ())


@pytest.mark.parametrize(
    ("there", "missing"),
    [
        pytest.param({"first", "second", "third", "fourth"}, [], id="all are there"),
        pytest.param({"third"}, ["fourth"], id="one is not, nor are two that hold it already"),
        pytest.param(set[str](), ["third", "fourth"], id="none is there"),
        pytest.param(None, [], id="none may be seen"),
    ],
)
async def test_an_account_that_is_not_there_is_told_and_added(there: set[str] | None, missing: list[str]) -> None:
    objects = a_cluster(serviceAccounts=HELD)
    objects.accounts = there
    context = context_of(objects)

    plan = await holders.plan_addition(context, NAME, ["first", "third", "fourth"])
    await credentials.edit(context, plan)

    assert plan.warnings == tuple(
        f"There is no ServiceAccount {name} in namespace finance: its pods hold {NAME} once somebody creates it."
        for name in missing
    )
    assert plan.next_steps == tuple(CreateAccount(ObjectKey("finance", name)) for name in missing)
    assert held(objects) == [*HELD, {"name": "third"}, {"name": "fourth"}]


async def test_an_account_is_taken_away_once_a_person_has_agreed() -> None:
    objects = a_cluster(serviceAccounts=HELD)
    context = context_of(objects)

    plan = await holders.plan_removal(context, NAME, ["second"])
    await credentials.edit(context, plan)

    assert held(objects) == HELD[:1]
    told = "Pods of the ServiceAccount second (never seen in use) will be refused immediately."
    assert plan.consequences == (told,)
    assert plan.question == "Take the credential away from them?"


async def test_what_is_so_already_is_told_and_changes_nothing() -> None:
    context = context_of(a_cluster(serviceAccounts=HELD))

    there = await holders.plan_addition(context, NAME, ["first"])
    both = await holders.plan_addition(context, NAME, ["first", "second"])
    gone = await holders.plan_removal(context, NAME, ["third"])

    assert [plan.spec for plan in (there, both, gone)] == [{}, {}, {}]
    assert there.notes == (f"ServiceAccount first already holds credential {NAME}",)
    assert both.notes == (f"ServiceAccounts first, second already hold credential {NAME}",)
    assert gone.notes == (f"ServiceAccount third did not hold credential {NAME}",)


async def test_to_add_one_takes_the_right_to_mint_and_to_take_one_away_does_not() -> None:
    objects = a_cluster(serviceAccounts=HELD)
    objects.forbidden.add("create apicredentials/token")
    context = context_of(objects)

    with pytest.raises(BlockedError, match=f"You may not mint tokens under {NAME}") as refused:
        await holders.plan_addition(context, NAME, ["third"])
    await holders.plan_removal(context, NAME, ["first"])

    (step,) = refused.value.next_steps
    assert isinstance(step, AskForRight)


async def test_without_the_right_to_change_it_neither_is_planned() -> None:
    objects = a_cluster(serviceAccounts=HELD)
    objects.forbidden.add(f"patch apicredentials/{NAME}")

    with pytest.raises(BlockedError, match=f"change the credential {NAME}"):
        await holders.plan_removal(context_of(objects), NAME, ["first"])
