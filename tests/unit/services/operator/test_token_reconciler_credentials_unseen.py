"""Tokens whose credential the operator does not see, or does not understand: it asks, and guesses nothing."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.model import Phase
from pharia_access.errors import (
    ApiError,
    ConflictError,
    ForbiddenError,
    InvalidObjectError,
    NotFoundError,
    UnavailableError,
)
from tests.support.builders.domain_objects import CREDENTIAL, TOKEN, a_credential
from tests.support.fakes.scripted_faults import Call, Fault
from tests.support.fakes.virtual_time import simulated
from tests.support.harness.harness_tokens import of_git
from tests.support.harness.operator_harness import ARGO, OperatorHarness, reason

DAY = timedelta(days=1)


# --- what the cache does not know yet, or knows no longer


@simulated
async def test_a_view_that_lost_the_credential_deletes_nothing_but_asks(harness: OperatorHarness) -> None:
    await of_git(harness)
    harness.replica.cache.remove_credential(CREDENTIAL)

    await harness.reconcile()

    assert harness.token().status.phase is Phase.ACTIVE
    assert harness.calls() == ["read_token", "read_credential"]
    assert harness.replica.cache.credentials.get(CREDENTIAL) == harness.credential


@simulated
async def test_a_view_that_shows_another_credential_deletes_nothing_but_asks(harness: OperatorHarness) -> None:
    await of_git(harness)
    harness.replica.cache.remove_credential(CREDENTIAL)
    harness.replica.cache.apply_credential(replace(harness.credential, uid="uid-0"))

    await harness.reconcile()

    assert harness.token().status.phase is Phase.ACTIVE
    assert harness.calls() == ["read_token", "read_credential"]


@simulated
async def test_a_credential_that_the_view_does_not_know_yet_is_found_all_the_same(harness: OperatorHarness) -> None:
    harness.replica.cache.remove_credential(CREDENTIAL)
    harness.create()

    token = await harness.reconcile()

    assert token is not None
    assert (token.minted, token.status.credential) == (True, harness.credential.identity)


@pytest.mark.parametrize("error", [UnavailableError("500"), ForbiddenError("403")], ids=str)
@simulated
async def test_where_nobody_can_tell_whether_the_credential_is_there_nothing_is_deleted(
    harness: OperatorHarness, error: Exception
) -> None:
    await of_git(harness)
    harness.remove_credential()
    harness.fail("read_credential", Fault(before=error))

    with pytest.raises(ApiError):
        await harness.reconcile()

    assert TOKEN in harness.store.tokens
    assert harness.writes() == []


@pytest.mark.parametrize("suspended", [False, True], ids=["that was live", "that was suspended"])
@simulated
async def test_a_token_of_a_credential_made_anew_lives_though_the_view_still_shows_the_one_before(
    harness: OperatorHarness, *, suspended: bool
) -> None:
    """Kinds are watched apart. What is bound to a credential that went before it came would be deleted as an orphan."""
    harness.store.apply_credential(a_credential(suspended=suspended))
    harness.look_around()
    harness.store.delete_credential(CREDENTIAL)
    anew = harness.store.apply_credential(a_credential())
    harness.create()

    await harness.reconcile()
    for change in harness.store.changes:
        harness.replica.hear(change)
    await harness.reconcile()

    assert harness.token().status.phase is Phase.ACTIVE
    assert harness.token().status.credential == anew.identity


@simulated
async def test_an_answer_that_comes_after_the_news_of_a_deletion_brings_no_credential_back(
    harness: OperatorHarness,
) -> None:
    harness.create()
    news = iter([None, harness.remove_credential])

    async def tell(call: Call) -> None:
        if call.verb == "read_credential" and (happens := next(news, None)) is not None:
            happens()

    harness.replica.cluster.turn = tell
    with pytest.raises(ConflictError):
        await harness.reconcile()

    assert harness.replica.cache.credentials.get(CREDENTIAL) is None
    token = await harness.reconcile()
    assert token is not None
    assert reason(token) == "CredentialNotFound"


@pytest.mark.parametrize("verb", ["read_credential", "write_credential_status"])
@simulated
async def test_the_answer_to_a_status_that_comes_after_that_news_brings_none_back_either(
    harness: OperatorHarness, verb: str
) -> None:
    await harness.mint()
    news = iter([None, harness.remove_credential])

    async def tell(call: Call) -> None:
        if call.verb == verb and (happens := next(news, None)) is not None:
            happens()

    harness.replica.cluster.turn = tell
    with suppress(ApiError):  # a status of what is gone cannot be written
        await harness.replica.operator._parts.credentials.reconcile(CREDENTIAL, live=True)

    assert harness.replica.cache.credentials.get(CREDENTIAL) is None
    await harness.reconcile()
    assert harness.store.tokens == {}


@simulated
async def test_the_late_news_that_a_credential_is_not_there_takes_none_away_that_was_made_anew_meanwhile(
    harness: OperatorHarness,
) -> None:
    async def make_anew(call: Call) -> None:
        if call.verb == "read_credential":
            harness.replace_credential()

    harness.replica.cluster.turn = make_anew
    harness.fail("read_credential", Fault(before=NotFoundError("404")))
    await harness.replica.operator._parts.credentials.reconcile(CREDENTIAL, live=True)

    known = harness.replica.cache.credentials.get(CREDENTIAL)
    assert known == harness.store.credentials[CREDENTIAL]
    assert known != harness.credential


# --- a credential that nobody understands


def nobody_understands_the_credential(harness: OperatorHarness) -> None:
    """It is there, and was never seen whole."""
    harness.replica.cache.remove_credential(CREDENTIAL)
    harness.fail("read_credential", *[Fault(before=InvalidObjectError("spec.roles: no"))] * 3)


@simulated
async def test_under_a_credential_that_nobody_understands_nothing_is_minted_and_the_token_says_why(
    harness: OperatorHarness,
) -> None:
    nobody_understands_the_credential(harness)
    harness.create()

    token = await harness.reconcile()

    assert token is not None
    assert (token.status.phase, reason(token)) == (Phase.PENDING, "CredentialMalformed")
    assert harness.writes() == ["write_token_status"]


@pytest.mark.parametrize("marked", [False, True], ids=["owned by its credential", "of Git, owned by nobody"])
@simulated
async def test_under_a_credential_that_nobody_understands_a_live_token_lives_until_it_expires(
    harness: OperatorHarness, *, marked: bool
) -> None:
    harness.create(ttl=DAY, annotations=ARGO if marked else {})
    await harness.reconcile()
    nobody_understands_the_credential(harness)

    early = await harness.reconcile()
    harness.clock.advance(DAY.total_seconds())
    late = await harness.reconcile()

    assert early is not None
    assert early.status.phase is Phase.ACTIVE
    assert late is not None
    assert late.status.phase is Phase.EXPIRED
