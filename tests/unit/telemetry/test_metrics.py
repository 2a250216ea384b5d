import math
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pharia_access.domain.model import Phase
from pharia_access.services.operator.ports import Metrics
from pharia_access.telemetry.metrics import OperatorMetrics


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def metrics(seconds: Seconds) -> OperatorMetrics:
    return OperatorMetrics(version="1.2.3", monotonic=seconds)


def sample(metrics: OperatorMetrics, name: str, **labels: str) -> float | None:
    families = text_string_to_metric_families(metrics.render().decode())
    found = [s.value for family in families for s in family.samples if (s.name, s.labels) == (name, labels)]
    return found[0] if found else None


def test_it_answers_the_port_of_the_services(metrics: OperatorMetrics) -> None:
    port: Metrics = metrics

    port.minted(0.1)

    assert sample(metrics, "pharia_access_mint_duration_seconds_count") == 1


@pytest.mark.parametrize(
    ("act", "name", "labels", "expected"),
    [
        pytest.param(
            lambda m: m.reconciled("ApiToken", "done", 0.1),
            "pharia_access_reconcile_duration_seconds_count",
            {"kind": "ApiToken"},
            1,
            id="how long a reconcile took",
        ),
        pytest.param(
            lambda m: m.reconciled("ApiCredential", "ConflictError", 0.1),
            "pharia_access_reconcile_errors_total",
            {"kind": "ApiCredential", "reason": "ConflictError"},
            1,
            id="a reconcile that failed, by the error's name",
        ),
        pytest.param(
            lambda m: m.reconciled("ApiToken", "fault", 0.1),
            "pharia_access_reconcile_errors_total",
            {"kind": "ApiToken", "reason": "fault"},
            1,
            id="a reconcile that failed by a defect",
        ),
        pytest.param(
            lambda m: m.reconciled("ApiToken", "pharia_secret", 0.1),
            "pharia_access_reconcile_errors_total",
            {"kind": "ApiToken", "reason": "other"},
            1,
            id="an unknown outcome, which may not become a label",
        ),
        pytest.param(
            lambda m: m.malformed("ApiRole"),
            "pharia_access_malformed_objects_total",
            {"kind": "ApiRole"},
            1,
            id="an object that cannot be understood",
        ),
        pytest.param(
            lambda m: m.ended_token_deleted(), "pharia_access_ended_tokens_deleted_total", {}, 1, id="a clean-up"
        ),
        pytest.param(lambda m: m.event_dropped(), "pharia_access_events_dropped_total", {}, 1, id="a lost Event"),
        pytest.param(lambda m: m.hashed(0.02), "pharia_access_argon2_hash_seconds_sum", {}, 0.02, id="a hash"),
        pytest.param(lambda m: m.queue(7, 0), "pharia_access_queue_depth", {}, 7, id="the queue"),
        pytest.param(
            lambda m: m.namespace_watched("finance", watched=True),
            "pharia_access_namespace_watched",
            {"namespace": "finance"},
            1,
            id="a namespace that is watched",
        ),
        pytest.param(
            lambda m: m.namespace_watched("finance", watched=False),
            "pharia_access_namespace_watched",
            {"namespace": "finance"},
            0,
            id="a namespace that is lost",
        ),
        pytest.param(lambda m: m.leading(leads=True), "pharia_access_leader", {}, 1, id="the leader"),
        pytest.param(lambda m: m.leading(leads=False), "pharia_access_leader", {}, 0, id="a standby"),
        pytest.param(
            lambda m: m.tokens({Phase.ACTIVE: 5}), "pharia_access_tokens", {"phase": "Active"}, 5, id="active tokens"
        ),
        pytest.param(
            lambda m: m.next_due(datetime(2027, 1, 1, tzinfo=UTC)),
            "pharia_access_next_due_timestamp_seconds",
            {},
            1798761600,
            id="the next expiry",
        ),
        pytest.param(
            lambda m: m.clock_offset(-1.5), "pharia_access_clock_offset_seconds", {}, -1.5, id="another clock"
        ),
        pytest.param(lambda m: m.listed(2.5), "pharia_access_full_list_duration_seconds", {}, 2.5, id="a list's time"),
    ],
)
def test_what_happens_is_counted(
    metrics: OperatorMetrics,
    *,
    act: Callable[[OperatorMetrics], None],
    name: str,
    labels: dict[str, str],
    expected: float,
) -> None:
    act(metrics)

    assert sample(metrics, name, **labels) == expected


@pytest.mark.parametrize("outcome", ["done", "in-sync", "applied"])
def test_a_reconcile_that_went_well_is_no_error(metrics: OperatorMetrics, outcome: str) -> None:
    metrics.reconciled("ApiToken", outcome, 0.1)

    assert b"pharia_access_reconcile_errors_total{" not in metrics.render()


def test_a_namespace_without_a_token_that_ends_soon_has_no_series(metrics: OperatorMetrics) -> None:
    metrics.expiring_soon({"finance": 2, "sales": 1})
    metrics.expiring_soon({"sales": 3})

    assert sample(metrics, "pharia_access_tokens_expiring_soon", token_namespace="finance") is None
    assert sample(metrics, "pharia_access_tokens_expiring_soon", token_namespace="sales") == 3


def test_a_phase_that_is_no_longer_counted_falls_to_zero(metrics: OperatorMetrics) -> None:
    metrics.tokens({Phase.PENDING: 3, Phase.ACTIVE: 1})
    metrics.tokens({Phase.ACTIVE: 4})

    assert sample(metrics, "pharia_access_tokens", phase="Pending") == 0
    assert sample(metrics, "pharia_access_tokens", phase="Active") == 4


def test_the_age_of_the_last_full_list_is_worked_out_at_each_scrape(metrics: OperatorMetrics, seconds: Seconds) -> None:
    seconds.now += 60
    assert sample(metrics, "pharia_access_last_full_list_seconds") == 60

    metrics.listed(1)
    seconds.now += 5
    assert sample(metrics, "pharia_access_last_full_list_seconds") == 5


def test_the_oldest_in_the_queue_grows_older_until_the_queue_is_empty(
    metrics: OperatorMetrics, seconds: Seconds
) -> None:
    assert sample(metrics, "pharia_access_queue_oldest_seconds") == 0

    metrics.queue(1, 2)
    seconds.now += 3
    assert sample(metrics, "pharia_access_queue_oldest_seconds") == 5

    metrics.queue(0, 0)
    assert sample(metrics, "pharia_access_queue_oldest_seconds") == 0


def test_nothing_due_is_not_a_number(metrics: OperatorMetrics) -> None:
    metrics.next_due(datetime(2027, 1, 1, tzinfo=UTC))
    metrics.next_due(None)

    due = sample(metrics, "pharia_access_next_due_timestamp_seconds")
    assert due is not None
    assert math.isnan(due)


def test_two_registries_do_not_mix(metrics: OperatorMetrics, seconds: Seconds) -> None:
    other = OperatorMetrics(version="1.2.3", monotonic=seconds)
    other.minted(1)

    assert sample(metrics, "pharia_access_mint_duration_seconds_count") == 0
