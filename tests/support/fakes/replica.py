"""One replica of the operator with all its real parts, on fakes at the edges."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from pharia_access.domain.model import Credential, Policy, Token
from pharia_access.domain.workload import WorkloadToken
from pharia_access.services.keyring_store import KeyringStore
from pharia_access.services.operator.assembly import OperatorOptions, assemble
from pharia_access.services.operator.cluster_cache import ClusterCache
from pharia_access.services.operator.event_handlers import EventHandlers
from pharia_access.services.operator.guards import Watchman
from pharia_access.services.operator.leader_queue import LeaderQueue
from pharia_access.services.operator.minting import Minting
from pharia_access.services.operator.operator import Operator, OperatorIntervals
from pharia_access.services.operator.ports import Ports
from pharia_access.services.operator.probes import ProbeIntervals, Probes
from pharia_access.services.operator.schedule import Schedule
from pharia_access.services.operator.token_reconciler import TokenReconciler
from pharia_access.services.operator.work_queue import WorkQueue
from pharia_access.services.operator.workloads.surroundings import WorkloadOptions
from pharia_access.services.ports import Clock
from tests.support.fakes.cluster import FakeCluster
from tests.support.fakes.ports import CheapHasher, FakeGuards, FakeMetrics, FakeRecorder, seeded_entropy
from tests.support.fakes.records import Change
from tests.support.fakes.stored_workloads import StoredWorkloads
from tests.support.fakes.workloads import FakeWorkloads

__all__ = ["Replica"]

DELETES_PER_SECOND = 20.0


@dataclass(slots=True)
class Replica:
    """Built anew after a crash: nothing in it survives but the cluster."""

    cluster: FakeCluster
    clock: Clock
    policy: Policy = field(default_factory=Policy)
    entropy: Callable[[int], bytes] = field(default_factory=seeded_entropy)
    intervals: OperatorIntervals = field(
        default_factory=lambda: OperatorIntervals(workers=2, resync=timedelta(minutes=15))
    )
    probe_intervals: ProbeIntervals = field(default_factory=ProbeIntervals)
    namespaces: tuple[str, ...] = ()
    workload_options: WorkloadOptions = field(default_factory=WorkloadOptions)
    stored_workloads: StoredWorkloads | None = None
    recorder: FakeRecorder = field(default_factory=FakeRecorder)
    metrics: FakeMetrics = field(default_factory=FakeMetrics)
    guards: FakeGuards = field(default_factory=FakeGuards)
    hasher: CheapHasher = field(default_factory=CheapHasher)
    workloads: FakeWorkloads = field(init=False)
    cache: ClusterCache = field(init=False)
    handlers: EventHandlers = field(init=False)
    queue: WorkQueue = field(init=False)
    leader_queue: LeaderQueue = field(init=False)
    schedule: Schedule = field(init=False)
    probes: Probes = field(init=False)
    keys: KeyringStore = field(init=False)
    minting: Minting = field(init=False)
    tokens: TokenReconciler = field(init=False)
    watchman: Watchman = field(init=False)
    operator: Operator = field(init=False)

    def __post_init__(self) -> None:
        self.workloads = FakeWorkloads(self.cluster, self.stored_workloads)
        options = OperatorOptions(
            self.policy,
            "pharia",
            self.probe_intervals,
            DELETES_PER_SECOND,
            self.namespaces,
            workloads=self.workload_options,
        )
        parts = assemble(self.ports(), options)
        self.cache, self.handlers, self.schedule = parts.cache, parts.handlers, parts.schedule
        self.queue, self.leader_queue = parts.queue, parts.leader_queue
        self.probes, self.keys, self.tokens = parts.probes, parts.keys, parts.tokens
        self.minting = parts.tokens._minting
        self.watchman = parts.watchman
        self.watchman.objection = ""  # the guards were looked at, for those who call the parts by hand
        self.operator = Operator(parts, self.intervals)

    def ports(self) -> Ports:
        """Its world."""
        return Ports(
            cluster=self.cluster,
            secrets=self.cluster,
            workloads=self.workloads,
            guards=self.guards,
            recorder=self.recorder,
            metrics=self.metrics,
            clock=self.clock,
            entropy=self.entropy,
            hasher=self.hasher,
        )

    def hear(self, change: Change) -> None:
        """An event arrives."""
        cache, item = self.cache, change.object
        match change.type, item:
            case "DELETED", Token():
                cache.remove_token(item.key, item.uid)
            case "DELETED", WorkloadToken():
                cache.remove_workload(item.key, item.uid)
            case _, WorkloadToken():
                cache.apply_workload(item)
            case "DELETED", Credential():
                cache.remove_credential(item.key, item.uid)
            case _, Token():
                cache.apply_event(item)
            case _, Credential():
                cache.apply_credential(item)
