"""A credential that cannot be understood is told so on its own status, and works again once it is corrected."""

from pharia_access.domain.api_values import InvalidObject
from pharia_access.errors import InvalidObjectError
from pharia_access.services.operator.work_queue import WorkItem
from tests.support.builders.domain_objects import CREDENTIAL
from tests.support.fakes.scripted_faults import Fault, Script
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.live_operator_harness import LiveOperatorHarness

WORK = WorkItem("credential", CREDENTIAL)
BROKEN = InvalidObject("ApiCredential", CREDENTIAL, "uid-1", "1", 1, "spec.roles: no")
BROKEN_ROLE = InvalidObject("ApiRole", CREDENTIAL, "uid-2", "1", 1, "spec.permissions: no")


@simulated
async def test_a_malformed_credential_is_told_so_on_its_status(clock: FakeClock) -> None:
    live = LiveOperatorHarness(
        clock, Script(by_verb=[("read_credential", Fault(before=InvalidObjectError("spec.roles: no")))])
    )
    await live.operator.sync_cache()
    live.replica.leader_queue.is_leader = True
    live.replica.cache.apply_invalid(BROKEN)
    work = await live.replica.queue.get()

    await live.operator.handle(work)

    assert work == WORK
    assert live.store.told_malformed == [BROKEN]
    assert live.replica.metrics.outcomes == {("ApiCredential", "malformed"): 1}


@simulated
async def test_a_credential_that_was_corrected_gets_its_status(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    await live.operator.sync_cache()
    live.replica.cache.apply_invalid(BROKEN)

    await live.operator.handle(WORK)

    assert live.store.told_malformed == []
    assert live.store.credentials[CREDENTIAL].status.observed_generation == 1
    assert live.replica.cache.invalid_object(BROKEN.kind, BROKEN.key) is None


@simulated
async def test_a_credential_that_went_is_forgotten(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    await live.operator.sync_cache()
    live.replica.cache.apply_invalid(BROKEN)
    live.store.delete_credential(CREDENTIAL)

    await live.operator.handle(WORK)

    assert live.replica.cache.invalid_object(BROKEN.kind, BROKEN.key) is None
    assert live.store.told_malformed == []


@simulated
async def test_a_malformed_role_is_counted_and_nothing_else(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    live.replica.leader_queue.is_leader = True

    live.replica.cache.apply_invalid(BROKEN_ROLE)

    assert live.replica.metrics.malformed_kinds == {"ApiRole": 1}
    assert len(live.replica.queue) == 0
