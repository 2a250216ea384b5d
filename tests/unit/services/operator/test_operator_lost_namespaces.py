"""A namespace whose rights are lost: what is tried there, what waits, and what is made good once they are back."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.model import ObjectKey
from pharia_access.domain.reasons import Phase
from pharia_access.errors import ForbiddenError
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.live_operator_harness import SOONEST, LiveOperatorHarness
from tests.support.harness.two_namespaces import (
    CREDENTIAL_THERE,
    DOOMED,
    FINANCE,
    FORBIDDEN,
    REFUSED,
    Trouble,
    calls_there,
    listing,
    on,
    taking,
    there,
)

pytestmark = pytest.mark.no_cover
"""Many examples of code that other tests cover: tracing them takes twice as long again."""


@pytest.mark.parametrize("error", REFUSED)
@simulated
async def test_a_namespace_comes_back_by_itself_and_is_told_of_once_each_way(
    clock: FakeClock, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    trouble = Trouble(error, DOOMED)
    live = on(clock, trouble)
    back: list[str] = []
    live.operator.lists.on_back = back.append

    await live.operator.sync_cache()
    async with live.leading():
        await asyncio.sleep(600)
        assert there(live) is None
        trouble.places.clear()
        await asyncio.sleep(31)
        assert there(live) is Phase.ACTIVE

    assert back == [DOOMED]
    assert live.replica.metrics.watched == {FINANCE: True, DOOMED: True}
    told = [record.getMessage() for record in caplog.records if "namespace" in record.getMessage()]
    assert told == ["a namespace cannot be watched", "a namespace is watched again"]


@pytest.mark.parametrize("error", REFUSED)
@simulated
async def test_the_others_are_listed_every_quarter_of_an_hour_all_the_same(clock: FakeClock, error: Exception) -> None:
    live = on(clock, Trouble(error, DOOMED, only=listing))

    await live.operator.sync_cache()
    async with live.leading():
        await asyncio.sleep(10 * SOONEST)

    assert 8 <= len(live.diary.times("list_tokens", FINANCE)) <= 11
    assert live.replica.metrics.lists >= 8 * isinstance(error, ForbiddenError)


@simulated
async def test_in_a_namespace_that_lost_its_rights_nothing_is_tried_but_whether_they_are_back(clock: FakeClock) -> None:
    trouble = Trouble(FORBIDDEN)
    live = on(clock, trouble)
    live.replica.cluster.turn = taking(0.001)
    await live.operator.sync_cache()
    async with live.leading():
        await asyncio.sleep(5)
        trouble.places.add(DOOMED)
        live.create_in(DOOMED, *(f"new-{number}" for number in range(2000)))
        for change in live.store.changes[-2000:]:
            live.replica.hear(change)
        await asyncio.sleep(60)
        began = clock.monotonic()
        assert calls_there(live, 5) < 40
        await asyncio.sleep(600)
        assert calls_there(live, began) <= 21
        live.create("batch")
        live.replica.hear(live.store.changes[-1])
        await asyncio.sleep(1)
        assert live.phases()["batch"] is Phase.ACTIVE

        trouble.places.clear()
        await asyncio.sleep(60)

    assert {there(live, f"new-{number}") for number in range(2000)} == {Phase.ACTIVE}


@simulated
async def test_where_a_single_right_lacks_five_are_tried_in_a_second_and_all_once_it_is_back(clock: FakeClock) -> None:
    trouble = Trouble(FORBIDDEN, only=lambda call: call.verb == "write_token_status")
    live = on(clock, trouble)
    await live.operator.sync_cache()
    async with live.leading():
        await asyncio.sleep(5)
        trouble.places.add(DOOMED)
        live.create_in(DOOMED, *(f"new-{number}" for number in range(500)))
        for change in live.store.changes[-500:]:
            live.replica.hear(change)
        await asyncio.sleep(100)
        began = clock.monotonic()
        await asyncio.sleep(100)
        tries = [at for at, call in live.diary.entries if call.verb == "write_token_status" and at >= began]
        assert len(tries) <= 520
        assert live.replica.metrics.watched[DOOMED]

        trouble.places.clear()
        await asyncio.sleep(200)

    assert {there(live, f"new-{number}") for number in range(500)} == {Phase.ACTIVE}


async def changed_while_lost(live: LiveOperatorHarness, trouble: Trouble, change: Callable[[], None]) -> None:
    """Minted first; then the namespace is lost, the change is made, and every event is heard all the same."""
    await asyncio.sleep(5)
    assert there(live) is Phase.ACTIVE
    trouble.places.add(DOOMED)
    live.operator.lists.look_soon(DOOMED)
    await asyncio.sleep(5)
    before = len(live.store.changes)
    change()
    for made in live.store.changes[before:]:
        live.replica.hear(made)
    await asyncio.sleep(3 * 3600)


@simulated
async def test_what_is_lost_is_not_gone_and_its_windows_and_revocations_wait(clock: FakeClock) -> None:
    trouble = Trouble(FORBIDDEN)
    live = on(clock, trouble)
    key = ObjectKey(DOOMED, "there")

    def revoke() -> None:
        live.store.edit_token(key, lambda spec: replace(spec, revoked=True))

    await live.operator.sync_cache()
    async with live.leading():
        await changed_while_lost(live, trouble, revoke)
        assert key in live.replica.cache.tokens.keys
        assert ObjectKey(DOOMED, "there-token") in live.store.secrets
        assert there(live) is Phase.ACTIVE

        trouble.places.clear()
        await asyncio.sleep(31)

    assert there(live) is Phase.REVOKED
    assert ObjectKey(DOOMED, "there-token") not in live.store.secrets


@simulated
async def test_a_token_is_not_judged_by_its_credential_as_it_was_before_the_rights_were_lost(clock: FakeClock) -> None:
    trouble = Trouble(FORBIDDEN)
    live = on(clock, trouble)
    policy = live.store.credentials[CREDENTIAL_THERE].policy

    def widen_unheard_and_ask_for_more() -> None:
        wider = replace(live.store.credentials[CREDENTIAL_THERE], policy=policy)
        live.store.apply_credential(wider)
        live.store.changes.pop()
        live.create_in(DOOMED, "long")

    narrow = replace(policy, max_ttl=timedelta(hours=1), default_ttl=timedelta(minutes=1))
    live.store.apply_credential(replace(live.store.credentials[CREDENTIAL_THERE], policy=narrow))
    await live.operator.sync_cache()
    async with live.leading():
        await changed_while_lost(live, trouble, widen_unheard_and_ask_for_more)
        assert there(live, "long") is None
        trouble.places.clear()
        await asyncio.sleep(31)

    made = live.store.tokens[ObjectKey(DOOMED, "long")].status
    assert made.phase is Phase.ACTIVE
    assert made.expires_at is not None
    assert made.expires_at - clock.now() > timedelta(hours=24)


@simulated
async def test_the_secret_of_a_token_that_went_while_its_namespace_was_lost_is_deleted_afterwards(
    clock: FakeClock,
) -> None:
    trouble = Trouble(FORBIDDEN)
    live = on(clock, trouble)
    key = ObjectKey(DOOMED, "there")

    def delete() -> None:
        live.store.delete_token(key)

    await live.operator.sync_cache()
    async with live.leading():
        await changed_while_lost(live, trouble, delete)
        assert ObjectKey(DOOMED, "there-token") in live.store.secrets
        trouble.places.clear()
        await asyncio.sleep(31)

    assert ObjectKey(DOOMED, "there-token") not in live.store.secrets


@simulated
async def test_a_lost_namespace_is_not_probed_and_the_others_are(clock: FakeClock) -> None:
    trouble = Trouble(FORBIDDEN)
    live = on(clock, trouble)
    live.create_in(DOOMED, *(f"more-{number}" for number in range(100)))
    await live.operator.sync_cache()
    async with live.leading():
        await asyncio.sleep(5)
        trouble.places.add(DOOMED)
        live.operator.lists.look_soon(DOOMED)
        await asyncio.sleep(1)
        began = clock.monotonic()
        await asyncio.sleep(20)

        probed = [call.target for at, call in live.diary.entries if call.verb == "inspect_secret" and at >= began]
        assert probed == ["finance/ci-token"]
