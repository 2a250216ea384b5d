"""A full list that shows what nobody understands, or ends early: it stops nothing and harms nothing."""

import pytest

from pharia_access.domain.api_values import InvalidObject
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import ApiError, ForbiddenError, ResourceExpiredError, UnavailableError
from tests.support.builders.domain_objects import TOKEN, a_credential, a_role, a_token
from tests.support.fakes.scripted_faults import Fault
from tests.support.fakes.virtual_time import simulated
from tests.support.harness.operator_harness import OperatorHarness, drained

GONE = ObjectKey("finance", "gone")
BROKEN = InvalidObject("ApiToken", GONE, "token-9", "7", 1, "spec.ttl: no")
BROKEN_ROLE = InvalidObject("ApiRole", ObjectKey("", "broken"), "role-9", "7", 1, "spec.permissions: no")
BROKEN_CREDENTIAL = InvalidObject("ApiCredential", GONE, "credential-9", "7", 1, "spec.roles: no")
EXPIRED_LIST = Fault(before=ResourceExpiredError("410"))


@simulated
async def test_what_cannot_be_understood_is_skipped_counted_and_stops_nothing(
    harness: OperatorHarness, caplog: pytest.LogCaptureFixture
) -> None:
    harness.create()
    harness.store.malformed[GONE] = BROKEN

    await harness.list_all()

    assert harness.replica.cache.tokens.keys == (TOKEN,)
    assert harness.replica.metrics.malformed_kinds == {"ApiToken": 1}
    assert sorted(work.key.name for work in await drained(harness.replica.queue) if work.kind == "token") == [
        "ci",
        "gone",
    ]
    assert [vars(record)["object"] for record in caplog.records if "object" in vars(record)] == ["finance/gone"]


@pytest.mark.parametrize("broken", [BROKEN_ROLE, BROKEN_CREDENTIAL, BROKEN], ids=lambda broken: broken.kind)
@simulated
async def test_of_each_kind_what_cannot_be_understood_is_counted_and_logged(
    harness: OperatorHarness, caplog: pytest.LogCaptureFixture, broken: InvalidObject
) -> None:
    harness.store.malformed[broken.key] = broken

    await harness.list_all()

    assert harness.replica.metrics.malformed_kinds == {broken.kind: 1}
    told = [vars(record) for record in caplog.records if record.getMessage() == "skipped a malformed object"]
    assert [(fields["kind"], fields["object"]) for fields in told] == [(broken.kind, str(broken.key))]


@simulated
async def test_a_token_that_can_no_longer_be_understood_is_not_gone(harness: OperatorHarness) -> None:
    harness.replica.cache.apply_event(a_token(GONE, resource_version="1"))
    harness.store.malformed[GONE] = BROKEN

    await harness.list_all()

    assert harness.replica.cache.tokens.keys == (GONE,)


@pytest.mark.parametrize(
    "error", [ResourceExpiredError("410"), UnavailableError("500"), ForbiddenError("403")], ids=["410", "500", "403"]
)
@pytest.mark.parametrize("page", [0, 1, 2], ids=["at the first page", "in the middle", "at the last page"])
@simulated
async def test_a_list_of_tokens_that_ends_early_harms_nothing(
    harness: OperatorHarness, page: int, error: ApiError
) -> None:
    for number in range(5):
        harness.create(f"ci-{number}")
    harness.look_around()
    harness.replica.cache.apply_event(a_token(GONE, resource_version="1"))
    harness.script.by_number[3 + page] = Fault(before=error)

    with pytest.raises(type(error)):
        await harness.list_all()
    assert len(harness.replica.cache.tokens) == 6

    await harness.list_all()
    assert GONE not in harness.replica.cache.tokens.keys
    assert len(harness.replica.cache.tokens) == 5


@pytest.mark.parametrize("verb", ["list_roles", "list_credentials"])
@simulated
async def test_a_list_of_roles_or_credentials_that_ends_early_harms_nothing(
    harness: OperatorHarness, verb: str
) -> None:
    for name in "abcd":
        harness.store.roles[name] = a_role(name)
        harness.store.apply_credential(a_credential(ObjectKey("finance", name)))
    harness.look_around()
    harness.create()
    harness.script.by_number[1 if verb == "list_roles" else 4] = EXPIRED_LIST

    with pytest.raises(ResourceExpiredError):
        await harness.list_all()

    assert harness.calls()[-2:] == [verb, verb]
    assert set(harness.replica.cache.catalog) == {"studio-user", *"abcd"}
    assert len(tuple(harness.replica.cache.credentials)) == 5
    assert TOKEN not in harness.replica.cache.tokens.keys


@simulated
async def test_a_standby_lists_too_and_queues_nothing(harness: OperatorHarness) -> None:
    harness.replica.leader_queue.is_leader = False
    harness.create()

    await harness.list_all()

    assert harness.replica.cache.tokens.keys == (TOKEN,)
    assert len(harness.replica.queue) == 0
    assert harness.writes() == []
