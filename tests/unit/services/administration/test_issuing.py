"""A new token on its way to a person: what stands in its way, and what is left to do wherever it breaks off."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from pharia_access.domain.administration.collection_state import UNSEEN
from pharia_access.domain.administration.lifetime_input import Lifetime
from pharia_access.domain.administration.next_steps import (
    AskForRight,
    CollectToken,
    CollectUncertain,
    DeleteSecret,
    NameFutureEnd,
    NameOtherCredential,
    NameShorterLife,
    RaiseMaxTokens,
    ResumeCredential,
    Step,
)
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import AccessError, InvalidError, NotFoundError, UnavailableError
from pharia_access.services.administration import issuing
from pharia_access.services.administration.collecting import NotMintedYetError
from pharia_access.services.administration.destinations import SecretDestinationError
from pharia_access.services.administration.issuing import TokenRequest
from pharia_access.services.administration.plans import BlockedError
from pharia_access.services.administration.progress import BrokenOff, SecretStillStands, TokenCreated
from tests.support.administration.contexts import FakeDestination, Heard, context_of
from tests.support.administration.fake_objects import FakeObjects
from tests.support.administration.stored_bodies import an_active_token
from tests.support.builders.domain_objects import NOW, TEXT
from tools.control_plane.resources import api_credential, api_token

Json = dict[str, Any]

CREDENTIAL = ObjectKey("finance", "invoice-bot")
NEW = ObjectKey("finance", "new")
SECRET = ObjectKey("finance", "new-token")
DAY = timedelta(days=1)
REQUEST = TokenRequest("invoice-bot", "new")
DEADLINE = NOW + timedelta(hours=1)


def a_cluster(*, deleting: bool = False, suspended: bool = False, policy: Json | None = None) -> FakeObjects:
    """A credential that may mint, with an active token."""
    credential = api_credential("finance", suspended=suspended, tokenPolicy=policy or {})
    if deleting:
        credential["metadata"]["deletionTimestamp"] = "2026-11-23T00:00:00Z"
    return FakeObjects().put(credential, an_active_token(api_token("finance", "ci")))


@pytest.mark.parametrize(
    ("objects", "lifetime", "why", "next_step"),
    [
        pytest.param(a_cluster(), Lifetime(ends=NOW - DAY), "no token would be minted", NameFutureEnd(), id="over"),
        pytest.param(a_cluster(deleting=True), None, "is being deleted", NameOtherCredential(), id="deleting"),
        pytest.param(a_cluster(suspended=True), None, "is suspended", ResumeCredential(CREDENTIAL), id="suspended"),
        pytest.param(
            a_cluster(policy={"maxTokens": 1}),
            None,
            "already has 1 of 1 active tokens",
            RaiseMaxTokens(CREDENTIAL, 2),
            id="at its most",
        ),
        pytest.param(
            a_cluster(policy={"maxTTL": "720h"}),
            Lifetime(ttl=31 * DAY),
            "is longer than the 30 days",
            NameShorterLife(),
            id="too long",
        ),
    ],
)
async def test_what_is_known_to_stand_in_the_way_is_told_before(
    objects: FakeObjects, lifetime: Lifetime | None, why: str, next_step: Step
) -> None:
    with pytest.raises(BlockedError, match=why) as raised:
        await issuing.plan_issue(context_of(objects), TokenRequest("invoice-bot", "new", lifetime))

    assert raised.value.next_steps == (next_step,)


async def test_the_right_to_mint_is_asked_for_before() -> None:
    objects = a_cluster()
    objects.forbidden.add("create apicredentials/token")

    with pytest.raises(BlockedError, match="You may not mint tokens under invoice-bot in namespace finance") as raised:
        await issuing.plan_issue(context_of(objects), REQUEST)

    needed = ("apicredentials.access.pharia.ai/token",)
    assert raised.value.next_steps == (AskForRight("create", needed, "an administrator of the namespace"),)


async def test_whoever_may_not_count_tokens_is_not_held_up() -> None:
    objects = a_cluster(policy={"maxTokens": 1})
    objects.forbidden.add("list ApiToken")

    assert (await issuing.plan_issue(context_of(objects), REQUEST)).key == NEW


@pytest.mark.parametrize(
    ("request_", "spec"),
    [
        pytest.param(TokenRequest("invoice-bot", "new"), {}, id="nothing is said"),
        pytest.param(TokenRequest("invoice-bot", "new", Lifetime(ttl=DAY)), {"ttl": "24h"}, id="a length"),
        pytest.param(
            TokenRequest("invoice-bot", "new", Lifetime(ends=NOW + DAY)),
            {"expiresAt": "2026-11-24T12:00:00Z"},
            id="an end",
        ),
        pytest.param(
            TokenRequest("invoice-bot", "new", description="CI", window=timedelta(minutes=20)),
            {"description": "CI", "delivery": {"window": "20m"}},
            id="all else",
        ),
    ],
)
async def test_what_is_asked_for_is_what_is_created(request_: TokenRequest, spec: Json) -> None:
    objects = a_cluster()
    context = context_of(objects, dry_run=True)

    await issuing.issue(context, await issuing.plan_issue(context, request_), FakeDestination())

    assert objects.body("ApiToken", "new")["spec"] == {"credentialRef": {"name": "invoice-bot"}, **spec}


async def test_the_secret_is_handed_over_and_its_one_time_secret_deleted() -> None:
    objects, heard, destination = a_cluster(), Heard(), FakeDestination()
    context = context_of(objects, heard)

    token = await issuing.issue(context, await issuing.plan_issue(context, REQUEST), destination)

    assert token.key == NEW
    assert destination.taken == [("new", TEXT)]
    assert objects.secrets == {}
    assert heard.events == [TokenCreated(NEW)]
    assert heard.waits == [UNSEEN]


async def test_a_dry_run_waits_for_nothing_and_hands_nothing_over() -> None:
    objects, heard, destination = a_cluster(), Heard(), FakeDestination()
    context = context_of(objects, heard, dry_run=True)

    await issuing.issue(context, await issuing.plan_issue(context, REQUEST), destination)

    assert (destination.taken, objects.secrets, heard.events, heard.waits) == ([], {}, [], [])


async def test_a_one_time_secret_that_finalizers_hold_is_told() -> None:
    objects, heard, destination = a_cluster(), Heard(), FakeDestination()
    objects.finalizers = ("x.example/hold",)
    context = context_of(objects, heard)

    await issuing.issue(context, await issuing.plan_issue(context, REQUEST), destination)

    assert heard.events[1:] == [SecretStillStands(SECRET, ("x.example/hold",))]
    assert destination.taken == [("new", TEXT)]


def unavailable(status: int | None = None) -> UnavailableError:
    error = UnavailableError("no answer")
    error.status = status
    return error


def invalid() -> InvalidError:
    error = InvalidError("wrong")
    error.status = 422
    return error


@pytest.mark.parametrize(
    ("failing", "destination", "next_steps"),
    [
        pytest.param({"create ApiToken": invalid()}, None, (), id="the API server refused it: nothing is left"),
        pytest.param({"create ApiToken": unavailable()}, None, (CollectUncertain(NEW),), id="no answer to the create"),
        pytest.param({"create ApiToken": unavailable(503)}, None, (CollectUncertain(NEW),), id="a failure answered it"),
        pytest.param({}, SecretDestinationError("full"), (CollectToken(NEW, DEADLINE),), id="the secret was not taken"),
        pytest.param(
            {"delete Secret": unavailable()}, None, (DeleteSecret(SECRET, NEW, DEADLINE),), id="it was not deleted"
        ),
    ],
)
async def test_whatever_breaks_off_says_what_is_left_to_do(
    failing: dict[str, AccessError], destination: AccessError | None, next_steps: tuple[Step, ...]
) -> None:
    objects = a_cluster()
    objects.failing = failing
    context = context_of(objects)
    plan = await issuing.plan_issue(context, REQUEST)

    with pytest.raises(AccessError) as raised:
        await issuing.issue(context, plan, FakeDestination(failing=destination))

    assert raised.value.next_steps == next_steps


async def test_a_token_that_is_not_minted_in_time_can_be_collected_later() -> None:
    objects = a_cluster()
    objects.operator = False
    context = context_of(objects)
    plan = await issuing.plan_issue(context, REQUEST)

    with pytest.raises(NotMintedYetError) as raised:
        await issuing.issue(context, plan, FakeDestination())
    objects.operator = True
    destination = FakeDestination()
    await issuing.collect(context, "new", destination, wait_timeout=timedelta(minutes=1))

    assert raised.value.next_steps == (CollectToken(NEW),)
    assert destination.taken == [("new", TEXT)]


async def test_an_interruption_says_what_is_left_to_do() -> None:
    objects, heard = a_cluster(), Heard()
    objects.operator = False
    context = context_of(objects, heard)
    plan = await issuing.plan_issue(context, REQUEST)

    work = asyncio.ensure_future(issuing.issue(context, plan, FakeDestination()))
    await asyncio.sleep(0.001)
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work

    assert work.cancelled()
    assert heard.events == [TokenCreated(NEW), BrokenOff((CollectToken(NEW),))]


async def test_a_token_that_is_not_there_leaves_nothing_to_do() -> None:
    with pytest.raises(NotFoundError) as raised:
        await issuing.collect(context_of(a_cluster()), "new", FakeDestination(), wait_timeout=timedelta(minutes=1))

    assert raised.value.next_steps == ()
