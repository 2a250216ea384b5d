"""What is seen of credentials and roles: whose tokens and holders are asked again, and whose need not be."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.api_values import InvalidObject, Kind
from pharia_access.domain.model import ObjectKey, Phase, TokenPolicy, TokenStatus
from pharia_access.domain.permissions import Permission
from pharia_access.services.operator.cluster_cache import ClusterCache
from pharia_access.services.operator.work_queue import WorkItem
from tests.support.builders.domain_objects import CREDENTIAL, TOKEN, a_credential, a_minted_token, a_role, a_token
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.operator_harness import OperatorHarness, drained

EVERY_PHASE = ["active", "expired", "failed", "pending", "revoked", "unseen"]
WAITING = ["pending", "unseen"]
LIVING = ["active", *WAITING]
ITSELF = WorkItem("credential", CREDENTIAL)
LATER = "99"
DAY = timedelta(days=1)


@pytest.fixture
def harness() -> OperatorHarness:
    """Under the credential there is a token in each phase, and one without."""
    harness = OperatorHarness(FakeClock())
    harness.replica.leader_queue.is_leader = False
    for phase in (None, *Phase):
        name = "unseen" if phase is None else phase.lower()
        status = TokenStatus(phase=phase)
        harness.replica.cache.apply_event(a_token(ObjectKey(CREDENTIAL.namespace, name), status=status))
    harness.replica.leader_queue.is_leader = True
    return harness


async def forget_what_was_seen(harness: OperatorHarness) -> None:
    """Nothing is left undone."""
    harness.replica.leader_queue.start_leading()
    await drained(harness.replica.queue)


async def asked(harness: OperatorHarness) -> tuple[list[str], int]:
    """Which tokens are asked again, and for how many credentials there is work."""
    works = await drained(harness.replica.queue)
    tokens = sorted(work.key.name for work in works if work.kind == "token")
    return tokens, sum(work.kind == "credential" for work in works)


@pytest.mark.parametrize(
    ("changes", "tokens", "credentials"),
    [
        pytest.param({"generation": 2, "roles": ("admin",)}, [], 1, id="other roles concern its status alone"),
        pytest.param({"generation": 2, "suspended": True}, LIVING, 1, id="a suspension concerns all that are not over"),
        pytest.param({"generation": 2, "policy": TokenPolicy(max_ttl=DAY)}, WAITING, 1, id="its policy who waits"),
        pytest.param({"generation": 2, "policy": TokenPolicy(max_tokens=3)}, [], 1, id="a limit, whom it lets go"),
        pytest.param({"deleting": True}, LIVING, 0, id="so does its deletion"),
        pytest.param({"status": a_credential().status}, [], 0, id="an echo of our own status concerns nobody"),
        pytest.param({"uid": "uid-2"}, EVERY_PHASE, 1, id="another one of the name concerns all"),
    ],
)
@simulated
async def test_a_change_of_a_credential_asks_again_those_whom_it_concerns(
    harness: OperatorHarness, cache: ClusterCache, changes: dict[str, object], tokens: list[str], credentials: int
) -> None:
    changed = replace(harness.credential, resource_version=LATER, **changes)  # type: ignore[arg-type] # a table's columns

    cache.apply_credential(changed)

    assert harness.replica.cache.credentials.get(CREDENTIAL) == changed
    assert await asked(harness) == (tokens, credentials)
    cache.apply_credential(changed)
    assert await asked(harness) == ([], 0)


@simulated
async def test_a_credential_that_comes_is_what_its_tokens_waited_for(
    harness: OperatorHarness, cache: ClusterCache
) -> None:
    cache.remove_credential(CREDENTIAL)
    await drained(harness.replica.queue)

    cache.apply_credential(replace(harness.credential, resource_version=LATER))

    assert await asked(harness) == (EVERY_PHASE, 1)


@simulated
async def test_an_older_state_of_a_credential_changes_nothing(harness: OperatorHarness, cache: ClusterCache) -> None:
    newer = replace(harness.credential, resource_version="10")
    cache.apply_credential(newer)
    await drained(harness.replica.queue)

    cache.apply_credential(replace(harness.credential, resource_version="9", suspended=True, generation=2))

    assert harness.replica.cache.credentials.get(CREDENTIAL) == newer
    assert await asked(harness) == ([], 0)


@simulated
async def test_a_list_has_each_credential_looked_at_but_not_before_what_people_wait_for(
    harness: OperatorHarness, cache: ClusterCache
) -> None:
    cache.apply_credential(harness.credential, listed=True)
    cache.apply_event(a_token())

    assert await drained(harness.replica.queue) == [harness.work(), ITSELF]


@pytest.mark.parametrize(
    ("uid", "expected"),
    [
        pytest.param("uid-1", EVERY_PHASE, id="that very one"),
        pytest.param(None, EVERY_PHASE, id="whichever had the name"),
        pytest.param("uid-0", [], id="not an earlier one of the name"),
    ],
)
@simulated
async def test_a_credential_that_went_concerns_all_its_tokens(
    harness: OperatorHarness, cache: ClusterCache, uid: str | None, expected: list[str]
) -> None:
    cache.remove_credential(CREDENTIAL, uid)

    assert (harness.replica.cache.credentials.get(CREDENTIAL) is None) == bool(expected)
    assert await asked(harness) == (expected, 0)


@simulated
async def test_a_role_that_comes_changes_or_goes_concerns_its_holders(
    harness: OperatorHarness, cache: ClusterCache
) -> None:
    wider = a_role(permissions=(Permission("AccessStudio"), Permission("AccessModel")))

    cache.apply_role(a_role())
    assert await asked(harness) == ([], 0)
    cache.apply_role(wider)
    assert await drained(harness.replica.queue) == [ITSELF]
    cache.apply_role(a_role("admin"))
    assert await asked(harness) == ([], 0)
    cache.remove_role("studio-user")
    assert await drained(harness.replica.queue) == [ITSELF]
    assert set(harness.replica.cache.catalog) == {"admin"}


def test_a_standby_notes_credentials_and_roles_and_queues_nothing(
    harness: OperatorHarness, cache: ClusterCache
) -> None:
    harness.replica.leader_queue.is_leader = False

    cache.apply_credential(replace(harness.credential, resource_version=LATER, suspended=True, generation=2))
    cache.apply_credential(
        replace(harness.credential, resource_version="100", suspended=True, generation=2), listed=True
    )
    cache.apply_role(a_role("admin"))
    cache.remove_role("studio-user")
    cache.remove_credential(CREDENTIAL)

    assert not harness.replica.cache.credentials
    assert set(harness.replica.cache.catalog) == {"admin"}
    assert len(harness.replica.queue) == 0


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        pytest.param(False, LIVING, id="a suspension concerns those that are not over"),
        pytest.param(True, EVERY_PHASE, id="its end concerns all"),
    ],
)
@simulated
async def test_whoever_takes_over_asks_again_whom_a_change_of_a_credential_concerned(
    harness: OperatorHarness, cache: ClusterCache, *, gone: bool, expected: list[str]
) -> None:
    await forget_what_was_seen(harness)
    harness.replica.leader_queue.is_leader = False
    if gone:
        cache.remove_credential(CREDENTIAL)
    else:
        cache.apply_credential(replace(harness.credential, resource_version=LATER, suspended=True))
    assert len(harness.replica.queue) == 0

    harness.replica.leader_queue.start_leading()

    assert (await asked(harness))[0] == expected


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


@simulated
async def test_a_credential_that_is_being_deleted_goes_before_the_mints_of_its_namespace(
    harness: OperatorHarness,
) -> None:
    await forget_what_was_seen(harness)
    harness.replica.cache.apply_event(a_token(ObjectKey(CREDENTIAL.namespace, "mint")))

    harness.replica.cache.apply_credential(a_credential(resource_version=LATER, generation=2, deleting=True))

    works = await drained(harness.replica.queue)
    assert works.index(ITSELF) < works.index(WorkItem("token", ObjectKey(CREDENTIAL.namespace, "mint")))


@simulated
async def test_at_each_list_nobody_asks_whether_a_credential_that_is_not_understood_is_there(
    harness: OperatorHarness, cache: ClusterCache
) -> None:
    """Its tokens are not orphans, and a live read for each of them would tell no more."""
    cache.remove_credential(CREDENTIAL)
    cache.apply_invalid(InvalidObject("ApiCredential", CREDENTIAL, "uid-1", "1", 1, "spec.roles: no"))
    await forget_what_was_seen(harness)
    living = replace(a_minted_token(credential=harness.credential.identity), resource_version=LATER)

    cache.apply_listed(living)

    assert await asked(harness) == ([], 0)
    cache.remove_credential(CREDENTIAL)
    assert TOKEN.name in (await asked(harness))[0]
