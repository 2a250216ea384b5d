"""The verifier's metrics as Prometheus reads them."""

from __future__ import annotations

import math
from dataclasses import replace

from prometheus_client.parser import text_string_to_metric_families

from pharia_access.domain.verdict import Proof, Refusal
from pharia_access.services.verifier.authorizer import Contract
from pharia_access.telemetry.verifier_metrics import Gauges, VerifierMetrics

GAUGES = Gauges(
    objects=lambda: {"ApiToken": 7, "ApiRole": 2},
    shared_ids=lambda: 1,
    view_ages=lambda: {"ApiToken": 2.5},
    namespaces=lambda: {"finance": True, "doomed": False},
    argon2_waiting=lambda: 3,
    ready=lambda: True,
    keyring_keys=lambda: 2,
    keys_replaced=lambda: 0,
    clock_offset=lambda: 0.25,
)


def samples(metrics: VerifierMetrics) -> dict[tuple[str, ...], float]:
    """Each sample of ours under its name and the values of its labels."""
    return {
        (sample.name.removeprefix("pharia_access_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
        if sample.name.startswith("pharia_access_")
    }


def test_decisions_are_counted_by_contract_and_reason() -> None:
    metrics = VerifierMetrics(version="1")
    metrics.decided(Contract.NGINX, None, 0.000_004)
    metrics.decided(Contract.NGINX, None, 0.002)
    metrics.decided(Contract.ENVOY, Refusal.EXPIRED, 7.0)

    found = samples(metrics)

    assert found["decisions_total", "nginx", "token", "ok"] == 2
    assert found["decisions_total", "envoy", "token", "expired"] == 1
    assert found["decision_duration_seconds_bucket", "nginx", "5e-06"] == 1
    assert found["decision_duration_seconds_bucket", "nginx", "0.005"] == 2
    assert found["decision_duration_seconds_bucket", "envoy", "1.0"] == 0
    assert found["decision_duration_seconds_bucket", "envoy", "+Inf"] == 1
    assert found["decision_duration_seconds_count", "nginx"] == 2
    assert found["decision_duration_seconds_sum", "envoy"] == 7.0


def test_decisions_are_counted_by_the_kind_of_proof() -> None:
    metrics = VerifierMetrics(version="1")
    for refusal in (None, None, Refusal.NOT_A_HOLDER):
        metrics.decided(Contract.NGINX, refusal, 0.001, proof=Proof.SERVICE_ACCOUNT)
    metrics.decided(Contract.NGINX, None, 0.001, proof=Proof.TOKEN)

    found = samples(metrics)

    assert found["decisions_total", "nginx", "service_account", "ok"] == 2
    assert found["decisions_total", "nginx", "service_account", "not-a-holder"] == 1
    assert found["decisions_total", "nginx", "token", "ok"] == 1
    assert found["decision_duration_seconds_count", "nginx"] == 4


def test_readings_of_keys_are_counted_and_the_last_one_says_whether_it_succeeded() -> None:
    metrics = VerifierMetrics(version="1")
    for outcome in ("changed", "unchanged", "failed"):
        metrics.issuer_keys_read(outcome)

    found = samples(metrics)

    assert [found["issuer_key_reads_total", outcome] for outcome in ("changed", "unchanged", "failed")] == [1, 1, 1]
    assert found["reload_successful", "service-account-keys"] == 0


def test_what_goes_wrong_is_counted() -> None:
    metrics = VerifierMetrics(version="1")
    metrics.interrupted("ApiToken", "broken")
    metrics.malformed("ApiRole")
    metrics.last_used_written("written")
    metrics.audit_line_dropped()

    found = samples(metrics)

    assert found["watch_interruptions_total", "broken", "ApiToken"] == 1
    assert found["malformed_objects_total", "ApiRole"] == 1
    assert found["last_used_writes_total", "written"] == 1
    assert found["audit_lines_dropped_total",] == 1


def test_the_state_is_looked_up_when_somebody_asks() -> None:
    metrics = VerifierMetrics(version="1")
    assert ("ready",) not in samples(metrics)

    metrics.watch(GAUGES)
    found = samples(metrics)

    assert found["index_objects", "ApiToken"] == 7
    assert found["view_age_seconds", "ApiToken"] == 2.5
    assert [found[name,] for name in ("shared_token_ids", "argon2_waiting", "ready", "keyring_keys")] == [1, 3, 1, 2]
    assert found["clock_offset_seconds",] == 0.25


def test_a_clock_that_was_never_heard_is_no_number() -> None:
    metrics = VerifierMetrics(version="1")
    metrics.watch(replace(GAUGES, clock_offset=lambda: -math.inf))

    assert math.isnan(samples(metrics)["clock_offset_seconds",])
