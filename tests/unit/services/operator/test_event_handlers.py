"""Events of tokens: an older one is dropped, a token that needs something is queued, a later deadline is noted."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pharia_access.domain.model import ObjectKey, Phase
from pharia_access.domain.reasons import DeliveryState
from pharia_access.services.operator.cluster_cache import ClusterCache
from tests.support.builders.domain_objects import NOW, TOKEN, WINDOW, a_minted_token, a_token
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.harness_tokens import active
from tests.support.harness.operator_harness import SECRET, OperatorHarness, drained

A, B, C = (ObjectKey(TOKEN.namespace, name) for name in "abc")
LIFE = timedelta(days=30)


async def queued(harness: OperatorHarness) -> list[str]:
    """The names of the tokens that wait, in order."""
    return [work.key.name for work in await drained(harness.replica.queue) if work.kind == "token"]


# --- what is seen once


@simulated
async def test_a_token_that_needs_something_is_queued_once(harness: OperatorHarness, cache: ClusterCache) -> None:
    cache.apply_event(a_token(resource_version="5"))
    cache.apply_event(a_token(resource_version="5"))
    cache.apply_event(a_token(resource_version="4"))

    assert await queued(harness) == ["ci"]
    cache.apply_event(a_token(resource_version="5"))
    assert await queued(harness) == []


@simulated
async def test_what_is_older_than_the_view_changes_nothing(harness: OperatorHarness, cache: ClusterCache) -> None:
    cache.apply_event(active(harness, version="10"))

    cache.apply_event(a_token(resource_version="9", revoked=True))
    cache.apply_listed(a_token(resource_version="9", revoked=True))

    record = harness.replica.cache.tokens.get(TOKEN)
    assert record is not None
    assert (record.resource_version, record.phase) == ("10", Phase.ACTIVE)
    assert await queued(harness) == []


def test_a_standby_keeps_the_view_and_queues_nothing(harness: OperatorHarness, cache: ClusterCache) -> None:
    harness.replica.leader_queue.is_leader = False

    cache.apply_event(active(harness, A))
    cache.apply_event(a_token(B))
    cache.apply_listed(a_token(C))
    cache.remove_token(A)

    assert harness.replica.cache.tokens.keys == (B, C)
    assert len(harness.replica.queue) == 0
    assert len(harness.replica.schedule) == 0


@simulated
async def test_whoever_takes_over_begins_with_what_was_left_undone_and_mints_first(
    harness: OperatorHarness, cache: ClusterCache
) -> None:
    harness.replica.leader_queue.is_leader = False
    over = replace(active(harness, A), spec=a_token(A, expires_at=NOW - timedelta(seconds=1)).spec)
    cache.apply_event(over)
    cache.apply_listed(a_token(B))
    cache.apply_event(a_token(C))

    harness.replica.leader_queue.start_leading()

    assert await queued(harness) == ["b", "c", "a"]
    assert harness.replica.leader_queue.is_leader


@simulated
async def test_what_the_leader_did_or_what_went_is_not_left_undone(
    harness: OperatorHarness, cache: ClusterCache
) -> None:
    harness.replica.leader_queue.is_leader = False
    for key in (A, B):
        cache.apply_event(a_token(key))
    cache.apply_event(active(harness, A))
    cache.remove_token(B)

    harness.replica.leader_queue.start_leading()

    assert await queued(harness) == []
    assert harness.replica.schedule.next_due() == (NOW + WINDOW).timestamp()


@simulated
async def test_what_people_wait_for_goes_before_low_priority_work(
    harness: OperatorHarness, cache: ClusterCache
) -> None:
    cache.apply_listed(a_token(A))
    cache.apply_listed(a_token(B))
    harness.replica.leader_queue.enqueue_token(TOKEN)
    cache.apply_event(a_token(C))

    assert await queued(harness) == ["c", "a", "b", "ci"]


@pytest.mark.parametrize("revoked", [True, False], ids=["revoked", "being deleted"])
@simulated
async def test_a_token_that_ends_goes_before_mints_of_its_namespace(
    harness: OperatorHarness, cache: ClusterCache, *, revoked: bool
) -> None:
    cache.apply_event(a_token(A))
    cache.apply_event(a_token(B))
    cache.apply_event(a_token(C, revoked=True) if revoked else replace(active(harness, C), deleting=True))

    assert await queued(harness) == ["c", "a", "b"]


@simulated
async def test_a_list_judges_anew_what_the_view_knows_already(harness: OperatorHarness, cache: ClusterCache) -> None:
    over = replace(active(harness), spec=a_token(expires_at=NOW - timedelta(seconds=1)).spec)
    harness.replica.leader_queue.is_leader = False
    cache.apply_event(over)
    harness.replica.leader_queue.is_leader = True

    cache.apply_event(over)
    assert await queued(harness) == []
    cache.apply_listed(over)
    assert await queued(harness) == ["ci"]


# --- what needs nothing now


async def probed(harness: OperatorHarness) -> list[tuple[ObjectKey, str]]:
    """Which Secrets are looked at within the first quarter of a minute."""
    looks: list[tuple[ObjectKey, str]] = []

    async def is_there(secret: ObjectKey, uid: str) -> bool:
        looks.append((secret, uid))
        return True

    task = asyncio.create_task(harness.replica.probes.run(is_there, harness.replica.leader_queue.enqueue_token))
    await asyncio.sleep(15)
    task.cancel()
    await asyncio.wait({task})
    return looks


@pytest.mark.parametrize(
    ("state", "due", "looks"),
    [
        pytest.param(
            DeliveryState.AVAILABLE,
            NOW + WINDOW,
            [(SECRET, "secret-1")],
            id="its Secret is probed until the end of its window",
        ),
        pytest.param(DeliveryState.COLLECTED, NOW + LIFE - timedelta(days=7), [], id="then the warning comes next"),
    ],
)
@simulated
async def test_a_token_that_needs_nothing_is_looked_at_when_something_falls_due(
    clock: FakeClock,
    harness: OperatorHarness,
    cache: ClusterCache,
    state: DeliveryState,
    due: datetime,
    looks: list[tuple[ObjectKey, str]],
) -> None:
    cache.apply_event(a_minted_token(credential=harness.credential.identity, state=state))

    assert await queued(harness) == []
    assert harness.replica.schedule.next_due() == due.timestamp()
    assert await probed(harness) == looks


@simulated
async def test_what_was_noted_of_a_token_goes_with_it(
    clock: FakeClock, harness: OperatorHarness, cache: ClusterCache
) -> None:
    cache.apply_event(active(harness))

    cache.remove_token(TOKEN)

    assert len(harness.replica.schedule) == 0
    assert await probed(harness) == []
