"""What becomes of the one-time Secret of an active token: collected by its reader, or withdrawn."""

from datetime import timedelta

from pharia_access.domain.conditions import is_true
from pharia_access.domain.model import Phase
from pharia_access.domain.reasons import DeliveryState
from pharia_access.errors import UnavailableError
from tests.support.builders.domain_objects import NOW, WINDOW
from tests.support.fakes.scripted_faults import Fault
from tests.support.fakes.virtual_time import simulated
from tests.support.harness.operator_harness import SECRET, OperatorHarness, reason

DAY = timedelta(days=1)
AVAILABLE, COLLECTED, WITHDRAWN = DeliveryState.AVAILABLE, DeliveryState.COLLECTED, DeliveryState.WITHDRAWN


def delivery(harness: OperatorHarness) -> DeliveryState | None:
    """Where the token's Secret is, as its status says."""
    recorded = harness.token().status.delivery
    return None if recorded is None else recorded.state


def probe_misses(harness: OperatorHarness) -> None:
    """A probe did not find the token's Secret."""
    recorded = harness.token().status.delivery
    assert recorded is not None
    harness.replica.probes._missing.add(recorded.secret_uid)


@simulated
async def test_an_open_secret_is_not_looked_for_unless_a_probe_misses_it(harness: OperatorHarness) -> None:
    await harness.mint()
    harness.store.secrets.clear()

    await harness.reconcile()

    assert harness.calls() == ["read_token"]
    assert delivery(harness) is AVAILABLE


@simulated
async def test_a_secret_that_a_probe_misses_was_collected(harness: OperatorHarness) -> None:
    await harness.mint()
    harness.store.secrets.clear()
    probe_misses(harness)

    token = await harness.reconcile()

    assert token is not None
    assert (token.status.phase, delivery(harness)) == (Phase.ACTIVE, COLLECTED)
    assert is_true(token.status.conditions, "Delivered")
    assert harness.recorder.reasons() == ["Collected"]
    assert harness.writes() == ["write_token_status"]
    assert harness.replica.schedule.next_due() == (NOW + timedelta(hours=2160) - 7 * DAY).timestamp()


@simulated
async def test_a_probe_that_was_wrong_means_nothing(harness: OperatorHarness) -> None:
    await harness.mint()
    probe_misses(harness)

    await harness.reconcile()

    assert delivery(harness) is AVAILABLE
    assert harness.writes() == []


@simulated
async def test_what_the_operator_deleted_is_never_said_to_be_collected(harness: OperatorHarness) -> None:
    await harness.mint()
    harness.clock.advance(WINDOW.total_seconds())
    harness.fail("write_token_status", Fault(before=UnavailableError("503")), Fault(before=UnavailableError("503")))

    token = await harness.persist()

    assert token is not None
    assert harness.store.secrets == {}
    assert delivery(harness) is WITHDRAWN
    assert reason(token, "Delivered") == "WindowClosed"
    assert harness.recorder.reasons() == ["Withdrawn"]


@simulated
async def test_another_secret_of_the_name_is_not_the_one_that_was_collected(harness: OperatorHarness) -> None:
    await harness.mint()
    harness.store.secrets.clear()
    harness.store.foreign_secrets.add(SECRET)
    probe_misses(harness)

    await harness.reconcile()

    assert delivery(harness) is COLLECTED
    assert harness.store.foreign_secrets == {SECRET}


@simulated
async def test_with_a_collected_secret_goes_what_a_leader_left_that_lost_a_race(harness: OperatorHarness) -> None:
    token = await harness.mint()
    harness.leave_secret("secret-2", token_uid=token.uid)
    probe_misses(harness)

    await harness.reconcile()

    assert delivery(harness) is COLLECTED
    assert harness.store.secrets == {}


@simulated
async def test_at_the_end_of_its_window_a_secret_is_withdrawn_before_the_status_says_so(
    harness: OperatorHarness,
) -> None:
    await harness.mint()
    harness.clock.advance(WINDOW.total_seconds() - 1)
    await harness.reconcile()
    assert delivery(harness) is AVAILABLE
    harness.clock.advance(1)

    token = await harness.reconcile()

    assert token is not None
    assert (token.status.phase, delivery(harness), reason(token, "Delivered")) == (
        Phase.ACTIVE,
        WITHDRAWN,
        "WindowClosed",
    )
    assert harness.store.secrets == {}
    assert harness.writes() == ["delete_secret", "write_token_status"]
    assert [(notice.reason, notice.warning) for notice in harness.recorder.notices] == [("Withdrawn", True)]


@simulated
async def test_a_secret_that_is_gone_when_its_window_ends_was_collected(harness: OperatorHarness) -> None:
    await harness.mint()
    harness.store.secrets.clear()
    harness.clock.advance(WINDOW.total_seconds())

    await harness.reconcile()

    assert delivery(harness) is COLLECTED
    assert harness.recorder.reasons() == ["Collected"]
