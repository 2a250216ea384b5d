"""Builds an operator from real parts: the one place that knows them all."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pharia_access import __version__
from pharia_access.bootstrap.clocks import SystemClock
from pharia_access.kube.client import Connection, connect
from pharia_access.kube.gateway import KubeCluster
from pharia_access.kube.operator.events import EventRecorder
from pharia_access.kube.operator.guards import KubeGuards
from pharia_access.kube.operator.lease import KubeLeases
from pharia_access.kube.secrets import KubeSecrets
from pharia_access.services.operator.assembly import OperatorOptions, assemble
from pharia_access.services.operator.hashing import ThreadedHasher
from pharia_access.services.operator.leadership import Elector, LeaseTimings
from pharia_access.services.operator.operator import Operator, OperatorIntervals
from pharia_access.services.operator.probes import ProbeIntervals
from pharia_access.services.ports import Ports
from pharia_access.settings.operator import OperatorSettings
from pharia_access.telemetry.metrics import OperatorMetrics

__all__ = ["Application", "Edge", "edge_to", "open_application"]


@dataclass(frozen=True, slots=True)
class Edge:
    """The ways to the API server."""

    cluster: KubeCluster
    secrets: KubeSecrets
    leases: KubeLeases
    guards: KubeGuards


@dataclass(frozen=True, slots=True)
class Application:
    """An operator with all that runs beside it."""

    operator: Operator
    elector: Elector
    recorder: EventRecorder
    metrics: OperatorMetrics
    connection: Connection
    hasher: ThreadedHasher


def edge_to(connection: Connection, settings: OperatorSettings) -> Edge:
    """The API server's answers to the ports."""
    timeout = settings.request_timeout.total_seconds()
    return Edge(
        cluster=KubeCluster(
            connection,
            default_window=settings.default_window,
            timeout_seconds=timeout,
        ),
        secrets=KubeSecrets(connection, namespace=settings.namespace, timeout_seconds=timeout),
        leases=KubeLeases(connection, namespace=settings.namespace, name=settings.lease_name, timeout_seconds=timeout),
        guards=KubeGuards(
            connection,
            namespace=settings.namespace,
            account=settings.service_account,
            timeout_seconds=timeout,
        ),
    )


@asynccontextmanager
async def open_application(settings: OperatorSettings) -> AsyncIterator[Application]:
    """Connect and build; on leaving, what was opened is closed. Raises SettingsError if no API server is configured."""
    clock = SystemClock()
    metrics = OperatorMetrics(version=__version__, monotonic=clock.monotonic)
    hasher = ThreadedHasher(settings.argon2_parameters(), threads=settings.hash_threads, observe=metrics.hashed)
    # A list that hangs, in each namespace, must leave the workers theirs.
    pool = settings.workers + 8 + len(settings.watch_namespaces)
    async with connect(settings.kubeconfig or None, pool_size=pool) as connection:
        recorder = EventRecorder(connection, instance=settings.identity, clock=clock, on_drop=metrics.event_dropped)
        outside = _Outside(connection, edge_to(connection, settings), clock, metrics, recorder, hasher)
        try:
            yield _application(settings, outside)
        finally:
            hasher.close()


@dataclass(frozen=True, slots=True)
class _Outside:
    """What was opened, and what reports to people."""

    connection: Connection
    edge: Edge
    clock: SystemClock
    metrics: OperatorMetrics
    recorder: EventRecorder
    hasher: ThreadedHasher

    def ports(self) -> Ports:
        return Ports(
            cluster=self.edge.cluster,
            secrets=self.edge.secrets,
            guards=self.edge.guards,
            recorder=self.recorder,
            metrics=self.metrics,
            clock=self.clock,
            entropy=secrets.token_bytes,
            hasher=self.hasher,
        )


def _application(settings: OperatorSettings, outside: _Outside) -> Application:
    parts = assemble(outside.ports(), _choices(settings))
    leases, clock = outside.edge.leases, outside.clock
    return Application(
        operator=Operator(parts, OperatorIntervals(workers=settings.workers, resync=settings.resync_interval)),
        elector=Elector(leases=leases, clock=clock, identity=settings.identity, pace=_pace(settings)),
        recorder=outside.recorder,
        metrics=outside.metrics,
        connection=outside.connection,
        hasher=outside.hasher,
    )


def _choices(settings: OperatorSettings) -> OperatorOptions:
    return OperatorOptions(
        policy=settings.policy(),
        token_prefix=settings.token_prefix,
        probe_pace=ProbeIntervals(
            first=settings.probe_first, longest=settings.probe_max, per_second=settings.probe_budget_per_second
        ),
        deletes_per_second=settings.deletes_per_second,
        namespaces=settings.watch_namespaces,
        require_guards=settings.require_guards,
        look_interval=settings.resync_interval,
    )


def _pace(settings: OperatorSettings) -> LeaseTimings:
    return LeaseTimings(
        duration=settings.lease_duration,
        renew_deadline=settings.lease_renew_deadline,
        retry_period=settings.lease_retry_period,
    )
