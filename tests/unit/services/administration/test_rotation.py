"""Rotation, planned and carried out: the new token first, then an end for the old one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.administration.lifetime_input import Lifetime
from pharia_access.domain.administration.next_steps import (
    AskForRight,
    ChangeInGit,
    CollectToken,
    CreateToken,
    EndReplaced,
    NameShorterLife,
)
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import AccessError, UnavailableError
from pharia_access.services.administration.destinations import SecretDestination, SecretDestinationError
from pharia_access.services.administration.plans import BlockedError
from pharia_access.services.administration.progress import RotationStarted, TokenCreated, Warned
from pharia_access.services.administration.queries import Nothing
from pharia_access.services.administration.rotation import (
    NotRotated,
    Rotated,
    RotationOptions,
    plan_rotation,
    plan_rotations,
    rotate,
    rotate_each,
)
from tests.support.administration.contexts import FakeDestination, Heard, context_of
from tests.support.administration.fake_objects import FakeObjects
from tests.support.administration.stored_bodies import an_active_token
from tests.support.builders.domain_objects import TEXT
from tools.control_plane.resources import api_credential, api_token

if TYPE_CHECKING:
    from pharia_access.services.administration.context import Context

DAY = timedelta(days=1)
OLD, NEW = ObjectKey("finance", "ci"), ObjectKey("finance", "ci-e4f5a")
OPTIONS = RotationOptions()
ASKED = {"description": "the pipeline", "delivery": {"window": "2h"}}
DECLARED = {"argocd.argoproj.io/tracking-id": "app"}


def a_cluster(*names: str, left: timedelta = 10 * DAY, **policy: object) -> FakeObjects:
    """A credential with active tokens of thirty days."""
    tokens = [an_active_token(api_token("finance", name, **ASKED), left=left) for name in names or ("ci",)]
    return FakeObjects().put(api_credential("finance", tokenPolicy=policy), *tokens)


def end_of(objects: FakeObjects, name: str) -> object:
    return objects.body("ApiToken", name)["spec"].get("expiresAt")


async def test_rotation_leaves_two_good_tokens_and_an_end_for_the_old_one() -> None:
    objects, heard, destination = a_cluster(), Heard(), FakeDestination()
    context = context_of(objects, heard)

    plan = await plan_rotation(context, "ci", OPTIONS)
    assert ("ApiToken", "finance", NEW.name) not in objects.bodies
    rotated = await rotate(context, plan, destination)

    new = objects.body("ApiToken", NEW.name)
    assert new["spec"] == {"credentialRef": {"name": "invoice-bot"}, "ttl": "720h", **ASKED}
    assert new["metadata"]["labels"] == {"access.pharia.ai/replaces": "ci"}
    assert destination.taken == [(NEW.name, TEXT)]
    assert end_of(objects, "ci") == "2026-11-24T12:00:00Z"
    assert (rotated.old.key, rotated.new.key) == (OLD, NEW)
    assert heard.events == [TokenCreated(NEW)]


async def test_a_plan_names_whom_the_end_of_the_old_token_affects() -> None:
    plan = await plan_rotation(context_of(a_cluster()), "ci", OPTIONS)

    assert plan.question == "Rotate?"
    assert plan.consequences == (
        "Each old token ends 1 day after it is replaced, unless it expires earlier.",
        "Users of the token ci (never seen in use) are affected.",
    )


async def test_an_old_token_that_ends_sooner_is_left_alone_and_nothing_is_asked() -> None:
    objects = a_cluster(left=timedelta(hours=1))
    context = context_of(objects)

    plan = await plan_rotation(context, "ci", RotationOptions(lifetime=Lifetime(ttl=2 * DAY), name="next"))
    await rotate(context, plan, FakeDestination())

    assert (plan.question, plan.consequences) == ("", ())
    assert objects.body("ApiToken", "next")["spec"]["ttl"] == "48h"
    assert end_of(objects, "ci") is None


async def test_a_dry_run_hands_nothing_over() -> None:
    destination = FakeDestination()
    context = context_of(a_cluster(), dry_run=True)

    rotated = await rotate(context, await plan_rotation(context, "ci", OPTIONS), destination)

    assert (rotated.new.key, destination.taken) == (NEW, [])


async def test_whoever_may_not_end_the_old_token_makes_no_new_one() -> None:
    objects = a_cluster()
    objects.forbidden.add("patch apitokens")

    with pytest.raises(BlockedError, match="You may not end the token ci in namespace finance") as raised:
        await plan_rotation(context_of(objects), "ci", OPTIONS)

    assert raised.value.next_steps == (AskForRight("patch", ("apitokens.access.pharia.ai",)),)


async def test_whatever_would_make_half_a_rotation_blocks_it() -> None:
    ended = a_cluster()
    ended.body("ApiToken", "ci")["status"]["phase"] = "Expired"
    declared = a_cluster()
    body = declared.body("ApiToken", "ci")
    body["metadata"]["annotations"], body["spec"]["expiresAt"] = DECLARED, "2026-12-03T12:00:00Z"

    with pytest.raises(BlockedError, match="only active tokens can be rotated") as over:
        await plan_rotation(context_of(ended), "ci", OPTIONS)
    with pytest.raises(BlockedError, match="is longer than the 1 day") as too_long:
        await plan_rotation(context_of(a_cluster(maxTTL="24h")), "ci", OPTIONS)
    with pytest.raises(BlockedError, match=r"spec\.expiresAt of token ci is declared in Git") as in_git:
        await plan_rotation(context_of(declared), "ci", OPTIONS)

    assert over.value.next_steps == (CreateToken(ObjectKey("finance", "invoice-bot")),)
    assert too_long.value.next_steps == (NameShorterLife(),)
    assert in_git.value.next_steps == (ChangeInGit(),)


async def test_what_breaks_off_after_the_mint_says_how_to_finish() -> None:
    objects = a_cluster()
    objects.failing["patch ApiToken"] = UnavailableError("the cable was pulled")
    context = context_of(objects)
    plan = await plan_rotation(context, "ci", RotationOptions(overlap=timedelta(hours=2)))

    with pytest.raises(UnavailableError) as raised:
        await rotate(context, plan, FakeDestination())

    assert raised.value.next_steps == (EndReplaced(OLD, NEW, timedelta(hours=2)),)


async def test_what_breaks_off_before_the_secret_is_taken_names_both_steps() -> None:
    context = context_of(a_cluster())
    plan = await plan_rotation(context, "ci", OPTIONS)

    with pytest.raises(SecretDestinationError) as raised:
        await rotate(context, plan, FakeDestination(failing=SecretDestinationError("full")))

    collect, end = raised.value.next_steps
    assert isinstance(collect, CollectToken)
    assert end == EndReplaced(OLD, NEW, DAY)


async def test_tokens_that_are_due_are_found_and_replaced_ones_are_not() -> None:
    objects = a_cluster("a", "b", "c")
    objects.put(an_active_token(api_token("finance", "far"), left=20 * DAY))
    replacement = api_token("finance", "b-next")
    replacement["metadata"]["labels"] = {"access.pharia.ai/replaces": "b"}
    objects.put(an_active_token(replacement, left=29 * DAY))

    plan = await plan_rotations(context_of(objects), 12 * DAY, OPTIONS)

    assert [old.key.name for old in plan.due] == ["a", "c"]
    assert [(old.key.name, new.key.name) for old, new in plan.replaced] == [("b", "b-next")]
    assert (plan.question, len(plan.consequences)) == ("Rotate?", 3)


async def test_where_there_are_no_tokens_nothing_is_due_and_nothing_asked() -> None:
    plan = await plan_rotations(context_of(FakeObjects()), DAY, OPTIONS)
    everywhere = await plan_rotations(context_of(FakeObjects()), DAY, OPTIONS, everywhere=True)

    assert (plan.due, plan.question, plan.nothing) == ((), "", Nothing("finance", certain=True))
    assert everywhere.nothing == Nothing(None, certain=True)


async def rotated(
    objects: FakeObjects, heard: Heard, destination: SecretDestination, *, force: bool = False
) -> list[Rotated | NotRotated]:
    """What becomes of all that are due."""
    context = context_of(objects, heard)

    def destination_of(there: Context, new: ObjectKey) -> SecretDestination:
        assert there.namespace == new.namespace
        return destination

    plan = await plan_rotations(context, 12 * DAY, OPTIONS, everywhere=True)
    return [each async for each in rotate_each(context, plan, OPTIONS, destination_of, force=force)]


async def test_each_is_rotated_in_its_own_namespace() -> None:
    objects, heard, destination = a_cluster("a", "b"), Heard(), FakeDestination()
    objects.put(api_credential("hr"), an_active_token(api_token("hr", "c")))

    results = await rotated(objects, heard, destination)

    assert [each.old.key.name for each in results if isinstance(each, Rotated)] == ["a", "b", "c"]
    assert [name for name, _ in destination.taken] == ["a-e4f5a", "b-e4f5a", "c-e4f5a"]
    assert [event for event in heard.events if isinstance(event, RotationStarted)] == [
        RotationStarted(ObjectKey("finance", "a"), 1, 3),
        RotationStarted(ObjectKey("finance", "b"), 2, 3),
        RotationStarted(ObjectKey("hr", "c"), 3, 3),
    ]


async def test_one_that_fails_stops_no_other() -> None:
    objects = a_cluster("a", "b")
    objects.body("ApiToken", "a")["metadata"]["annotations"] = DECLARED
    objects.body("ApiToken", "a")["spec"]["expiresAt"] = "2026-12-03T12:00:00Z"

    failed, done = await rotated(objects, Heard(), FakeDestination())

    assert isinstance(failed, NotRotated)
    assert failed.old == ObjectKey("finance", "a")
    assert isinstance(failed.error, BlockedError)
    assert isinstance(done, Rotated)


async def test_what_is_forced_is_warned_of() -> None:
    objects, heard = a_cluster("a"), Heard()
    objects.body("ApiToken", "a")["metadata"]["annotations"] = DECLARED
    objects.body("ApiToken", "a")["spec"]["expiresAt"] = "2026-12-03T12:00:00Z"

    (done,) = await rotated(objects, heard, FakeDestination(), force=True)

    assert isinstance(done, Rotated)
    assert [len(event.sentences) for event in heard.events if isinstance(event, Warned)] == [1]


@pytest.mark.parametrize(
    ("error", "results"),
    [
        pytest.param(SecretDestinationError("full"), 1, id="a place that is full takes no other secret either"),
        pytest.param(UnavailableError("no answer"), 2, id="another error may be of this token alone"),
    ],
)
async def test_where_the_next_secret_would_go_nowhere_it_stops(error: AccessError, results: int) -> None:
    told = await rotated(a_cluster("a", "b"), Heard(), FakeDestination(failing=error))

    assert [type(each) for each in told] == [NotRotated] * results
