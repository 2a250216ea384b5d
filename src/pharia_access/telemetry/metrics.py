"""The operator's metrics for Prometheus. Only this package imports prometheus_client.

Answers the `Metrics` port by shape. Label values come from closed sets, and an unknown one is counted as such; the one
name of an object in a label is a namespace. docs/reference/metrics.md lists every name.
"""

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from pharia_access.domain.model import Phase
from pharia_access.domain.workload import Why
from pharia_access.errors import AccessError, label_of
from pharia_access.telemetry.process import PREFIX, tell_of_process

__all__ = ["OperatorMetrics"]

_UNKNOWN: Final = "other"
_GOOD_OUTCOMES: Final = frozenset({"done", "in-sync", "applied"})
_FAULTS: Final = frozenset({"malformed", "fault"})
_KINDS: Final = frozenset({"ApiToken", "ApiCredential", "ApiRole", "WorkloadToken"})
_WORKLOAD_STATES: Final = ("current", "overdue", "ended", "stalled")
_ROTATION_OUTCOMES: Final = ("delivered", "given-up")
# A mint costs some tens of milliseconds, at best; one that waits for its credential may take an hour.
_MINT_BUCKETS: Final = (0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)
_RECONCILE_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_HASH_BUCKETS: Final = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2.5, 5)


