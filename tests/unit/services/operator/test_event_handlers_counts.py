"""What a token's change means to others: its credential's counts gather before they are written, slots become free."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.conditions import Condition
from pharia_access.domain.lifecycle import token_rules
from pharia_access.domain.lifecycle.decisions import Observed, WriteStatus
from pharia_access.domain.model import ObjectKey, Phase, Token, TokenStatus
from pharia_access.services.operator.cluster_cache import ClusterCache
from pharia_access.services.operator.event_handlers import COALESCE_SECONDS
from pharia_access.services.operator.work_queue import WorkItem
from tests.support.builders.domain_objects import CREDENTIAL, NOW, a_token
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.operator_harness import OperatorHarness, drained

ITSELF = WorkItem("credential", CREDENTIAL)
FIRST, SECOND, WAITS = (ObjectKey(CREDENTIAL.namespace, name) for name in ("first", "second", "waits"))
STALLED = (Condition("Stalled", "True", "SecretConflict", "Words.", 1, NOW),)


@pytest.fixture
def harness(clock: FakeClock) -> OperatorHarness:
    return OperatorHarness(clock, max_tokens=2)


def told_to_wait(harness: OperatorHarness, key: ObjectKey = WAITS) -> Token:
    """A token whose status says that there is no place for it."""
    token = in_phase(None, key)
    told = token_rules.decide(Observed(token, harness.credential, harness.policy, slot_free=False), harness.clock.now())
    assert isinstance(told, WriteStatus)
    return replace(token, status=told.status)


def in_phase(phase: Phase | None, key: ObjectKey = FIRST, *, version: str = "1", stalled: bool = False) -> Token:
    status = TokenStatus(phase=phase, conditions=STALLED if stalled else ())
    return a_token(key, resource_version=version, status=status)


async def recounts(harness: OperatorHarness, seconds: float = 600) -> list[float]:
    """When a credential is counted anew within that time, in seconds from now."""
    began, times = harness.clock.monotonic(), []
    try:
        async with asyncio.timeout(seconds):
            while True:
                work = await harness.replica.queue.get()
                harness.replica.queue.done(work)
                times += [round(harness.clock.monotonic() - began, 3)] * (work == ITSELF)
    except TimeoutError:
        return times


@simulated
async def test_many_changes_of_one_credentials_tokens_are_counted_once(
    clock: FakeClock, harness: OperatorHarness, cache: ClusterCache
) -> None:
    for number in range(50):
        cache.apply_own_write(in_phase(Phase.ACTIVE, ObjectKey(CREDENTIAL.namespace, f"ci-{number}")))
        await asyncio.sleep(0.03)

    assert await recounts(harness) == [0.5]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param(in_phase(Phase.EXPIRED, version="2"), [2.0], id="another phase"),
        pytest.param(None, [2.0], id="it went"),
        pytest.param(in_phase(Phase.ACTIVE, version="2"), [], id="the same phase"),
        pytest.param(
            replace(in_phase(Phase.ACTIVE, version="2"), spec=a_token(credential_name="nobody").spec),
            [2.0],
            id="created again under a credential that nobody knows",
        ),
    ],
)
@simulated
async def test_a_credential_is_counted_anew_where_its_counts_change(
    clock: FakeClock, harness: OperatorHarness, cache: ClusterCache, after: Token | None, expected: list[float]
) -> None:
    cache.apply_own_write(in_phase(Phase.ACTIVE))
    await recounts(harness)

    if after is None:
        cache.remove_token(FIRST)
    else:
        cache.apply_own_write(after)

    assert await recounts(harness) == expected


def test_for_a_credential_that_nobody_knows_nothing_is_counted(harness: OperatorHarness, cache: ClusterCache) -> None:
    cache.apply_own_write(a_token(credential_name="nobody"))
    cache.remove_credential(CREDENTIAL)
    cache.apply_own_write(in_phase(Phase.ACTIVE))

    assert not harness.replica.queue._due


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(in_phase(Phase.ACTIVE), in_phase(Phase.EXPIRED, version="2"), [WAITS], id="an active one expired"),
        pytest.param(in_phase(Phase.ACTIVE), in_phase(Phase.REVOKED, version="2"), [WAITS], id="one was revoked"),
        pytest.param(in_phase(Phase.PENDING), in_phase(Phase.FAILED, version="2"), [WAITS], id="who came first failed"),
        pytest.param(in_phase(None), in_phase(Phase.REVOKED, version="2"), [WAITS], id="who came first never began"),
        pytest.param(in_phase(Phase.ACTIVE), None, [WAITS], id="an active one was deleted"),
        pytest.param(in_phase(Phase.PENDING), None, [WAITS], id="who came first was deleted"),
        pytest.param(
            in_phase(Phase.PENDING),
            in_phase(Phase.PENDING, version="2", stalled=True),
            [WAITS],
            id="who came first hit somebody else's Secret",
        ),
        pytest.param(in_phase(Phase.PENDING), in_phase(Phase.ACTIVE, version="2"), [], id="the place was taken"),
        pytest.param(in_phase(Phase.ACTIVE), in_phase(Phase.ACTIVE, version="2"), [], id="it is taken still"),
        pytest.param(in_phase(Phase.EXPIRED), in_phase(Phase.EXPIRED, version="2"), [], id="it was free before"),
        pytest.param(in_phase(Phase.REVOKED), None, [], id="a token went that held no place"),
    ],
)
@simulated
async def test_who_waits_for_a_place_is_asked_again_when_one_becomes_free(
    clock: FakeClock,
    harness: OperatorHarness,
    cache: ClusterCache,
    before: Token,
    after: Token | None,
    expected: list[ObjectKey],
) -> None:
    cache.apply_own_write(before)
    cache.apply_own_write(in_phase(Phase.ACTIVE, SECOND))
    cache.apply_event(told_to_wait(harness))
    await drained(harness.replica.queue)

    if after is None:
        cache.remove_token(FIRST)
    else:
        cache.apply_own_write(after)

    works = await drained(harness.replica.queue)
    assert [work.key for work in works if work.kind == "token"] == expected


@simulated
async def test_without_a_limit_nobody_waits_for_a_place(clock: FakeClock) -> None:
    harness = OperatorHarness(clock)
    harness.replica.cache.apply_own_write(in_phase(Phase.ACTIVE))
    harness.replica.cache.apply_own_write(in_phase(Phase.PENDING, WAITS))

    harness.replica.cache.apply_own_write(in_phase(Phase.REVOKED, version="2"))

    assert await drained(harness.replica.queue) == []


@simulated
async def test_a_standby_counts_nothing_and_asks_nobody(
    clock: FakeClock, harness: OperatorHarness, cache: ClusterCache
) -> None:
    harness.replica.leader_queue.is_leader = False
    cache.apply_own_write(in_phase(Phase.ACTIVE))
    cache.apply_own_write(in_phase(Phase.PENDING, WAITS))
    cache.apply_own_write(in_phase(Phase.REVOKED, version="2"))

    assert await recounts(harness, timedelta(minutes=1).total_seconds()) == []
    assert len(harness.replica.queue) == 0


@simulated
async def test_counts_come_after_what_somebody_waits_for(
    clock: FakeClock, harness: OperatorHarness, cache: ClusterCache
) -> None:
    """As where many tokens end at once: each end has a credential counted anew, and mints must not wait for that."""
    queue = harness.replica.queue
    cache.apply_own_write(in_phase(Phase.ACTIVE))
    await asyncio.sleep(COALESCE_SECONDS + 1)
    harness.replica.leader_queue.enqueue_token(SECOND, low_priority=False)
    assert await queue.get() == WorkItem("token", SECOND)  # and the count is due, and stands in line

    harness.replica.leader_queue.enqueue_token(WAITS, low_priority=False)

    assert await queue.get() == WorkItem("token", WAITS)
    assert await queue.get() == ITSELF
