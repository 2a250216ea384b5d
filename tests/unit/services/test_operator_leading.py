"""The operator while it leads: it finds what nobody did, repairs what events lost, and nothing stops it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise, repeat

import pytest

from pharia_access.domain.keyring import Keyring
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.reasons import DeliveryState, Phase
from pharia_access.domain.sightings import MalformedObject
from pharia_access.errors import (
    ApiError,
    DeniedError,
    ExpiredViewError,
    KeyringError,
    MalformedObjectError,
    UnavailableError,
)
from pharia_access.services.work_queue import Work
from tests.support.builders import NOW, TOKEN, WINDOW
from tests.support.fakes import seeded_entropy
from tests.support.faults import Call, Fault, Script
from tests.support.operator_builders import Stage
from tests.support.virtual_time import FakeClock, simulated

SOONEST, LATEST = 0.9 * 900, 1.1 * 900
"""When the second list may begin, in seconds."""


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def failing(verb: str, *errors: Exception) -> Script:
    return Script(by_verb=[(verb, Fault(before=error)) for error in errors])


@simulated
async def test_a_standby_lists_everything_and_writes_nothing(clock: FakeClock) -> None:
    stage = Stage(clock)
    stage.create("ci", "batch")
    assert not stage.operator.caught_up

    await stage.operator.fill_view()

    assert stage.operator.caught_up
    assert set(stage.replica.view.token_keys) == set(stage.store.tokens)
    assert not stage.replica.metrics.leads
    assert stage.diary.writes() == []
    assert len(stage.replica.queue) == 0


@simulated
async def test_leading_without_a_view_begins_with_a_list_and_does_what_nobody_did(clock: FakeClock) -> None:
    stage = Stage(clock)
    stage.create("ci", "batch")

    async with stage.leading():
        await asyncio.sleep(1)

    assert stage.phases() == {"ci": Phase.ACTIVE, "batch": Phase.ACTIVE}
    assert stage.diary.times("list_tokens") == [0]
    assert stage.replica.metrics.leads
    assert stage.operator.caught_up


@simulated
async def test_what_came_while_nobody_led_does_not_wait_for_the_list_either(clock: FakeClock) -> None:
    stage = Stage(clock)
    stage.create("old", ttl=timedelta(seconds=30))
    async with stage.leading():
        await asyncio.sleep(1)
    standby = stage.another()
    await standby.operator.fill_view()
    standby.diary.faults = failing("list_roles", *repeat(UnavailableError("500"), 8))
    standby.operator.intake.token_seen(standby.create("new"))
    await asyncio.sleep(30)

    async with standby.leading():
        await asyncio.sleep(0.1)

    assert stage.phases() == {"old": Phase.EXPIRED, "new": Phase.ACTIVE}


@simulated
async def test_a_standby_that_takes_over_lists_only_when_its_last_list_is_old(clock: FakeClock) -> None:
    stage = Stage(clock)
    await stage.operator.fill_view()

    async with stage.leading():
        await asyncio.sleep(SOONEST - 1)
        assert stage.diary.times("list_tokens") == [0]
        await asyncio.sleep(LATEST - SOONEST + 2)

    assert len(stage.diary.times("list_tokens")) == 2


@pytest.mark.parametrize("leads", [False, True])
@simulated
async def test_watches_that_begin_anew_are_followed_by_one_list(clock: FakeClock, *, leads: bool) -> None:
    stage = Stage(clock)
    await stage.operator.fill_view()
    working = asyncio.create_task(stage.operator.lead() if leads else stage.operator.stand_by())
    await asyncio.sleep(10)

    for _ in range(3):
        stage.operator.list_soon()
        await asyncio.sleep(0.2)
    await asyncio.sleep(60)

    assert stage.diary.times("list_tokens") == pytest.approx([0, 11], abs=0.01)
    working.cancel()


@simulated
async def test_a_list_that_a_standby_did_not_end_is_made_by_the_leader(clock: FakeClock) -> None:
    stage = Stage(clock)
    await stage.operator.fill_view()
    stage.diary.faults = failing("list_tokens", UnavailableError("503"))
    stage.operator.list_soon()
    standing_by = asyncio.create_task(stage.operator.stand_by())
    await asyncio.sleep(1.5)
    standing_by.cancel()

    async with stage.leading():
        await asyncio.sleep(10)

    assert len(stage.diary.times("list_tokens")) == 3


@simulated
async def test_whoever_takes_over_looks_at_all_credentials(clock: FakeClock) -> None:
    stage = Stage(clock)
    await stage.operator.fill_view()

    async with stage.leading():
        await asyncio.sleep(1)

    assert stage.diary.times("write_credential_status") == pytest.approx([0], abs=0.01)
    assert stage.diary.times("list_credentials") == [0]


@simulated
async def test_new_work_does_not_wait_for_the_list(clock: FakeClock) -> None:
    stage = Stage(clock, failing("list_tokens", *repeat(UnavailableError("500"), 8)))

    async with stage.leading():
        await asyncio.sleep(20)
        stage.operator.intake.token_seen(stage.create("ci"))
        await asyncio.sleep(0.1)

        assert stage.phases() == {"ci": Phase.ACTIVE}
        assert not stage.operator.caught_up


@pytest.mark.parametrize("error", [UnavailableError("503"), ExpiredViewError("410"), DeniedError("403"), ApiError("?")])
@pytest.mark.parametrize("verb", ["list_roles", "list_credentials", "list_tokens"])
@simulated
async def test_a_list_that_fails_is_tried_again_ever_more_rarely(clock: FakeClock, verb: str, error: ApiError) -> None:
    stage = Stage(clock, failing(verb, *repeat(error, 7)))
    stage.create("ci")

    await stage.operator.fill_view()

    assert stage.diary.times(verb) == pytest.approx([0, 1, 3, 7, 15, 31, 61, 91], abs=0.01)
    assert stage.replica.metrics.lists == 1
    assert TOKEN in stage.replica.view.token_keys


@simulated
async def test_every_quarter_of_an_hour_everything_is_listed_but_not_by_all_replicas_at_once(clock: FakeClock) -> None:
    stage = Stage(clock)

    async with stage.leading():
        await asyncio.sleep(20 * 900)

    gaps = [later - earlier for earlier, later in pairwise(stage.diary.times("list_roles"))]
    assert len(gaps) >= 18
    assert all(SOONEST <= gap <= LATEST + 1 for gap in gaps)
    assert len(set(gaps)) > 1


@simulated
@pytest.mark.parametrize(("took", "rest"), [(1, 900), (20, 1200), (100, 1800)])
async def test_after_a_list_that_took_long_the_next_one_comes_later_but_comes(
    clock: FakeClock, took: float, rest: float
) -> None:
    def slowly(call: Call) -> Fault | None:
        clock.advance(took if call.verb == "list_tokens" else 0)
        return None

    stage = Stage(clock, faults=slowly)

    async with stage.leading():
        await asyncio.sleep(3 * rest)

    first, second = stage.diary.times("list_roles")[1:3]
    assert 0.9 * rest <= second - first - took <= 1.1 * rest + 2


@simulated
async def test_the_list_repairs_what_events_lost(clock: FakeClock) -> None:
    stage = Stage(clock)
    stage.create("revoked", "gone")
    gone = ObjectKey("finance", "gone")

    async with stage.leading():
        await asyncio.sleep(60)
        stage.create("new")
        stage.store.edit_token(ObjectKey("finance", "revoked"), lambda spec: replace(spec, revoked=True))
        stage.store.delete_token(gone)
        await asyncio.sleep(SOONEST - 61)
        assert stage.phases() == {"revoked": Phase.ACTIVE, "new": None}
        assert gone in stage.replica.view.token_keys

        await asyncio.sleep(LATEST - SOONEST + 2)

    assert stage.phases() == {"revoked": Phase.REVOKED, "new": Phase.ACTIVE}
    assert gone not in stage.replica.view.token_keys
    assert ObjectKey("finance", "gone-token") not in stage.store.secrets


@simulated
async def test_a_key_that_was_rotated_in_is_used_from_the_next_list_on(clock: FakeClock) -> None:
    stage = Stage(clock)

    async with stage.leading():
        await asyncio.sleep(60)
        assert stage.store.keyring is not None
        rotated = Keyring.parse(stage.store.keyring[0]).rotated(seeded_entropy(7), clock.now())
        stage.store.keyring = (rotated.to_data(), stage.store.next_version())
        await asyncio.sleep(LATEST)

    assert stage.replica.keys.current() == rotated


@pytest.mark.parametrize("error", [KeyringError("no current key"), UnavailableError("500"), DeniedError("403")])
@simulated
async def test_without_a_keyring_tokens_are_minted_all_the_same(clock: FakeClock, error: Exception) -> None:
    stage = Stage(clock, failing("read_keyring", error))
    stage.create("ci")

    async with stage.leading():
        await asyncio.sleep(1)

    status = stage.store.tokens[TOKEN].status
    assert (status.phase, status.mac) == (Phase.ACTIVE, None)


@simulated
async def test_a_token_expires_on_time_without_any_event(clock: FakeClock) -> None:
    stage = Stage(clock)
    stage.create("ci", ttl=timedelta(seconds=100))

    async with stage.leading():
        await asyncio.sleep(99.9)
        assert stage.phases() == {"ci": Phase.ACTIVE}
        await asyncio.sleep(0.2)
        assert stage.phases() == {"ci": Phase.EXPIRED}


@simulated
async def test_one_broken_object_stops_no_other_and_is_mended_when_it_can_be(clock: FakeClock) -> None:
    def broken(call: Call) -> Fault | None:
        return Fault(before=RuntimeError("no")) if call == Call("write_token_status", "finance/b") else None

    stage = Stage(clock, broken, workers=1)
    stage.create("a", "b", "c", "d")

    async with stage.leading():
        await asyncio.sleep(100)
        assert stage.phases() == {"a": Phase.ACTIVE, "b": None, "c": Phase.ACTIVE, "d": Phase.ACTIVE}
        stage.diary.faults = Script()
        await asyncio.sleep(61)

    tries = stage.diary.times("write_token_status", "finance/b")
    assert [round(later - earlier, 1) for earlier, later in pairwise(tries)][:4] == [0.2, 0.4, 0.8, 1.6]
    assert stage.phases()["b"] == Phase.ACTIVE
    assert stage.replica.metrics.outcomes["ApiToken", "fault"] == len(tries) - 1


@simulated
async def test_a_malformed_object_is_told_so_once_and_counted(clock: FakeClock) -> None:
    stage = Stage(clock)
    stage.create("ci")
    broken = MalformedObject("ApiToken", ObjectKey("finance", "bad"), "token-9", "7", 1, "spec.ttl: no")
    stage.store.malformed[broken.key] = broken

    async with stage.leading():
        await asyncio.sleep(SOONEST - 1)

    assert stage.store.told_malformed == [broken]
    assert stage.replica.metrics.malformed_kinds == {"ApiToken": 1}
    assert stage.phases() == {"ci": Phase.ACTIVE}


@pytest.mark.parametrize("error", [UnavailableError("500"), DeniedError("403"), MalformedObjectError("no Secret")])
@simulated
async def test_a_look_at_a_secret_that_fails_ends_nothing_and_means_nothing(clock: FakeClock, error: Exception) -> None:
    stage = Stage(clock, failing("look_at", error))
    stage.create("ci")

    async with stage.leading():
        await asyncio.sleep(11)
        assert stage.diary.times("look_at") == pytest.approx([10], abs=0.01)
        assert stage.deliveries() == {"ci": DeliveryState.AVAILABLE}
        stage.store.secrets.clear()
        await asyncio.sleep(20)
        assert stage.deliveries() == {"ci": DeliveryState.COLLECTED}


@simulated
async def test_the_metrics_know_the_phases_and_what_is_due_next(clock: FakeClock) -> None:
    stage = Stage(clock)
    stage.create("short", ttl=timedelta(minutes=30))
    stage.create("long")

    async with stage.leading():
        await asyncio.sleep(6)
        first = stage.replica.metrics.due
        await asyncio.sleep(31 * 60)

    assert first == NOW + timedelta(minutes=30)
    assert stage.replica.metrics.due == NOW + WINDOW
    assert {phase: count for phase, count in stage.replica.metrics.phases.items() if count} == {
        Phase.ACTIVE: 1,
        Phase.EXPIRED: 1,
    }


def test_the_metrics_know_how_much_waits_and_that_nothing_is_due() -> None:
    stage = Stage(FakeClock())
    for name in "abc":
        stage.replica.queue.add(Work("token", ObjectKey("finance", name)))

    stage.operator.gauge()

    assert (stage.replica.metrics.depth, stage.replica.metrics.due) == (3, None)