class OperatorMetrics:
    """One registry of its own, so that tests and several operators in a process do not mix.

    Args:
        version: of this program.
        monotonic: seconds that only grow, for ages that are worked out when Prometheus asks.
    """

    def __init__(self, *, version: str, monotonic: Callable[[], float]) -> None:
        self._registry = CollectorRegistry()
        self._monotonic = monotonic
        self._listed_at = monotonic()
        self._oldest_since: float | None = None
        self._reasons = _FAULTS | {label_of(leaf) for leaf in _leaves(AccessError)}
        tell_of_process(self._registry, version=version)
        self._define_work()
        self._define_state()

    def _define_work(self) -> None:
        self._mints = self._histogram(
            "mint_duration_seconds", "From an ApiToken's creation to its Ready=True.", buckets=_MINT_BUCKETS
        )
        self._hashes = self._histogram(
            "argon2_hash_seconds", "Time of one Argon2id hash, without its wait.", buckets=_HASH_BUCKETS
        )
        self._reconciles = self._histogram(
            "reconcile_duration_seconds", "Time of one reconcile.", "kind", buckets=_RECONCILE_BUCKETS
        )
        self._errors = self._counter("reconcile_errors", "Reconciles that failed, by reason.", "kind", "reason")
        self._malformed = self._counter("malformed_objects", "Times an object could not be understood.", "kind")
        self._dropped = self._counter("events_dropped", "Events that were not written.")
        self._cleaned_up = self._counter(
            "ended_tokens_deleted", "Tokens that were deleted because they ended long ago (DELETE_ENDED_AFTER)."
        )

        self._rotations = self._counter(
            "rotations", "Tokens of WorkloadTokens that were delivered or given up.", "why", "outcome"
        )
        for why in Why:
            for outcome in _ROTATION_OUTCOMES:
                self._rotations.labels(why, outcome)

    def _define_state(self) -> None:
        self._workloads = self._gauge("workload_tokens", "WorkloadTokens by state.", "state")
        for state in _WORKLOAD_STATES:
            self._workloads.labels(state)
        self._tokens = self._gauge("tokens", "ApiTokens by phase.", "phase")
        for phase in Phase:
            self._tokens.labels(phase)
        self._expiring = self._gauge(
            "tokens_expiring_soon", "Active ApiTokens that end soon and have no successor.", "token_namespace"
        )
        self._depth = self._gauge("queue_depth", "Objects that wait to be reconciled.")
        self._gauge("queue_oldest_seconds", "How long the first of them has waited.").set_function(self._oldest)
        self._leads = self._gauge("leader", "1 on the replica that leads, 0 on the others.")
        self._watched = self._gauge(
            "namespace_watched", "1 where a namespace can be listed and watched, else 0.", "namespace"
        )
        self._gauge(
            "last_full_list_seconds", "Seconds since the last full list ended, or since the start."
        ).set_function(lambda: self._monotonic() - self._listed_at)
        self._list_time = self._gauge("full_list_duration_seconds", "How long the last full list took.")
        self._guards = self._gauge("guard_holds", "1 where a guard of minting holds, else 0.", "guard")
        self._held = self._gauge("guards_held_timestamp_seconds", "When all guards were last seen to hold; NaN: never.")
        self._held.set(math.nan)
        self._due = self._gauge("next_due_timestamp_seconds", "When an expiry or a deadline is next due; NaN: never.")
        self._due.set(math.nan)
        self._offset = self._gauge("clock_offset_seconds", "How far the API server's clock is ahead; NaN: unknown.")
        self._offset.set(math.nan)
        self._reloads = self._gauge(
            "reload_successful", "0 if what may change cannot be read; the last stays.", "source"
        )

    def reconciled(self, kind: str, outcome: str, seconds: float) -> None:
        """Count one reconcile: done, in-sync or applied, else what went wrong, such as the name of an error."""
        kind = _known(kind, _KINDS)
        self._reconciles.labels(kind).observe(seconds)
        if outcome not in _GOOD_OUTCOMES:
            self._errors.labels(kind, _known(outcome, self._reasons)).inc()

    def minted(self, seconds: float) -> None:
        """Observe how long after its creation a token became Ready."""
        self._mints.observe(seconds)

    def hashed(self, seconds: float) -> None:
        """Observe one Argon2id hash."""
        self._hashes.observe(seconds)

    def ended_token_deleted(self) -> None:
        """Count a token that was deleted because it ended long ago."""
        self._cleaned_up.inc()

    def rotated(self, why: str, outcome: str) -> None:
        """A token of a WorkloadToken was delivered, or given up."""
        self._rotations.labels(_known(why, frozenset(Why)), _known(outcome, frozenset(_ROTATION_OUTCOMES))).inc()

    def workloads(self, counts: Mapping[str, int]) -> None:
        """How many WorkloadTokens are in each state."""
        for state in _WORKLOAD_STATES:
            self._workloads.labels(state).set(counts.get(state, 0))

    def malformed(self, kind: str) -> None:
        """Count an object that could not be understood."""
        self._malformed.labels(_known(kind, _KINDS)).inc()

    def event_dropped(self) -> None:
        """Count an Event that was not written."""
        self._dropped.inc()

    def queue(self, depth: int, oldest_seconds: float) -> None:
        """Set how much waits, and how long the first has waited; its age then grows by itself."""
        self._depth.set(depth)
        self._oldest_since = self._monotonic() - oldest_seconds if depth else None

    def tokens(self, counts: Mapping[Phase, int]) -> None:
        """Set how many tokens are in each phase; one that is left out has none."""
        for phase in Phase:
            self._tokens.labels(phase).set(counts.get(phase, 0))

    def expiring_soon(self, counts: Mapping[str, int]) -> None:
        """Set how many tokens of each namespace end soon; a namespace that is left out has no series any more."""
        self._expiring.clear()
        for namespace, count in counts.items():
            self._expiring.labels(namespace).set(count)

    def listed(self, seconds: float) -> None:
        """Note that a full list ended now and took so long."""
        self._listed_at = self._monotonic()
        self._list_time.set(seconds)

    def leading(self, *, leads: bool) -> None:
        """Set whether this replica leads."""
        self._leads.set(leads)

    def namespace_watched(self, namespace: str, *, watched: bool) -> None:
        """Set whether a namespace that the settings name can be listed and watched."""
        self._watched.labels(namespace).set(watched)

    def guards(self, holding: Mapping[str, bool], held_at: datetime | None) -> None:
        """Set which guards hold, and when all were last seen to hold."""
        for guard, holds in holding.items():
            self._guards.labels(guard).set(holds)
        self._held.set(math.nan if held_at is None else held_at.timestamp())

    def next_due(self, at: datetime | None) -> None:
        """Set when the schedule fires next."""
        self._due.set(math.nan if at is None else at.timestamp())

    def clock_offset(self, seconds: float) -> None:
        """Set how far the API server's clock is ahead of ours."""
        self._offset.set(seconds)

    def reloaded(self, source: str, *, successful: bool) -> None:
        """Set whether the last attempt to read what may change succeeded."""
        self._reloads.labels(source).set(successful)

    def render(self) -> bytes:
        """Return all metrics in Prometheus' text format, version 0.0.4."""
        return generate_latest(self._registry)

    def _oldest(self) -> float:
        return 0.0 if self._oldest_since is None else self._monotonic() - self._oldest_since

    def _gauge(self, name: str, documentation: str, *labels: str) -> Gauge:
        return Gauge(f"{PREFIX}_{name}", documentation, labels, registry=self._registry)

    def _counter(self, name: str, documentation: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", documentation, labels, registry=self._registry)

    def _histogram(self, name: str, documentation: str, *labels: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"{PREFIX}_{name}", documentation, labels, registry=self._registry, buckets=buckets)


def _known(value: str, values: frozenset[str]) -> str:
    return value if value in values else _UNKNOWN


def _leaves(error: type[AccessError]) -> list[type[AccessError]]:
    below = [leaf for child in error.__subclasses__() for leaf in _leaves(child)]
    return [*below, error]
