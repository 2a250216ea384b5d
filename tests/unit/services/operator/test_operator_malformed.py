"""A credential that cannot be understood is told so on its own status, and works again once it is corrected."""

from pharia_access.domain.api_values import InvalidObject
from pharia_access.errors import InvalidObjectError
from pharia_access.services.operator.work_queue import WorkItem
from tests.support.builders import CREDENTIAL
from tests.support.faults import Fault, Script
from tests.support.operator_builders import Stage
from tests.support.virtual_time import FakeClock, simulated

WORK = WorkItem("credential", CREDENTIAL)
BROKEN = InvalidObject("ApiCredential", CREDENTIAL, "uid-1", "1", 1, "spec.roles: no")
BROKEN_ROLE = InvalidObject("ApiRole", CREDENTIAL, "uid-2", "1", 1, "spec.permissions: no")


@simulated
async def test_a_malformed_credential_is_told_so_on_its_status(clock: FakeClock) -> None:
    stage = Stage(clock, Script(by_verb=[("read_credential", Fault(before=InvalidObjectError("spec.roles: no")))]))
    await stage.operator.sync_cache()
    stage.replica.leader_queue.is_leader = True
    stage.replica.cache.apply_invalid(BROKEN)
    work = await stage.replica.queue.take()

    await stage.operator.handle(work)

    assert work == WORK
    assert stage.store.told_malformed == [BROKEN]
    assert stage.replica.metrics.outcomes == {("ApiCredential", "malformed"): 1}


@simulated
async def test_a_credential_that_was_corrected_gets_its_status(clock: FakeClock) -> None:
    stage = Stage(clock)
    await stage.operator.sync_cache()
    stage.replica.cache.apply_invalid(BROKEN)

    await stage.operator.handle(WORK)

    assert stage.store.told_malformed == []
    assert stage.store.credentials[CREDENTIAL].status.observed_generation == 1
    assert stage.replica.cache.invalid_object(BROKEN.kind, BROKEN.key) is None


@simulated
async def test_a_credential_that_went_is_forgotten(clock: FakeClock) -> None:
    stage = Stage(clock)
    await stage.operator.sync_cache()
    stage.replica.cache.apply_invalid(BROKEN)
    stage.store.delete_credential(CREDENTIAL)

    await stage.operator.handle(WORK)

    assert stage.replica.cache.invalid_object(BROKEN.kind, BROKEN.key) is None
    assert stage.store.told_malformed == []


@simulated
async def test_a_malformed_role_is_counted_and_nothing_else(clock: FakeClock) -> None:
    stage = Stage(clock)
    stage.replica.leader_queue.is_leader = True

    stage.replica.cache.apply_invalid(BROKEN_ROLE)

    assert stage.replica.metrics.malformed_kinds == {"ApiRole": 1}
    assert len(stage.replica.queue) == 0
