"""The verifier's metrics, in Prometheus' text format.

A decision costs a request two additions. The library's own counters take a lock each time, a tenth of the whole
request. So the counts live in plain lists, and become metrics when Prometheus scrapes them.
"""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from pharia_access.domain.api_values import Kind
from pharia_access.domain.verdict import Proof
from pharia_access.domain.verification.certificates import Validity
from pharia_access.telemetry.process import PREFIX, tell_of_process

__all__ = ["Gauges", "VerifierMetrics"]

_BUCKETS: Final = (5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 5e-3, 0.025, 0.1, 0.5, 1.0)
_OK: Final = "ok"

_Values = Mapping[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class Gauges:
    """Where a scrape reads the gauges."""

    objects: Callable[[], Mapping[Kind, int]]
    shared_ids: Callable[[], int]
    view_ages: Callable[[], Mapping[str, float]]
    namespaces: Callable[[], Mapping[str, bool]]
    argon2_waiting: Callable[[], int]
    ready: Callable[[], bool]
    keyring_keys: Callable[[], int]
    keys_replaced: Callable[[], int]
    clock_offset: Callable[[], float]


@dataclass(slots=True)
class _Durations:
    """How long the decisions of one contract took, and how many allowed the request."""

    passed: int = 0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(_BUCKETS) + 1))
    total: float = 0.0


class VerifierMetrics(Collector):
    """Implements the metrics ports of the verifier's services, with a registry of its own.

    Args:
        version: of this program.
    """

    def __init__(self, *, version: str) -> None:
        self._refusals: defaultdict[tuple[str, ...], int] = defaultdict(int)
        self._passed_otherwise: defaultdict[tuple[str, ...], int] = defaultdict(int)
        self._durations: defaultdict[str, _Durations] = defaultdict(_Durations)
        self._interruptions: defaultdict[tuple[str, ...], int] = defaultdict(int)
        self._malformed: defaultdict[tuple[str, ...], int] = defaultdict(int)
        self._writes: defaultdict[tuple[str, ...], int] = defaultdict(int)
        self._key_reads: defaultdict[tuple[str, ...], int] = defaultdict(int)
        self._reviews: defaultdict[tuple[str, ...], int] = defaultdict(int)
        self._closed: defaultdict[tuple[str, ...], int] = defaultdict(int)
        self._dropped_lines = 0
        self._reloads: dict[tuple[str, ...], bool] = {}
        self._not_before: dict[tuple[str, ...], float] = {}
        self._not_after: dict[tuple[str, ...], float] = {}
        self._most_connections = 0
        self._gauges: Gauges | None = None
        self._registry = CollectorRegistry()
        tell_of_process(self._registry, version=version)
        self._registry.register(self)

    def watch(self, gauges: Gauges) -> None:
        """Read these gauges from now on."""
        self._gauges = gauges

    def decided(self, contract: str, refusal: str | None, seconds: float, *, proof: Proof = Proof.TOKEN) -> None:
        """Count a decision about such a proof. `refusal` is None where the request may pass."""
        durations = self._durations[contract]
        if refusal is not None:
            self._refusals[contract, refusal, proof.value] += 1
        elif proof is Proof.TOKEN:
            durations.passed += 1
        else:
            self._passed_otherwise[contract, _OK, proof.value] += 1
        durations.buckets[0 if seconds <= _BUCKETS[0] else bisect_left(_BUCKETS, seconds)] += 1
        durations.total += seconds

    def interrupted(self, kind: str, cause: str) -> None:
        """Count a watch that ended otherwise than it should."""
        self._interruptions[kind, cause] += 1

    def malformed(self, kind: str) -> None:
        """Count an object that could not be decoded."""
        self._malformed[kind,] += 1

    def last_used_written(self, outcome: str) -> None:
        """Count a write of a last-used time."""
        self._writes[outcome,] += 1

    def issuer_keys_read(self, outcome: str) -> None:
        """Count a reading of the keys of ServiceAccounts' tokens, and note whether it succeeded."""
        self._key_reads[outcome,] += 1
        self.reloaded("service-account-keys", successful=outcome != "failed")

    def token_reviewed(self, outcome: str) -> None:
        """Count a TokenReview about a ServiceAccount's token."""
        self._reviews[outcome,] += 1

    def audit_line_dropped(self) -> None:
        """Count a suppressed line of the audit log."""
        self._dropped_lines += 1

    def reloaded(self, source: str, *, successful: bool) -> None:
        """Note whether the last attempt to read a followed source succeeded."""
        self._reloads[source,] = successful

    def certificate(self, name: str, validity: Validity | None) -> None:
        """Note how long the certificate of that name is valid; None: unknown, or there is none."""
        for ends in (self._not_before, self._not_after):
            ends.pop((name,), None)
        if validity is not None:
            self._not_before[name,] = validity.not_before.timestamp()
            self._not_after[name,] = validity.not_after.timestamp()

    def connections_bound(self, most: int) -> None:
        """Note the most connections of the port of checks."""
        self._most_connections = most

    def connection_closed(self, reason: str) -> None:
        """Count a connection that the verifier closed."""
        self._closed[reason,] += 1

    def render(self) -> bytes:
        """Render everything in Prometheus' text format, version 0.0.4."""
        return generate_latest(self._registry)

    def describe(self) -> Iterable[Metric]:
        """Return nothing: `collect` finds the metrics."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Collect everything that is counted here."""
        decisions: dict[tuple[str, ...], int] = self._refusals | self._passed_otherwise
        decisions |= {
            (contract, _OK, Proof.TOKEN.value): one.passed for contract, one in self._durations.items() if one.passed
        }
        yield _counter("decisions", "Decided requests; reason ok: may pass.", decisions, "contract", "reason", "proof")
        yield self._histogram()
        yield _counter("watch_interruptions", "Watches that ended otherwise.", self._interruptions, "kind", "cause")
        yield _counter("malformed_objects", "Times an object could not be understood.", self._malformed, "kind")
        yield _counter("last_used_writes", "Writes of times of last use and inspection.", self._writes, "outcome")
        yield _counter("issuer_key_reads", "Readings of the keys of ServiceAccounts.", self._key_reads, "outcome")
        yield _counter("token_reviews", "TokenReviews about tokens of ServiceAccounts.", self._reviews, "outcome")
        yield _counter("connections_closed", "Connections that were closed, by why.", self._closed, "reason")
        yield _counter("audit_lines_dropped", "Audit lines that were left out.", {(): self._dropped_lines})
        yield _gauge(
            "reload_successful", "0 if what may change cannot be read; the last stays.", self._reloads, "source"
        )
        about = "When a certificate"
        yield _gauge(
            "certificate_not_before_timestamp_seconds", f"{about} became good.", self._not_before, "certificate"
        )
        yield _gauge("certificate_not_after_timestamp_seconds", f"{about} ends.", self._not_after, "certificate")
        yield _gauge("connections_limit", "Connections that the port of checks may have.", {(): self._most_connections})
        if self._gauges is not None:
            yield from _state(self._gauges)

    def _histogram(self) -> Metric:
        family = HistogramMetricFamily(
            f"{PREFIX}_decision_duration_seconds", "Time of one decision, without HTTP.", labels=["contract"]
        )
        bounds = [*map(str, _BUCKETS), "+Inf"]
        for contract, durations in self._durations.items():
            counts = accumulate(durations.buckets)
            family.add_metric([contract], list(zip(bounds, counts, strict=True)), durations.total)
        return family


