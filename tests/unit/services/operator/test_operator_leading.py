"""The operator while it leads: it finds what nobody did, needs no list for what comes, and nothing stops it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise, repeat

import pytest

from pharia_access.domain.api_values import InvalidObject
from pharia_access.domain.lifecycle.token_status import active_status
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.reasons import DeliveryState, Phase
from pharia_access.errors import (
    ForbiddenError,
    InvalidError,
    InvalidObjectError,
    KeyringError,
    UnavailableError,
)
from pharia_access.services.operator.work_queue import WorkItem
from tests.support.builders.domain_objects import NOW, TOKEN, WINDOW, a_minted_token
from tests.support.fakes.scripted_faults import Call, Fault, Script, failing
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.live_operator_harness import SOONEST, LiveOperatorHarness


@simulated
async def test_leading_without_a_view_begins_with_a_list_and_does_what_nobody_did(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    live.create("ci", "batch")

    async with live.leading():
        await asyncio.sleep(1)

    assert live.phases() == {"ci": Phase.ACTIVE, "batch": Phase.ACTIVE}
    assert live.diary.times("list_tokens") == [0]
    assert live.replica.metrics.leads
    assert live.operator.has_synced


@simulated
async def test_what_came_while_nobody_led_does_not_wait_for_the_list_either(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    live.create("old", ttl=timedelta(seconds=30))
    async with live.leading():
        await asyncio.sleep(1)
    standby = live.another()
    await standby.operator.sync_cache()
    standby.diary.faults = failing("list_roles", *repeat(UnavailableError("500"), 8))
    standby.operator.cache.apply_event(standby.create("new"))
    await asyncio.sleep(30)

    async with standby.leading():
        await asyncio.sleep(0.1)

    assert live.phases() == {"old": Phase.EXPIRED, "new": Phase.ACTIVE}


@simulated
async def test_whoever_takes_over_looks_at_all_credentials(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    await live.operator.sync_cache()

    async with live.leading():
        await asyncio.sleep(1)

    assert live.diary.times("write_credential_status") == pytest.approx([0], abs=0.01)
    assert live.diary.times("list_credentials") == [0]


@simulated
async def test_new_work_does_not_wait_for_the_list(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock, failing("list_tokens", *repeat(UnavailableError("500"), 8)))

    async with live.leading():
        await asyncio.sleep(20)
        live.operator.cache.apply_event(live.create("ci"))
        await asyncio.sleep(0.1)

        assert live.phases() == {"ci": Phase.ACTIVE}
        assert not live.operator.has_synced


@pytest.mark.parametrize("error", [KeyringError("no current key"), UnavailableError("500"), ForbiddenError("403")])
@simulated
async def test_without_a_keyring_tokens_are_minted_all_the_same(clock: FakeClock, error: Exception) -> None:
    live = LiveOperatorHarness(clock, failing("read_keyring", error))
    live.create("ci")

    async with live.leading():
        await asyncio.sleep(1)

    status = live.store.tokens[TOKEN].status
    assert (status.phase, status.mac) == (Phase.ACTIVE, None)


@simulated
async def test_a_token_expires_on_time_without_any_event(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    live.create("ci", ttl=timedelta(seconds=100))

    async with live.leading():
        await asyncio.sleep(99.9)
        assert live.phases() == {"ci": Phase.ACTIVE}
        await asyncio.sleep(0.2)
        assert live.phases() == {"ci": Phase.EXPIRED}


@simulated
async def test_one_broken_object_stops_no_other_and_is_mended_when_it_can_be(clock: FakeClock) -> None:
    def broken(call: Call) -> Fault | None:
        return Fault(before=RuntimeError("no")) if call == Call("write_token_status", "finance/b") else None

    live = LiveOperatorHarness(clock, broken, workers=1)
    live.create("a", "b", "c", "d")

    async with live.leading():
        await asyncio.sleep(100)
        assert live.phases() == {"a": Phase.ACTIVE, "b": None, "c": Phase.ACTIVE, "d": Phase.ACTIVE}
        live.diary.faults = Script()
        await asyncio.sleep(61)

    tries = live.diary.times("write_token_status", "finance/b")
    assert [round(later - earlier, 1) for earlier, later in pairwise(tries)][:4] == [0.2, 0.4, 0.8, 1.6]
    assert live.phases()["b"] == Phase.ACTIVE
    assert live.replica.metrics.outcomes["ApiToken", "fault"] == len(tries) - 1


@simulated
async def test_a_malformed_object_is_told_so_once_and_counted(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    live.create("ci")
    broken = InvalidObject("ApiToken", ObjectKey("finance", "bad"), "token-9", "7", 1, "spec.ttl: no")
    live.store.malformed[broken.key] = broken

    async with live.leading():
        await asyncio.sleep(SOONEST - 1)

    assert live.store.told_malformed == [broken]
    assert live.replica.metrics.malformed_kinds == {"ApiToken": 1}
    assert live.phases() == {"ci": Phase.ACTIVE}


@pytest.mark.parametrize("error", [UnavailableError("500"), ForbiddenError("403"), InvalidObjectError("no Secret")])
@simulated
async def test_a_look_at_a_secret_that_fails_ends_nothing_and_means_nothing(clock: FakeClock, error: Exception) -> None:
    live = LiveOperatorHarness(clock, failing("inspect_secret", error))
    live.create("ci")

    async with live.leading():
        await asyncio.sleep(11)
        assert live.diary.times("inspect_secret") == pytest.approx([10], abs=0.01)
        assert live.deliveries() == {"ci": DeliveryState.AVAILABLE}
        live.store.secrets.clear()
        await asyncio.sleep(20)
        assert live.deliveries() == {"ci": DeliveryState.COLLECTED}


@simulated
async def test_a_secret_that_a_probe_missed_is_looked_for_once_more_before_it_is_called_collected(
    clock: FakeClock,
) -> None:
    refused = Fault(before=ForbiddenError("403"))
    live = LiveOperatorHarness(clock, Script(by_verb=[("inspect_secret", Fault()), ("inspect_secret", refused)]))
    live.create("ci")

    async with live.leading():
        await asyncio.sleep(9)
        live.store.secrets.clear()
        await asyncio.sleep(1.1)
        assert live.deliveries() == {"ci": DeliveryState.AVAILABLE}
        await asyncio.sleep(60)
        assert live.deliveries() == {"ci": DeliveryState.COLLECTED}


@pytest.mark.parametrize("error", [ForbiddenError("403"), InvalidError("400")])
@simulated
async def test_a_look_that_is_always_refused_keeps_no_secret_beyond_its_window(
    clock: FakeClock, error: Exception
) -> None:
    live = LiveOperatorHarness(clock, failing("inspect_secret", *repeat(error, 1000)))
    live.create("ci")

    async with live.leading():
        await asyncio.sleep(WINDOW.total_seconds() - 1)
        assert live.deliveries() == {"ci": DeliveryState.AVAILABLE}
        await asyncio.sleep(2)

        assert live.deliveries() == {"ci": DeliveryState.WITHDRAWN}
        assert not live.store.secrets


@simulated
async def test_the_metrics_know_the_phases_and_what_is_due_next(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    live.create("short", ttl=timedelta(minutes=30))
    live.create("long")

    async with live.leading():
        await asyncio.sleep(6)
        first = live.replica.metrics.due
        await asyncio.sleep(31 * 60)

    assert first == NOW + timedelta(minutes=30)
    assert live.replica.metrics.due == NOW + WINDOW
    assert {phase: count for phase, count in live.replica.metrics.phases.items() if count} == {
        Phase.ACTIVE: 1,
        Phase.EXPIRED: 1,
    }


def test_the_metrics_know_in_which_namespaces_a_token_ends_soon() -> None:
    live = LiveOperatorHarness(FakeClock())
    token = a_minted_token()
    live.operator.cache.apply_event(replace(token, status=active_status(token, soon=True, now=NOW)))

    live.operator.gauge()

    assert live.replica.metrics.expiring == {TOKEN.namespace: 1}


def test_the_metrics_know_how_much_waits_and_that_nothing_is_due() -> None:
    live = LiveOperatorHarness(FakeClock())
    for name in "abc":
        live.replica.queue.add(WorkItem("token", ObjectKey("finance", name)))

    live.operator.gauge()

    assert (live.replica.metrics.depth, live.replica.metrics.due) == (3, None)
