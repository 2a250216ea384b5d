"""What is seen of a token while it is worked on waits its turn; what is worked on as seen spares a read."""

import pytest

from pharia_access.domain.lifecycle.decisions import InSync
from pharia_access.domain.model import CredentialIdentity, ObjectKey, Token
from pharia_access.services.operator.cluster_cache import MOST_RECENT, ClusterCache
from tests.support.builders.domain_objects import CREDENTIAL, NOW, TOKEN, a_minted_token, a_token
from tests.support.fakes.virtual_time import simulated
from tests.support.harness.operator_harness import OperatorHarness, drained

A, B, C = (ObjectKey(TOKEN.namespace, name) for name in "abc")
OTHER = CredentialIdentity(CREDENTIAL.name, "credential-0")


def active(harness: OperatorHarness) -> Token:
    """A token that needs nothing until its window closes."""
    return a_minted_token(a_token(resource_version="7"), credential=harness.credential.identity)


async def queued(harness: OperatorHarness) -> list[str]:
    """The names of the tokens that wait, in order."""
    return [work.key.name for work in await drained(harness.replica.queue) if work.kind == "token"]


@simulated
async def test_an_echo_of_our_own_write_asks_for_nothing(harness: OperatorHarness, cache: ClusterCache) -> None:
    harness.replica.queue.add(harness.work())
    work = await harness.replica.queue.get()
    written = active(harness)

    cache.apply_event(written)
    cache.apply_own_write(written)
    cache.flush_in_flight(TOKEN)
    harness.replica.queue.done(work)

    assert await queued(harness) == []


@simulated
async def test_a_change_by_others_meanwhile_is_taken_in_afterwards_the_newest_of_them(
    harness: OperatorHarness, cache: ClusterCache
) -> None:
    harness.replica.queue.add(harness.work())
    work = await harness.replica.queue.get()

    for version in ("8", "10", "9"):
        cache.apply_event(a_token(resource_version=version, revoked=version == "10"))
    assert harness.replica.cache.tokens.get(TOKEN) is None
    cache.apply_own_write(active(harness))
    cache.flush_in_flight(TOKEN)
    cache.flush_in_flight(TOKEN)
    harness.replica.queue.done(work)

    assert harness.replica.cache.tokens.has_version(TOKEN, "10")
    assert await queued(harness) == ["ci"]


@pytest.mark.parametrize(
    ("uid", "expected"),
    [
        pytest.param("token-1", [], id="that very one went"),
        pytest.param("token-0", ["ci"], id="an earlier one of the name went"),
        pytest.param(None, ["ci"], id="a read found none, and this one came after it"),
    ],
)
@simulated
async def test_a_token_created_again_while_the_name_is_worked_on_is_not_lost(
    harness: OperatorHarness, cache: ClusterCache, uid: str | None, expected: list[str]
) -> None:
    harness.replica.queue.add(harness.work())
    work = await harness.replica.queue.get()
    cache.apply_event(a_token(resource_version="9"))

    cache.remove_token(TOKEN, uid)
    cache.flush_in_flight(TOKEN)
    harness.replica.queue.done(work)

    assert await queued(harness) == expected


@simulated
async def test_news_of_its_end_that_comes_before_the_answer_to_our_write_counts_and_its_secret_goes(
    harness: OperatorHarness, cache: ClusterCache
) -> None:
    harness.replica.leader_queue.start_leading()
    harness.replica.queue.add(harness.work())
    work = await harness.replica.queue.get()
    written = active(harness)

    cache.remove_token(TOKEN, written.uid)
    cache.apply_own_write(written)
    harness.replica.handlers.mark_in_sync(written, InSync(NOW))
    cache.flush_in_flight(TOKEN)
    harness.replica.queue.done(work)

    assert harness.replica.cache.tokens.get(TOKEN) is None
    assert len(harness.replica.schedule) == 0
    assert "secret" in [left.kind for left in await drained(harness.replica.queue)]


@simulated
async def test_once_the_work_is_done_nothing_is_remembered_of_an_end(
    harness: OperatorHarness, cache: ClusterCache
) -> None:
    harness.replica.queue.add(harness.work())
    work = await harness.replica.queue.get()
    cache.remove_token(TOKEN, "token-1")
    cache.flush_in_flight(TOKEN)
    harness.replica.queue.done(work)

    cache.apply_own_write(active(harness))

    assert harness.replica.cache.tokens.has_version(TOKEN, "7"), "such as where etcd was restored"


@pytest.mark.parametrize(
    ("token", "spared"),
    [
        pytest.param(a_token(revoked=True), True, id="a status is to be written"),
        pytest.param(a_token(credential_name="nobody"), True, id="it is to be told that it waits"),
        pytest.param(a_token(), False, id="a mint creates a Secret"),
        pytest.param(a_minted_token(a_token()), False, id="a token is to be deleted"),
    ],
)
@simulated
async def test_only_where_a_status_is_written_a_token_is_worked_on_as_seen(
    harness: OperatorHarness, cache: ClusterCache, token: Token, *, spared: bool
) -> None:
    cache.apply_event(token)

    assert cache.take_recent(TOKEN) == (token if spared else None)
    assert cache.take_recent(TOKEN) is None
    assert await queued(harness) == ["ci"]


def test_a_token_as_seen_is_good_only_until_something_newer_is_known(cache: ClusterCache) -> None:
    for key in (A, B, C):
        cache.apply_event(a_token(key, resource_version="5", revoked=True))

    cache.apply_own_write(a_token(A, resource_version="6", revoked=True))
    cache.remove_token(B)
    newer = a_token(C, resource_version="6", revoked=True)
    cache.apply_event(newer)

    assert (cache.take_recent(A), cache.take_recent(B), cache.take_recent(C)) == (None, None, newer)


def test_only_so_many_tokens_are_kept_whole(cache: ClusterCache) -> None:
    keys = [ObjectKey(TOKEN.namespace, f"ci-{number}") for number in range(MOST_RECENT + 1)]
    for key in keys:
        cache.apply_event(a_token(key, revoked=True))

    kept = [key for key in keys if cache.take_recent(key) is not None]

    assert kept == keys[:-1]
