"""Tokens whose credential the operator does not see, or does not understand: it asks, and guesses nothing."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.model import Phase
from pharia_access.errors import ApiError, ConflictError, ForbiddenError, InvalidObjectError, UnavailableError
from tests.support.bench_tokens import of_git
from tests.support.builders import CREDENTIAL, TOKEN, a_credential
from tests.support.faults import Call, Fault
from tests.support.service_builders import ARGO, Bench, reason
from tests.support.virtual_time import simulated

DAY = timedelta(days=1)


# --- what the cache does not know yet, or knows no longer


@simulated
async def test_a_view_that_lost_the_credential_deletes_nothing_but_asks(bench: Bench) -> None:
    await of_git(bench)
    bench.replica.cache.remove_credential(CREDENTIAL)

    await bench.reconcile()

    assert bench.token().status.phase is Phase.ACTIVE
    assert bench.calls() == ["read_token", "read_credential"]
    assert bench.replica.cache.credentials.get(CREDENTIAL) == bench.credential


@simulated
async def test_a_view_that_shows_another_credential_deletes_nothing_but_asks(bench: Bench) -> None:
    await of_git(bench)
    bench.replica.cache.remove_credential(CREDENTIAL)
    bench.replica.cache.apply_credential(replace(bench.credential, uid="uid-0"))

    await bench.reconcile()

    assert bench.token().status.phase is Phase.ACTIVE
    assert bench.calls() == ["read_token", "read_credential"]


@simulated
async def test_a_credential_that_the_view_does_not_know_yet_is_found_all_the_same(bench: Bench) -> None:
    bench.replica.cache.remove_credential(CREDENTIAL)
    bench.create()

    token = await bench.reconcile()

    assert token is not None
    assert (token.minted, token.status.credential) == (True, bench.credential.identity)


@pytest.mark.parametrize("error", [UnavailableError("500"), ForbiddenError("403")], ids=str)
@simulated
async def test_where_nobody_can_tell_whether_the_credential_is_there_nothing_is_deleted(
    bench: Bench, error: Exception
) -> None:
    await of_git(bench)
    bench.remove_credential()
    bench.fail("read_credential", Fault(before=error))

    with pytest.raises(ApiError):
        await bench.reconcile()

    assert TOKEN in bench.store.tokens
    assert bench.writes() == []


@pytest.mark.parametrize("suspended", [False, True], ids=["that was live", "that was suspended"])
@simulated
async def test_a_token_of_a_credential_made_anew_lives_though_the_view_still_shows_the_one_before(
    bench: Bench, *, suspended: bool
) -> None:
    """Kinds are watched apart. What is bound to a credential that went before it came would be deleted as an orphan."""
    bench.store.apply_credential(a_credential(suspended=suspended))
    bench.look_around()
    bench.store.delete_credential(CREDENTIAL)
    anew = bench.store.apply_credential(a_credential())
    bench.create()

    await bench.reconcile()
    for change in bench.store.changes:
        bench.replica.hear(change)
    await bench.reconcile()

    assert bench.token().status.phase is Phase.ACTIVE
    assert bench.token().status.credential == anew.identity


@simulated
async def test_an_answer_that_comes_after_the_news_of_a_deletion_brings_no_credential_back(bench: Bench) -> None:
    bench.create()
    news = iter([None, bench.remove_credential])

    async def tell(call: Call) -> None:
        if call.verb == "read_credential" and (happens := next(news, None)) is not None:
            happens()

    bench.replica.cluster.turn = tell
    with pytest.raises(ConflictError):
        await bench.reconcile()

    assert bench.replica.cache.credentials.get(CREDENTIAL) is None
    token = await bench.reconcile()
    assert token is not None
    assert reason(token) == "CredentialNotFound"


@pytest.mark.parametrize("verb", ["read_credential", "write_credential_status"])
@simulated
async def test_the_answer_to_a_status_that_comes_after_that_news_brings_none_back_either(
    bench: Bench, verb: str
) -> None:
    await bench.mint()
    news = iter([None, bench.remove_credential])

    async def tell(call: Call) -> None:
        if call.verb == verb and (happens := next(news, None)) is not None:
            happens()

    bench.replica.cluster.turn = tell
    with suppress(ApiError):  # a status of what is gone cannot be written
        await bench.replica.operator._parts.credentials.reconcile(CREDENTIAL, live=True)

    assert bench.replica.cache.credentials.get(CREDENTIAL) is None
    await bench.reconcile()
    assert bench.store.tokens == {}


# --- a credential that nobody understands


def nobody_understands_the_credential(bench: Bench) -> None:
    """It is there, and was never seen whole."""
    bench.replica.cache.remove_credential(CREDENTIAL)
    bench.fail("read_credential", *[Fault(before=InvalidObjectError("spec.roles: no"))] * 3)


@simulated
async def test_under_a_credential_that_nobody_understands_nothing_is_minted_and_the_token_says_why(
    bench: Bench,
) -> None:
    nobody_understands_the_credential(bench)
    bench.create()

    token = await bench.reconcile()

    assert token is not None
    assert (token.status.phase, reason(token)) == (Phase.PENDING, "CredentialMalformed")
    assert bench.writes() == ["write_token_status"]


@pytest.mark.parametrize("marked", [False, True], ids=["owned by its credential", "of Git, owned by nobody"])
@simulated
async def test_under_a_credential_that_nobody_understands_a_live_token_lives_until_it_expires(
    bench: Bench, *, marked: bool
) -> None:
    bench.create(ttl=DAY, annotations=ARGO if marked else {})
    await bench.reconcile()
    nobody_understands_the_credential(bench)

    early = await bench.reconcile()
    bench.clock.advance(DAY.total_seconds())
    late = await bench.reconcile()

    assert early is not None
    assert early.status.phase is Phase.ACTIVE
    assert late is not None
    assert late.status.phase is Phase.EXPIRED
