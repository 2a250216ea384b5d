"""Of several watched namespaces one is refused, broken or silent: the others go on, and it comes back by itself."""

import asyncio
from dataclasses import replace

import pytest

from pharia_access.domain.model import ObjectKey
from pharia_access.domain.reasons import Phase
from pharia_access.errors import ApiError, ClusterRolledBackError, UnavailableError
from pharia_access.services.operator.scopes import CATALOG
from pharia_access.services.operator.work_queue import WorkItem
from tests.support.fakes.scripted_faults import Call
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.live_operator_harness import LiveOperatorHarness
from tests.support.harness.two_namespaces import (
    BOTH,
    CREDENTIAL_THERE,
    DOOMED,
    FINANCE,
    FORBIDDEN,
    REFUSED,
    Trouble,
    hanging,
    on,
    taking,
    there,
)


@pytest.mark.parametrize("verb", ["list_credentials", "list_tokens"])
@pytest.mark.parametrize("error", REFUSED)
@simulated
async def test_a_start_does_without_a_namespace_that_cannot_be_listed(
    clock: FakeClock, error: Exception, verb: str
) -> None:
    live = on(clock, Trouble(error, DOOMED, only=lambda call: call.verb == verb))

    await asyncio.wait_for(live.operator.sync_cache(), 11)
    async with live.leading():
        await asyncio.sleep(1)

        assert live.phases()["ci"] is Phase.ACTIVE
        assert live.operator.missing() == []
        assert live.replica.metrics.watched == {FINANCE: True, DOOMED: False}


@simulated
async def test_a_start_that_is_forbidden_a_namespace_waits_until_that_is_sure(clock: FakeClock) -> None:
    live = on(clock, Trouble(FORBIDDEN, DOOMED))

    await asyncio.wait_for(live.operator.sync_cache(), 4)


@simulated
async def test_a_mint_does_not_trust_the_view_of_a_namespace_that_is_not_heard(clock: FakeClock) -> None:
    live = on(clock, Trouble(FORBIDDEN))
    await live.operator.sync_cache()
    async with live.leading():
        live.operator.lists.watch_refused(DOOMED)
        live.store.apply_credential(replace(live.store.credentials[CREDENTIAL_THERE], suspended=True))
        live.store.changes.pop()  # nobody is told
        live.create_in(DOOMED, "new")
        live.replica.hear(live.store.changes[-1])
        await asyncio.sleep(1)

        assert there(live, "new") is Phase.PENDING


@simulated
async def test_a_403_of_a_moment_holds_work_for_that_moment_only(clock: FakeClock) -> None:
    """As an API server gives that has just started; the list that follows takes its time."""
    trouble = Trouble(FORBIDDEN)
    live = on(clock, trouble)
    await live.operator.sync_cache()
    async with live.leading():
        trouble.places.add(DOOMED)
        live.create_in(DOOMED, "new")
        live.replica.hear(live.store.changes[-1])
        await asyncio.sleep(0.5)
        trouble.places.clear()
        missing, held = live.operator.missing(), there(live, "new")
        live.replica.cluster.turn = hanging("list_")
        await asyncio.sleep(10)

    assert (missing, held, there(live, "new")) == ([], None, Phase.ACTIVE)


@simulated
async def test_work_that_is_refused_in_one_namespace_delays_no_anothers(clock: FakeClock) -> None:
    trouble = Trouble(FORBIDDEN, only=lambda call: call.verb == "write_token_status")
    live = on(clock, trouble)
    await live.operator.sync_cache()
    scopes = live.operator._scopes
    for _ in range(3000):
        scopes.refused(DOOMED)

    assert scopes.refused(DOOMED) > 500
    assert scopes.refused("finance") < 1


@simulated
async def test_a_round_ends_though_a_namespace_fails_for_good(clock: FakeClock) -> None:
    """With it the keyring is read anew, which is everybody's."""
    trouble = Trouble(UnavailableError("500"))
    live = on(clock, trouble)
    await live.operator.sync_cache()
    async with live.leading():
        trouble.places.add(DOOMED)
        began = clock.monotonic()
        await asyncio.sleep(3600)

        assert sum(at > began and call.verb == "read_keyring" for at, call in live.diary.entries) >= 3


