"""What cannot be understood: it is counted, kept, told and forgotten."""

import pytest

from pharia_access.domain.api_values import InvalidObject, Kind
from pharia_access.domain.model import ObjectKey
from pharia_access.services.operator.cluster_cache import ClusterCache
from pharia_access.services.operator.work_queue import WorkItem
from tests.support.builders.domain_objects import TOKEN, a_credential, a_token
from tests.support.fakes.virtual_time import simulated
from tests.support.harness.operator_harness import OperatorHarness, drained

# --- what cannot be understood


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param("ApiToken", [WorkItem("token", TOKEN)], id="a token is to be told so"),
        pytest.param("ApiCredential", [WorkItem("credential", TOKEN)], id="a credential is to be told so"),
        pytest.param("ApiRole", [], id="a role has no status to tell it on"),
    ],
)
@simulated
async def test_what_cannot_be_understood_is_counted_and_looked_at(
    harness: OperatorHarness, cache: ClusterCache, kind: Kind, expected: list[WorkItem]
) -> None:
    broken = InvalidObject(kind, TOKEN, "uid-9", "9", 1, "spec: no")

    cache.apply_invalid(broken)

    assert harness.replica.metrics.malformed_kinds == {kind: 1}
    assert await drained(harness.replica.queue) == expected
    assert [cache.invalid_object(kind, work.key) for work in expected] == [broken for _ in expected]


def test_what_could_not_be_understood_is_forgotten_once_it_can_be_or_went(cache: ClusterCache) -> None:
    keys = [ObjectKey("finance", name) for name in "abcd"]
    works = [
        WorkItem("token", keys[0]),
        WorkItem("token", keys[1]),
        WorkItem("credential", keys[2]),
        WorkItem("credential", keys[3]),
    ]
    for work in works:
        kind: Kind = "ApiToken" if work.kind == "token" else "ApiCredential"
        cache.apply_invalid(InvalidObject(kind, work.key, "uid-9", "9", 1, "spec: no"))

    cache.apply_event(a_token(keys[0]))
    cache.remove_token(keys[1])
    cache.apply_credential(a_credential(keys[2]))
    cache.remove_credential(keys[3])

    assert cache.invalid_objects == ()


def test_a_standby_counts_what_cannot_be_understood_and_keeps_it_for_later(
    harness: OperatorHarness, cache: ClusterCache
) -> None:
    harness.replica.leader_queue.is_leader = False
    broken = InvalidObject("ApiToken", TOKEN, "uid-9", "9", 1, "spec: no")

    cache.apply_invalid(broken)

    assert cache.invalid_object("ApiToken", TOKEN) == broken
    assert len(harness.replica.queue) == 0
