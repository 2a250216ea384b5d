"""Builds an operator from real parts: the one place that knows them all."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pharia_access import __version__
from pharia_access.bootstrap.clocks import SystemClock
from pharia_access.kube.client import Connection, connect
from pharia_access.kube.events import EventRecorder
from pharia_access.kube.gateway import KubeCluster
from pharia_access.kube.lease import KubeLeases
from pharia_access.kube.secrets import KubeSecrets
from pharia_access.services.credential_reconciler import CredentialReconciler
from pharia_access.services.hashing import ThreadedHasher
from pharia_access.services.intake import Intake
from pharia_access.services.keys import Keys
from pharia_access.services.leadership import Elector, Pace
from pharia_access.services.minting import Minting, MintingTools
from pharia_access.services.operator import Operator, Parts, Rhythm
from pharia_access.services.pacer import Pacer
from pharia_access.services.ports import Clock
from pharia_access.services.probes import ProbePace, Probes
from pharia_access.services.reconciler import TokenReconciler
from pharia_access.services.resync import Resync
from pharia_access.services.schedule import Schedule
from pharia_access.services.view import View
from pharia_access.services.work_queue import WorkQueue
from pharia_access.settings.operator import OperatorSettings
from pharia_access.telemetry.metrics import OperatorMetrics

__all__ = ["Application", "Edge", "edge_to", "open_application"]


@dataclass(frozen=True, slots=True)
class Edge:
    """The ways to the API server."""

    cluster: KubeCluster
    secrets: KubeSecrets
    leases: KubeLeases


@dataclass(frozen=True, slots=True)
class Application:
    """An operator with all that runs beside it."""

    operator: Operator
    view: View
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
            namespaces=settings.watch_namespaces,
            timeout_seconds=timeout,
        ),
        secrets=KubeSecrets(connection, namespace=settings.namespace, timeout_seconds=timeout),
        leases=KubeLeases(connection, namespace=settings.namespace, name=settings.lease_name, timeout_seconds=timeout),
    )


@asynccontextmanager
async def open_application(settings: OperatorSettings) -> AsyncIterator[Application]:
    """Connect and build; on leaving, what was opened is closed. Raises SettingsError if no API server is configured."""
    clock = SystemClock()
    metrics = OperatorMetrics(version=__version__, monotonic=clock.monotonic)
    hasher = ThreadedHasher(settings.proof_parameters(), threads=settings.hash_threads, observe=metrics.hashed)
    async with connect(settings.kubeconfig or None, pool_size=settings.workers + 8) as connection:
        edge = edge_to(connection, settings)
        recorder = EventRecorder(connection, instance=settings.identity, clock=clock, on_drop=metrics.event_dropped)
        try:
            yield _assemble(settings, clock, edge, recorder, metrics, hasher, connection)
        finally:
            hasher.close()


def _assemble(  # noqa: PLR0913, PLR0917 - the parts, once
    settings: OperatorSettings,
    clock: Clock,
    edge: Edge,
    recorder: EventRecorder,
    metrics: OperatorMetrics,
    hasher: ThreadedHasher,
    connection: Connection,
) -> Application:
    policy = settings.policy()
    view, queue, schedule = View(), WorkQueue(clock.monotonic), Schedule()
    probes = Probes(clock, _probe_pace(settings))
    intake = Intake(
        view=view, queue=queue, schedule=schedule, probes=probes, policy=policy, clock=clock, metrics=metrics
    )
    keys = Keys(secrets=edge.secrets, entropy=secrets.token_bytes, clock=clock)
    tools = MintingTools(prefix=settings.token_prefix, entropy=secrets.token_bytes, hasher=hasher, keyring=keys.current)
    tokens = TokenReconciler(
        cluster=edge.cluster,
        secrets=edge.secrets,
        minting=Minting(cluster=edge.cluster, secrets=edge.secrets, clock=clock, policy=policy, tools=tools),
        view=view,
        intake=intake,
        probes=probes,
        recorder=recorder,
        metrics=metrics,
        clock=clock,
        policy=policy,
        deletes=Pacer(clock, settings.deletes_per_second),
    )
    parts = Parts(
        view=view,
        queue=queue,
        schedule=schedule,
        probes=probes,
        intake=intake,
        tokens=tokens,
        credentials=CredentialReconciler(
            cluster=edge.cluster, view=view, intake=intake, recorder=recorder, clock=clock
        ),
        resync=Resync(cluster=edge.cluster, view=view, intake=intake, clock=clock, metrics=metrics),
        keys=keys,
        cluster=edge.cluster,
        secrets=edge.secrets,
        clock=clock,
        metrics=metrics,
    )
    return Application(
        operator=Operator(parts, Rhythm(workers=settings.workers, resync=settings.resync_interval)),
        view=view,
        elector=Elector(leases=edge.leases, clock=clock, identity=settings.identity, pace=_pace(settings)),
        recorder=recorder,
        metrics=metrics,
        connection=connection,
        hasher=hasher,
    )


def _pace(settings: OperatorSettings) -> Pace:
    return Pace(
        duration=settings.lease_duration,
        renew_deadline=settings.lease_renew_deadline,
        retry_period=settings.lease_retry_period,
    )


def _probe_pace(settings: OperatorSettings) -> ProbePace:
    return ProbePace(
        first=settings.probe_first, longest=settings.probe_max, per_second=settings.probe_budget_per_second
    )
