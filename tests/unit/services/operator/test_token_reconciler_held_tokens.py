"""Tokens that are deleted and still stand: they are over, and are not forgotten."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.conditions import is_true
from pharia_access.domain.model import Phase
from tests.support.builders.domain_objects import TOKEN
from tests.support.fakes.virtual_time import simulated
from tests.support.harness.held_objects import HOLD
from tests.support.harness.operator_harness import OperatorHarness, message, reason

# --- tokens


@pytest.mark.parametrize(
    ("before", "phase"),
    [("pending", Phase.REVOKED), ("active", Phase.REVOKED), ("expired", Phase.EXPIRED), ("revoked", Phase.REVOKED)],
)
@simulated
async def test_a_token_that_is_being_deleted_is_over_and_its_secret_goes_at_once(
    harness: OperatorHarness, before: str, phase: Phase
) -> None:
    if before == "pending":
        harness.create()
    else:
        await harness.mint(ttl=timedelta(minutes=30))
    if before == "expired":
        harness.clock.advance(1800)
    if before == "revoked":
        harness.revoke()
    await harness.reconcile() if before != "pending" else None
    harness.store.hold_token(TOKEN, HOLD)
    harness.store.delete_token(TOKEN)

    token = await harness.reconcile()
    again = await harness.reconcile()

    assert again == token
    assert token is not None
    assert (token.status.phase, reason(token), reason(token, "Active")) == (phase, "Deleting", "Deleting")
    assert not is_true(token.status.conditions, "Active")
    assert HOLD in message(token)
    assert harness.store.secrets == {}
    assert ("Deleting", True) in [(notice.reason, notice.warning) for notice in harness.recorder.notices]
    harness.store.hold_token(TOKEN)
    assert await harness.reconcile() is None


@simulated
async def test_a_deletion_in_the_foreground_makes_no_event(harness: OperatorHarness) -> None:
    await harness.mint()
    harness.store.begin_token_deletion(TOKEN)

    await harness.reconcile()

    assert reason(harness.token()) == "Deleting"
    assert "Deleting" not in harness.recorder.reasons()
    assert harness.store.collect_garbage()
    assert TOKEN not in harness.store.tokens


@simulated
async def test_a_token_that_the_operator_deletes_and_that_stands_is_not_forgotten(harness: OperatorHarness) -> None:
    minted = await harness.mint()
    harness.store.hold_token(TOKEN, HOLD)
    harness.remove_credential()

    await harness.reconcile()

    assert harness.token().deleting
    assert harness.replica.cache.tokens.get(TOKEN) is not None
    token = await harness.reconcile()
    assert token is not None
    assert (reason(token), token.status.hash) == ("Deleting", minted.status.hash)
    assert harness.store.secrets == {}


@simulated
async def test_a_held_token_frees_its_place_at_once(harness: OperatorHarness) -> None:
    minted = await harness.mint()
    harness.store.hold_token(TOKEN, HOLD)
    harness.store.delete_token(TOKEN)
    harness.replica.cache.apply_event(harness.token())

    record = harness.replica.cache.tokens.get(TOKEN)

    assert record is not None
    assert (replace(record, resource_version="").uid, record.holds_place) == (minted.uid, False)
