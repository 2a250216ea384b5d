"""What is seen of tokens that go: a Secret that outlived its token is deleted, whoever leads when that is seen."""

import pytest

from pharia_access.domain.model import ObjectKey
from pharia_access.domain.reasons import DeliveryState
from pharia_access.services.operator.cluster_cache import ClusterCache
from pharia_access.services.operator.work_queue import WorkItem
from tests.support.builders.domain_objects import TOKEN, a_minted_token
from tests.support.fakes.virtual_time import simulated
from tests.support.harness.harness_tokens import active
from tests.support.harness.operator_harness import SECRET, OperatorHarness, drained


async def secrets_queued(harness: OperatorHarness) -> list[WorkItem]:
    """The Secrets that are to be deleted."""
    return [work for work in await drained(harness.replica.queue) if work.kind == "secret"]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        pytest.param(DeliveryState.AVAILABLE, [WorkItem("secret", SECRET, "secret-1")], id="an open Secret goes too"),
        pytest.param(DeliveryState.COLLECTED, [], id="a collected one is gone"),
        pytest.param(DeliveryState.WITHDRAWN, [], id="a withdrawn one is gone"),
    ],
)
@simulated
async def test_a_secret_that_outlived_its_token_is_deleted(
    harness: OperatorHarness, cache: ClusterCache, state: DeliveryState, expected: list[WorkItem]
) -> None:
    cache.apply_event(a_minted_token(credential=harness.credential.identity, state=state))

    cache.remove_token(TOKEN, "token-1")
    cache.remove_token(TOKEN, "token-1")

    assert TOKEN not in harness.replica.cache.tokens.keys
    assert await drained(harness.replica.queue) == expected


@simulated
async def test_a_secret_whose_token_went_while_nobody_led_is_deleted_by_the_next_leader(
    harness: OperatorHarness, cache: ClusterCache
) -> None:
    """No list tells of it: the operator may not list Secrets, and an orphaning delete leaves it to nobody else."""
    harness.replica.leader_queue.is_leader = False
    cache.apply_event(active(harness))
    cache.remove_token(TOKEN, "token-1")
    assert await drained(harness.replica.queue) == []

    harness.replica.leader_queue.start_leading()
    assert await secrets_queued(harness) == [WorkItem("secret", SECRET, "secret-1")]
    harness.replica.leader_queue.start_leading()
    assert await secrets_queued(harness) == []


@simulated
async def test_a_standby_remembers_the_last_thousand_of_such_secrets(
    harness: OperatorHarness, cache: ClusterCache
) -> None:
    harness.replica.leader_queue.is_leader = False
    for number in range(1001):
        cache.apply_event(active(harness, ObjectKey(TOKEN.namespace, f"t{number}")))
        cache.remove_token(ObjectKey(TOKEN.namespace, f"t{number}"))

    harness.replica.leader_queue.start_leading()

    assert len(await secrets_queued(harness)) == 1000


@simulated
async def test_a_late_word_of_an_earlier_token_of_the_name_ends_nothing(
    harness: OperatorHarness, cache: ClusterCache
) -> None:
    cache.apply_event(active(harness, uid="token-2"))

    cache.remove_token(TOKEN, "token-1")

    assert TOKEN in harness.replica.cache.tokens.keys
    assert len(harness.replica.schedule) == 1
    assert await drained(harness.replica.queue) == []
