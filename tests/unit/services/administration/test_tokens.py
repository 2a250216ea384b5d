"""Tokens, planned to end and ended: by name or by text, at once or later."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pharia_access.domain.administration.next_steps import ChangeInGit, ListNamespaces, RevokeToken
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import InvalidError, NotFoundError
from pharia_access.services.administration import tokens
from pharia_access.services.administration.plans import BlockedError
from pharia_access.services.administration.progress import OnlyOneNamespace, Warned
from tests.support.administration.contexts import Heard, context_of
from tests.support.administration.fake_objects import FakeObjects
from tests.support.administration.stored_bodies import an_active_token
from tests.support.builders.domain_objects import NOW, TEXT
from tools.control_plane.resources import api_token

HOUR = timedelta(hours=1)


def a_cluster(*names: str, git: bool = False) -> FakeObjects:
    """Active tokens, one of which has the ID of TEXT."""
    bodies = [an_active_token(api_token("finance", name)) for name in names or ("ci", "cd")]
    bodies[0]["status"]["tokenID"] = TEXT.token_id
    for body in bodies:
        body["metadata"]["annotations"] = {"argocd.argoproj.io/tracking-id": "app"} if git else {}
    return FakeObjects().put(*bodies)


def spec_of(objects: FakeObjects, name: str) -> object:
    spec = dict(objects.body("ApiToken", name)["spec"])
    spec.pop("credentialRef")
    return spec


async def test_revocation_names_the_users_and_ends_each_token() -> None:
    objects = a_cluster()
    context = context_of(objects)

    plan = await tokens.plan_revocation(context, ["ci", "cd"])
    before = spec_of(objects, "ci")
    revoked = [stored.label async for stored in tokens.revoke(context, plan)]

    assert plan.question == "Revoke permanently?"
    assert plan.consequences[0] == "The token ci of invoice-bot (never seen in use) will be revoked permanently."
    assert (before, revoked) == ({}, ["token ci", "token cd"])
    assert spec_of(objects, "ci") == spec_of(objects, "cd") == {"revoked": True}


async def test_a_token_that_is_revoked_already_is_noted_and_left_alone() -> None:
    objects = a_cluster()
    objects.body("ApiToken", "ci")["spec"]["revoked"] = True
    context = context_of(objects)

    both = await tokens.plan_revocation(context, ["ci", "cd"])
    alone = await tokens.plan_revocation(context, ["ci"])

    assert (both.notes, len(both.tokens)) == (("token ci is already revoked",), 1)
    assert (alone.tokens, alone.question, alone.consequences) == ((), "", ())


async def test_the_reason_of_a_revocation_is_kept_with_it() -> None:
    objects = a_cluster("ci")
    context = context_of(objects)

    plan = await tokens.plan_revocation(context, ["ci"], reason="in a public log")
    _ = [stored async for stored in tokens.revoke(context, plan)]

    assert spec_of(objects, "ci") == {"revoked": True, "revocationReason": "in a public log"}


async def test_where_the_kind_is_older_the_token_is_revoked_without_the_reason() -> None:
    objects, heard = a_cluster("ci"), Heard()
    context = context_of(objects, heard)
    error = InvalidError('strict decoding error: unknown field "spec.revocationReason"')
    error.unknown_field = "spec.revocationReason"
    plan = await tokens.plan_revocation(context, ["ci"], reason="in a public log")

    objects.refused["patch ApiToken"] = error
    _ = [stored async for stored in tokens.revoke(context, plan)]

    assert spec_of(objects, "ci") == {"revoked": True}
    assert [type(event) for event in heard.events] == [Warned]


@pytest.mark.parametrize("reason", ["a\nb", "\x1b[2J", "x" * 257, f"found {TEXT.reveal()}"])
async def test_a_reason_that_cannot_be_kept_is_refused_unrepeated_before_anything_is_read(reason: str) -> None:
    with pytest.raises(BlockedError, match="The reason cannot be kept: it ") as raised:
        await tokens.plan_revocation(context_of(FakeObjects()), ["ci"], reason=reason)

    assert reason not in str(raised.value)


async def test_one_name_that_is_not_there_ends_nothing() -> None:
    with pytest.raises(NotFoundError):
        await tokens.plan_revocation(context_of(a_cluster()), ["ci", "other"])


async def test_a_text_finds_its_token_wherever_it_is() -> None:
    objects = a_cluster()
    context = context_of(objects.put(an_active_token(api_token("hr", "hidden"))))

    plan = await tokens.plan_revocation_by_ids(context, [TEXT.token_id])

    assert [stored.summary.key.name for stored in plan.tokens] == ["ci"]


async def test_of_several_tokens_that_are_mentioned_none_is_revoked() -> None:
    objects = a_cluster()
    objects.body("ApiToken", "cd")["status"]["tokenID"] = "b" * 16

    with pytest.raises(BlockedError, match="mentions several tokens") as raised:
        await tokens.plan_revocation_by_ids(context_of(objects), [TEXT.token_id, "b" * 16, "c" * 16])

    assert raised.value.next_steps == tuple(RevokeToken(ObjectKey("finance", name)) for name in ("ci", "cd"))


async def test_a_text_without_a_token_is_looked_for_nowhere() -> None:
    objects = FakeObjects(forbidden={"list all ApiToken", "list ApiToken"})

    with pytest.raises(BlockedError, match="no token's text and no token's ID in the input"):
        await tokens.find_by_ids(context_of(objects), [])


async def test_whoever_may_not_search_everywhere_searches_one_namespace() -> None:
    objects, heard = a_cluster(), Heard()
    objects.forbidden.add("list all ApiToken")

    found = await tokens.find_by_ids(context_of(objects, heard), [TEXT.token_id])

    assert [stored.label for stored in found] == ["token ci"]
    assert heard.events == [OnlyOneNamespace("finance")]


@pytest.mark.parametrize(
    ("forbidden", "where"), [(set(), "this cluster"), ({"list all ApiToken"}, "namespace finance")]
)
async def test_a_text_that_no_token_has_is_refused(forbidden: set[str], where: str) -> None:
    objects = FakeObjects(forbidden=forbidden)

    with pytest.raises(BlockedError, match=f"No token of {where} has the ID {TEXT.token_id}"):
        await tokens.find_by_ids(context_of(objects), [TEXT.token_id])


async def test_a_namespace_that_is_not_there_is_told_before_a_text_is_unknown() -> None:
    objects = FakeObjects(forbidden={"list all ApiToken"}, namespaces=set())

    with pytest.raises(BlockedError, match='There is no namespace "finance"') as raised:
        await tokens.find_by_ids(context_of(objects), [TEXT.token_id])

    assert raised.value.next_steps == (ListNamespaces(),)


async def test_an_end_is_brought_forward_and_never_postponed() -> None:
    objects = a_cluster("long", "short")
    objects.put(an_active_token(api_token("finance", "short"), left=HOUR))
    context = context_of(objects)

    plan = await tokens.plan_expiry(context, ["long", "short"], NOW + 2 * HOUR)
    ended = [stored.label async for stored in tokens.expire(context, plan)]

    assert plan.notes == ("token short already ends at 2026-11-23T13:00:00Z",)
    assert plan.consequences == (
        "The token long of invoice-bot (never seen in use) will be ended at 2026-11-23T14:00:00Z permanently.",
    )
    assert plan.question == "Bring the end forward?"
    assert ended == ["token long"]
    assert spec_of(objects, "long") == {"expiresAt": "2026-11-23T14:00:00Z"}
    assert spec_of(objects, "short") == {}


async def test_where_no_end_comes_forward_nothing_is_asked() -> None:
    plan = await tokens.plan_expiry(context_of(a_cluster()), ["ci"], NOW + timedelta(days=99))

    assert (plan.tokens, plan.question) == ((), "")


async def test_deletion_tells_the_state_of_each_and_what_still_stands() -> None:
    objects = a_cluster()
    objects.body("ApiToken", "cd")["status"]["phase"] = "Expired"
    context = context_of(objects)

    plan = await tokens.plan_deletion(context, ["ci", "cd"])
    results = []
    async for before, after in tokens.delete(context, plan):
        results.append((before.label, after))
        objects.finalizers = ("x.example/hold",)

    assert plan.consequences[1] == "The token cd of invoice-bot (expired) will be deleted permanently."
    assert plan.question == "Delete permanently?"
    assert results[0] == ("token ci", None)
    assert results[1][1] is not None


async def test_what_git_declares_is_ended_only_by_force() -> None:
    objects = a_cluster(git=True)
    objects.body("ApiToken", "ci")["spec"]["revoked"] = False
    context = context_of(objects)

    with pytest.raises(BlockedError, match="token ci is declared in Git") as deletion:
        await tokens.plan_deletion(context, ["ci"])
    with pytest.raises(BlockedError, match=r"spec\.revoked of token ci is declared in Git"):
        await tokens.plan_revocation(context, ["ci"])
    with pytest.raises(BlockedError, match=r"spec\.revoked of token ci is declared in Git"):
        await tokens.plan_revocation_by_ids(context, [TEXT.token_id])
    forced = await tokens.plan_revocation(context, ["ci"], force=True)

    assert deletion.value.next_steps == (ChangeInGit(),)
    assert forced.warnings == (
        "spec.revoked of token ci is declared in Git (by Argo CD), which may revert the change.",
    )


async def test_an_end_that_git_declares_comes_forward_only_by_force() -> None:
    objects = a_cluster(git=True)
    objects.body("ApiToken", "ci")["spec"]["expiresAt"] = "2026-12-03T12:00:00Z"
    context = context_of(objects)

    with pytest.raises(BlockedError, match=r"spec\.expiresAt of token ci is declared in Git") as raised:
        await tokens.plan_expiry(context, ["ci"], NOW + HOUR)
    forced = await tokens.plan_expiry(context, ["ci"], NOW + HOUR, force=True)

    assert raised.value.next_steps == (ChangeInGit(),)
    assert [stored.label for stored in forced.tokens] == ["token ci"]
    assert len(forced.warnings) == 1


@pytest.mark.parametrize(
    ("right", "plan", "sentence"),
    [
        ("patch apitokens", lambda at: tokens.plan_revocation(at, ["ci"]), "You may not revoke the token ci"),
        ("patch apitokens", lambda at: tokens.plan_expiry(at, ["ci"], NOW), "You may not end the token ci"),
        ("delete apitokens", lambda at: tokens.plan_deletion(at, ["ci"]), "You may not delete the token ci"),
    ],
)
async def test_who_may_not_is_told_before_a_question(right: str, plan: Any, sentence: str) -> None:  # noqa: ANN401
    objects = FakeObjects(forbidden={right}).put(an_active_token(api_token("finance", "ci")))

    with pytest.raises(BlockedError, match=f"{sentence} in namespace finance"):
        await plan(context_of(objects))