@pytest.mark.parametrize("place", [DOOMED, "roles"])
@simulated
async def test_a_start_waits_ten_seconds_for_a_list_that_never_ends(clock: FakeClock, place: str) -> None:
    live = on(clock, Trouble(FORBIDDEN))

    async def hang(call: Call) -> None:
        if call.target == place or (place == "roles" and call.verb == "list_roles"):
            await asyncio.sleep(10_000)

    live.replica.cluster.turn = hang
    await asyncio.wait_for(live.operator.sync_cache(), 11)
    async with live.leading():
        await asyncio.sleep(1)

        assert live.phases()["ci"] is Phase.ACTIVE


@simulated
async def test_all_namespaces_lost_is_not_ready_and_one_back_is(clock: FakeClock) -> None:
    trouble = Trouble(FORBIDDEN, *BOTH)
    live = on(clock, trouble)
    filling = asyncio.create_task(live.operator.sync_cache())
    await asyncio.sleep(600)
    assert live.operator.missing()[-1] == "no namespace can be watched: finance, doomed"
    assert not filling.done()

    trouble.places.discard(FINANCE)
    await asyncio.wait_for(filling, 31)
    assert live.operator.missing() == []


@pytest.mark.parametrize("error", REFUSED)
@simulated
async def test_without_roles_tokens_are_minted_and_credentials_are_not_judged(
    clock: FakeClock, error: Exception
) -> None:
    trouble = Trouble(error, "roles")
    live = on(clock, trouble)

    await asyncio.wait_for(live.operator.sync_cache(), 11)
    async with live.leading():
        await asyncio.sleep(60)
        assert live.phases() == {"ci": Phase.ACTIVE, "there": Phase.ACTIVE}
        assert not any(credential.status.conditions for credential in live.store.credentials.values())

        trouble.places.clear()
        await asyncio.sleep(31)

    ready = [credential.status.conditions[0].status for credential in live.store.credentials.values()]
    assert ready == ["True", "True"]


@simulated
async def test_a_watch_that_is_refused_is_told_by_the_metric_and_its_list_goes_on(clock: FakeClock) -> None:
    live = on(clock, Trouble(FORBIDDEN))
    await live.operator.sync_cache()
    async with live.leading():
        live.operator.lists.watch_refused(DOOMED)
        await asyncio.sleep(10)
        assert live.replica.metrics.watched == {FINANCE: True, DOOMED: False}
        assert there(live) is Phase.ACTIVE
        live.operator.lists.watch_refused(CATALOG)

        live.operator.lists.watch_goes_on(DOOMED)
        assert live.replica.metrics.watched == {FINANCE: True, DOOMED: True}


@simulated
async def test_a_cluster_that_went_back_in_time_ends_an_operator_of_several_namespaces(clock: FakeClock) -> None:
    live = on(clock, Trouble(FORBIDDEN))
    await live.operator.sync_cache()
    standing_by = asyncio.create_task(live.operator.run_standby())
    await asyncio.sleep(1)
    live.store.version = "0"
    live.operator.lists.request_resync(DOOMED)

    with pytest.raises(ClusterRolledBackError):
        await asyncio.wait_for(standing_by, 10)


@simulated
async def test_a_scope_that_asks_for_lists_again_and_again_is_listed_no_more_than_a_sixth_of_the_time(
    clock: FakeClock,
) -> None:
    live = LiveOperatorHarness(clock, namespaces=BOTH)
    live.replica.cluster.turn = taking(2.5, "list_tokens")
    await live.operator.sync_cache()
    standing_by = asyncio.create_task(live.operator.run_standby())
    for _ in range(600):
        live.operator.lists.request_resync(DOOMED)
        await asyncio.sleep(1)
    standing_by.cancel()

    assert len(live.diary.times("list_tokens", DOOMED)) <= 22


def test_every_refusal_is_one_of_ours_or_was_not_foreseen() -> None:
    assert any(not isinstance(case.values[0], ApiError) for case in REFUSED)


@simulated
async def test_work_in_a_namespace_that_is_not_watched_is_not_held(clock: FakeClock) -> None:
    live = on(clock, Trouble(FORBIDDEN))

    await live.operator.handle(WorkItem("secret", ObjectKey("elsewhere", "x"), "uid"))

    assert live.diary.writes() == ["delete_secret"]
