"""What becomes of the one-time Secret of an active token: collected by its reader, or withdrawn."""

from datetime import timedelta

from pharia_access.domain.conditions import is_true
from pharia_access.domain.model import Phase
from pharia_access.domain.reasons import DeliveryState
from pharia_access.errors import UnavailableError
from tests.support.builders import NOW, WINDOW
from tests.support.faults import Fault
from tests.support.service_builders import SECRET, Bench, reason
from tests.support.virtual_time import simulated

DAY = timedelta(days=1)
AVAILABLE, COLLECTED, WITHDRAWN = DeliveryState.AVAILABLE, DeliveryState.COLLECTED, DeliveryState.WITHDRAWN


def delivery(bench: Bench) -> DeliveryState | None:
    """Where the token's Secret is, as its status says."""
    recorded = bench.token().status.delivery
    return None if recorded is None else recorded.state


def probe_misses(bench: Bench) -> None:
    """A probe did not find the token's Secret."""
    recorded = bench.token().status.delivery
    assert recorded is not None
    bench.replica.probes._missing.add(recorded.secret_uid)


@simulated
async def test_an_open_secret_is_not_looked_for_unless_a_probe_misses_it(bench: Bench) -> None:
    await bench.mint()
    bench.store.secrets.clear()

    await bench.reconcile()

    assert bench.calls() == ["read_token"]
    assert delivery(bench) is AVAILABLE


@simulated
async def test_a_secret_that_a_probe_misses_was_collected(bench: Bench) -> None:
    await bench.mint()
    bench.store.secrets.clear()
    probe_misses(bench)

    token = await bench.reconcile()

    assert token is not None
    assert (token.status.phase, delivery(bench)) == (Phase.ACTIVE, COLLECTED)
    assert is_true(token.status.conditions, "Delivered")
    assert bench.recorder.reasons() == ["Collected"]
    assert bench.writes() == ["write_token_status"]
    assert bench.replica.schedule.next_due() == (NOW + timedelta(hours=2160) - 7 * DAY).timestamp()


@simulated
async def test_a_probe_that_was_wrong_means_nothing(bench: Bench) -> None:
    await bench.mint()
    probe_misses(bench)

    await bench.reconcile()

    assert delivery(bench) is AVAILABLE
    assert bench.writes() == []


@simulated
async def test_what_the_operator_deleted_is_never_said_to_be_collected(bench: Bench) -> None:
    await bench.mint()
    bench.clock.advance(WINDOW.total_seconds())
    bench.fail("write_token_status", Fault(before=UnavailableError("503")), Fault(before=UnavailableError("503")))

    token = await bench.persist()

    assert token is not None
    assert bench.store.secrets == {}
    assert delivery(bench) is WITHDRAWN
    assert reason(token, "Delivered") == "WindowClosed"
    assert bench.recorder.reasons() == ["Withdrawn"]


@simulated
async def test_another_secret_of_the_name_is_not_the_one_that_was_collected(bench: Bench) -> None:
    await bench.mint()
    bench.store.secrets.clear()
    bench.store.foreign_secrets.add(SECRET)
    probe_misses(bench)

    await bench.reconcile()

    assert delivery(bench) is COLLECTED
    assert bench.store.foreign_secrets == {SECRET}


@simulated
async def test_with_a_collected_secret_goes_what_a_leader_left_that_lost_a_race(bench: Bench) -> None:
    token = await bench.mint()
    bench.leave_secret("secret-2", token_uid=token.uid)
    probe_misses(bench)

    await bench.reconcile()

    assert delivery(bench) is COLLECTED
    assert bench.store.secrets == {}


@simulated
async def test_at_the_end_of_its_window_a_secret_is_withdrawn_before_the_status_says_so(bench: Bench) -> None:
    await bench.mint()
    bench.clock.advance(WINDOW.total_seconds() - 1)
    await bench.reconcile()
    assert delivery(bench) is AVAILABLE
    bench.clock.advance(1)

    token = await bench.reconcile()

    assert token is not None
    assert (token.status.phase, delivery(bench), reason(token, "Delivered")) == (
        Phase.ACTIVE,
        WITHDRAWN,
        "WindowClosed",
    )
    assert bench.store.secrets == {}
    assert bench.writes() == ["delete_secret", "write_token_status"]
    assert [(notice.reason, notice.warning) for notice in bench.recorder.notices] == [("Withdrawn", True)]


@simulated
async def test_a_secret_that_is_gone_when_its_window_ends_was_collected(bench: Bench) -> None:
    await bench.mint()
    bench.store.secrets.clear()
    bench.clock.advance(WINDOW.total_seconds())

    await bench.reconcile()

    assert delivery(bench) is COLLECTED
    assert bench.recorder.reasons() == ["Collected"]
