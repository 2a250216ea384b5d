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
from pharia_access.kube.operator.workloads import KubeWorkloads
from pharia_access.kube.secrets import KubeSecrets
from pharia_access.services.operator.assembly import OperatorOptions, assemble
from pharia_access.services.operator.hashing import ThreadedHasher
from pharia_access.services.operator.leadership import Elector, LeaseTimings
from pharia_access.services.operator.operator import Operator, OperatorIntervals
from pharia_access.services.operator.ports import Ports
from pharia_access.services.operator.probes import ProbeIntervals
from pharia_access.services.operator.workloads.surroundings import WorkloadOptions
from pharia_access.settings.operator import OperatorSettings
from pharia_access.telemetry.metrics import OperatorMetrics

__all__ = ["Application", "cluster_of", "open_application", "secrets_of", "workloads_of"]


@dataclass(frozen=True, slots=True)
class Application:
    """An operator with all that runs beside it."""

    operator: Operator
    elector: Elector
    recorder: EventRecorder
    metrics: OperatorMetrics
    connection: Connection
    hasher: ThreadedHasher


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
        ports = Ports(
            cluster=cluster_of(connection, settings),
            secrets=secrets_of(connection, settings),
            workloads=workloads_of(connection, settings),
            guards=_guards(connection, settings),
            recorder=recorder,
            metrics=metrics,
            clock=clock,
            entropy=secrets.token_bytes,
            hasher=hasher,
        )
        parts = assemble(ports, _options(settings))
        try:
            yield Application(
                operator=Operator(parts, OperatorIntervals(workers=settings.workers, resync=settings.resync_interval)),
                elector=_elector(connection, settings, clock),
                recorder=recorder,
                metrics=metrics,
                connection=connection,
                hasher=hasher,
            )
        finally:
            hasher.close()


def cluster_of(connection: Connection, settings: OperatorSettings) -> KubeCluster:
    """Return the port to our kinds."""
    timeout = settings.request_timeout.total_seconds()
    return KubeCluster(connection, default_window=settings.default_window, timeout_seconds=timeout)


def secrets_of(connection: Connection, settings: OperatorSettings) -> KubeSecrets:
    """Return the port to one-time Secrets and the keyring."""
    timeout = settings.request_timeout.total_seconds()
    return KubeSecrets(connection, namespace=settings.namespace, timeout_seconds=timeout)


def workloads_of(connection: Connection, settings: OperatorSettings) -> KubeWorkloads:
    """Return the port to WorkloadTokens and what belongs to them."""
    timeout = settings.request_timeout.total_seconds()
    return KubeWorkloads(connection, default_window=settings.default_window, timeout_seconds=timeout)


def _guards(connection: Connection, settings: OperatorSettings) -> KubeGuards:
    timeout = settings.request_timeout.total_seconds()
    return KubeGuards(
        connection, namespace=settings.namespace, account=settings.service_account, timeout_seconds=timeout
    )


def _elector(connection: Connection, settings: OperatorSettings, clock: SystemClock) -> Elector:
    timeout = settings.request_timeout.total_seconds()
    leases = KubeLeases(connection, namespace=settings.namespace, name=settings.lease_name, timeout_seconds=timeout)
    timings = LeaseTimings(
        duration=settings.lease_duration,
        renew_deadline=settings.lease_renew_deadline,
        retry_period=settings.lease_retry_period,
    )
    return Elector(leases=leases, clock=clock, identity=settings.identity, timings=timings)


def _options(settings: OperatorSettings) -> OperatorOptions:
    return OperatorOptions(
        policy=settings.policy(),
        token_prefix=settings.token_prefix,
        probe_intervals=ProbeIntervals(
            first=settings.probe_first, longest=settings.probe_max, per_second=settings.probe_budget_per_second
        ),
        deletes_per_second=settings.deletes_per_second,
        namespaces=settings.watch_namespaces,
        require_guards=settings.require_guards,
        workloads=WorkloadOptions(settle=settings.settle, refuse_issued_before=settings.refuse_issued_before),
        look_interval=settings.resync_interval,
    )
