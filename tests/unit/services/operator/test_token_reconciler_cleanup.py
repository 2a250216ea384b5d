"""DELETE_ENDED_AFTER: ended tokens go when it is their time, as they were read, and nothing is minted for them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.gitops import RELEASE_NAME
from pharia_access.domain.model import Policy
from pharia_access.domain.reasons import Phase
from tests.support.builders.domain_objects import TOKEN
from tests.support.fakes.scripted_faults import Call, Fault
from tests.support.fakes.virtual_time import simulated
from tests.support.harness.operator_harness import OperatorHarness

if TYPE_CHECKING:
    from pharia_access.domain.model import Token
    from tests.support.fakes.virtual_time import FakeClock

DAY = timedelta(days=1)


@pytest.fixture
def keeping(clock: FakeClock) -> OperatorHarness:
    """An operator that keeps ended tokens for a day."""
    return OperatorHarness(clock, policy=Policy(delete_ended_after=DAY))


async def a_revoked_token(harness: OperatorHarness) -> Token:
    await harness.mint(ttl=30 * DAY)
    harness.revoke()
    token = await harness.reconcile()
    assert token is not None
    return token


@simulated
async def test_a_revoked_token_goes_after_its_time_and_not_before(keeping: OperatorHarness) -> None:
    token = await a_revoked_token(keeping)
    due = keeping.replica.schedule.next_due()
    keeping.clock.advance(DAY.total_seconds() - 1)
    kept = await keeping.reconcile()
    keeping.clock.advance(1)
    gone = await keeping.reconcile()

    assert token.status.ends_at is not None
    assert due == (token.status.ends_at + DAY).timestamp()
    assert kept is not None
    assert kept.status.phase is Phase.REVOKED
    assert gone is None
    assert keeping.replica.metrics.ended_deleted == 1
    assert len(keeping.replica.metrics.mints) == 1


@simulated
async def test_what_somebody_wrote_meanwhile_is_a_reason_to_look_again(keeping: OperatorHarness) -> None:
    await a_revoked_token(keeping)
    keeping.clock.advance(DAY.total_seconds())

    def declare(call: Call) -> Fault | None:
        if call.verb == "delete_token":
            keeping.store.mark_token(TOKEN, labels={}, annotations={RELEASE_NAME: "x"})
        return None

    keeping.replica.cluster.faults = declare
    await keeping.reconcile()
    kept = await keeping.reconcile()

    assert kept is not None
    assert RELEASE_NAME in kept.annotations
    assert keeping.replica.metrics.ended_deleted == 0