def _state(gauges: Gauges) -> Iterable[Metric]:
    objects: _Values = {(kind,): count for kind, count in gauges.objects().items()}
    yield _gauge("index_objects", "Objects that are known; of tokens, the minted ones.", objects, "kind")
    yield _gauge("shared_token_ids", "Token IDs that several objects claim.", {(): gauges.shared_ids()})
    ages: _Values = {(part,): age for part, age in gauges.view_ages().items()}
    yield _gauge("view_age_seconds", "Since the API server was last heard of; infinite before the list.", ages, "part")
    watched: _Values = {(namespace,): good for namespace, good in gauges.namespaces().items()}
    yield _gauge("namespace_watched", "0 if a watched namespace cannot be read.", watched, "namespace")
    yield _gauge("argon2_waiting", "Slow checks that wait or run.", {(): gauges.argon2_waiting()})
    yield _gauge("ready", "1 if checks are answered.", {(): gauges.ready()})
    yield _gauge("keyring_keys", "Keys of the fast check; 0: Argon2id proves each token.", {(): gauges.keyring_keys()})
    replaced = gauges.keys_replaced()
    yield _gauge("keyring_keys_replaced", "Keys with an ID that good tokens give to another key.", {(): replaced})
    offset = gauges.clock_offset()
    known = offset if math.isfinite(offset) else math.nan  # as the operator tells that nobody has heard of it
    yield _gauge("clock_offset_seconds", "How far the API server's clock is ahead; NaN: unknown.", {(): known})


def _counter(name: str, about: str, counts: Mapping[tuple[str, ...], int], *labels: str) -> Metric:
    family = CounterMetricFamily(f"{PREFIX}_{name}", about, labels=labels)
    for values, count in counts.items():
        family.add_metric(values, count)
    return family


def _gauge(name: str, about: str, values: _Values, *labels: str) -> Metric:
    family = GaugeMetricFamily(f"{PREFIX}_{name}", about, labels=labels)
    for label_values, value in values.items():
        family.add_metric(label_values, value)
    return family
