"""Owner references that an earlier version wrote are taken off."""

import pytest

from pharia_access.domain.model import OwnerReference
from tests.support.builders.domain_objects import WINDOW, owned_by
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.operator_harness import OperatorHarness

APP = OwnerReference("v1", "ConfigMap", "app", "app-1", controller=True)


# --- references of an earlier version


@simulated
async def test_the_reference_of_an_earlier_version_is_taken_off_once(harness: OperatorHarness) -> None:
    minted = await harness.mint()
    harness.store.set_owners(minted, (APP, owned_by(harness.credential.identity)))

    token = await harness.reconcile()
    again = await harness.reconcile()

    assert token is not None
    assert (token.owners, token.status) == ((APP,), minted.status)
    assert again == token
    assert harness.writes() == ["set_owners"]


@simulated
async def test_many_references_are_taken_off_one_after_the_other_and_what_falls_due_meanwhile_is_due(
    clock: FakeClock, harness: OperatorHarness
) -> None:
    keys = [harness.create(f"ci-{number}").key for number in range(41)]
    for key in keys:
        await harness.reconcile(key)
        harness.store.set_owners(harness.store.tokens[key], (owned_by(harness.credential.identity),))
    harness.restart()
    harness.look_around()
    assert harness.replica.schedule.next_due() == (harness.clock.now() + WINDOW).timestamp()
    began = clock.monotonic()

    for key in keys:
        await harness.reconcile(key)

    assert [token.owners for token in harness.store.tokens.values()] == [()] * 41
    assert clock.monotonic() - began == pytest.approx(2.0, abs=0.01)
