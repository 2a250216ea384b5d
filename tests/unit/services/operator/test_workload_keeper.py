"""Many WorkloadTokens at once: what a restart asks for, and who comes first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.conditions import find
from pharia_access.domain.lifecycle.workload.conditions import told
from pharia_access.domain.model import ObjectKey, TokenPolicy
from tests.support.builders.workload_observations import a_child, a_workload, observed, with_current
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.operator_harness import OperatorHarness, drained

if TYPE_CHECKING:
    from pharia_access.domain.workload import WorkloadToken

MANY = 1000
DAY = timedelta(days=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def harness(clock: FakeClock) -> OperatorHarness:
    return OperatorHarness(clock)


def known(harness: OperatorHarness, number: int, *, sooner: timedelta = timedelta(0)) -> WorkloadToken:
    """One more WorkloadToken with a good token, of which all is said; the replica has seen it."""
    name, cache = f"app{number}", harness.replica.cache
    child = a_child(1, name=f"{name}-1")
    workload = replace(a_workload(status=with_current(), uid=f"uid-{name}"), key=ObjectKey("finance", name))
    current = workload.status.current
    assert current is not None
    current = replace(current, name=child.key.name, uid=child.uid, expires_at=current.expires_at - sooner)
    workload = replace(
        workload,
        spec=replace(workload.spec, secret=replace(workload.spec.secret, name=name)),
        status=replace(workload.status, current=current),
    )
    child = replace(
        child,
        labels=dict.fromkeys(child.labels, name),
        owners=(replace(child.owners[0], name=name, uid=workload.uid),),
        status=replace(child.status, credential=harness.credential.identity),
    )
    status = told(observed(workload, child, credential=harness.credential), None, harness.clock.now())
    cache.apply_event(child)
    cache.apply_workload(replace(workload, status=status), listed=True)
    return workload


@simulated
async def test_a_restart_makes_no_request_for_a_thousand_that_are_well(harness: OperatorHarness) -> None:
    keys = [known(harness, number).key for number in range(MANY)]

    for key in keys:
        await harness.replica.operator._parts.workloads.reconcile(key)

    assert harness.calls() == []


@simulated
async def test_who_begins_to_lead_looks_first_at_those_that_end_first(harness: OperatorHarness) -> None:
    for number in range(20):
        known(harness, number, sooner=timedelta(hours=(number * 7) % 20))
    await drained(harness.replica.queue)

    harness.replica.leader_queue.start_leading()

    work = [each.key.name for each in await drained(harness.replica.queue) if each.kind == "workload"]
    assert work == [f"app{number}" for number in sorted(range(20), key=lambda number: -((number * 7) % 20))]


@simulated
async def test_of_a_thousand_overdue_after_a_pause_the_soonest_end_comes_first(harness: OperatorHarness) -> None:
    minutes = [(number * 7) % MANY for number in range(MANY)]
    keys = [known(harness, number, sooner=timedelta(minutes=minutes[number])).key for number in range(MANY)]
    for key in keys:
        await harness.replica.operator._parts.workloads.reconcile(key)
    await drained(harness.replica.queue)
    keeper = harness.replica.operator._parts.workloads

    harness.clock.advance(timedelta(days=26).total_seconds())
    keeper._due(keeper._schedule.pop_due(harness.clock.now()))

    work = [each.key.name for each in await drained(harness.replica.queue) if each.kind == "workload"]
    assert work == [f"app{number}" for number in sorted(range(MANY), key=lambda number: -minutes[number])]


@simulated
async def test_where_somebody_else_wrote_the_object_its_secret_is_looked_at_at_once(harness: OperatorHarness) -> None:
    cache, store = harness.replica.cache, harness.store
    key = known(harness, 1).key
    seen = cache.workloads.get(key)
    assert seen is not None
    store.tokens = {child.key: child for child in cache.workloads.children_of(seen).values()}
    store.workloads[key] = replace(seen, resource_version="9000", labels={"edited": "yes"})

    cache.apply_workload(store.workloads[key])
    await harness.replica.operator._parts.workloads.reconcile(key)

    ready = find(store.workloads[key].status.conditions, "Ready")
    assert harness.calls()[:2] == ["read_workload", "look"]
    assert ready is not None
    assert "does not hold the token" in ready.message


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        pytest.param({}, ["waits"], id="counts, whoever may have a place now"),
        pytest.param({"generation": 2, "policy": TokenPolicy(max_tokens=3)}, ["waits"], id="a limit the same"),
        pytest.param({"generation": 2, "roles": ("admin",)}, ["waits"], id="roles no one who is well"),
        pytest.param({"generation": 2, "suspended": True}, ["app0", "app1", "waits"], id="a suspension all"),
        pytest.param({"generation": 2, "policy": TokenPolicy(max_ttl=DAY)}, ["app0", "app1", "waits"], id="a life all"),
        pytest.param({"deleting": True}, ["app0", "app1", "waits"], id="its deletion all"),
        pytest.param({"uid": "another"}, ["app0", "app1", "waits"], id="another one of the name all"),
    ],
)
@simulated
async def test_a_change_of_the_credential_asks_again_whom_it_concerns(
    harness: OperatorHarness, changes: dict[str, object], asked: list[str]
) -> None:
    for number in range(2):
        known(harness, number)
    workload = a_workload(uid="uid-waits")
    secret = replace(workload.spec.secret, name="waits")
    workload = replace(workload, key=ObjectKey("finance", "waits"), spec=replace(workload.spec, secret=secret))
    harness.replica.cache.apply_workload(workload, listed=True)
    await drained(harness.replica.queue)

    changed = replace(harness.credential, resource_version="9000", **changes)  # type: ignore[arg-type] # a table's columns
    harness.replica.cache.apply_credential(changed)

    work = await drained(harness.replica.queue)
    assert sorted(each.key.name for each in work if each.kind == "workload") == asked
