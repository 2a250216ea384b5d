"""Builds an operator's parts: `bootstrap` on the real API server, tests on fakes."""

from dataclasses import dataclass, field
from datetime import timedelta

from pharia_access.domain.model import Policy
from pharia_access.services.keyring_store import KeyringStore
from pharia_access.services.operator.cluster_cache import ClusterCache
from pharia_access.services.operator.counting import Counting
from pharia_access.services.operator.credential_lookup import CredentialLookup
from pharia_access.services.operator.credential_reconciler import CredentialReconciler
from pharia_access.services.operator.dispatch import Dispatch
from pharia_access.services.operator.event_handlers import EventHandlers
from pharia_access.services.operator.guards import LONGEST_INTERVAL, Watchman
from pharia_access.services.operator.leader_queue import LeaderQueue
from pharia_access.services.operator.minting import Minting
from pharia_access.services.operator.operator import Parts
from pharia_access.services.operator.places import Places
from pharia_access.services.operator.ports import Ports
from pharia_access.services.operator.probes import ProbeIntervals, Probes
from pharia_access.services.operator.resync import Resync
from pharia_access.services.operator.schedule import Schedule
from pharia_access.services.operator.scopes import Scopes
from pharia_access.services.operator.token_reconciler import TokenReconciler
from pharia_access.services.operator.withdrawals import Withdrawals
from pharia_access.services.operator.work_queue import WorkQueue
from pharia_access.services.operator.workloads.collecting import Collecting
from pharia_access.services.operator.workloads.keeper import WorkloadKeeper
from pharia_access.services.operator.workloads.surroundings import Surroundings, WorkloadOptions
from pharia_access.services.rate_limiter import RateLimiter

__all__ = ["OperatorOptions", "assemble"]


@dataclass(frozen=True, slots=True)
class OperatorOptions:
    """The settings of the parts, as values: services know no settings, and tests choose each value."""

    policy: Policy
    token_prefix: str
    probe_intervals: ProbeIntervals
    deletes_per_second: float
    namespaces: tuple[str, ...] = ()
    """The only ones that are watched; none stands for all."""
    require_guards: bool = True
    """Whether nothing is minted while the admission policies do not hold."""
    workloads: WorkloadOptions = field(default_factory=WorkloadOptions)
    look_interval: timedelta = LONGEST_INTERVAL
    """How often it is looked whether they do."""


def assemble(ports: Ports, options: OperatorOptions) -> Parts:
    """Build parts that know each other, with an empty cache and an empty queue."""
    clock, policy = ports.clock, options.policy
    queue = WorkQueue(clock.monotonic, may_mint=lambda work: work.kind == "token" and cache.tokens.is_pending(work.key))
    cache = ClusterCache(queue.processing)
    leader_queue = LeaderQueue(queue, cache)
    schedule, probes = Schedule(), Probes(clock, options.probe_intervals)
    places = Places(cache.tokens, clock.monotonic)
    handlers = EventHandlers(
        ports, cache=cache, places=places, queue=leader_queue, schedule=schedule, probes=probes, policy=policy
    )
    cache.subscribe(handlers)
    keys = KeyringStore(secrets=ports.secrets, entropy=ports.entropy, clock=clock)
    minting = Minting(
        ports, policy=policy, prefix=options.token_prefix, keyring=keys.current, holds_back=queue.holds_back
    )
    deletes = RateLimiter(clock, options.deletes_per_second)
    withdrawals = Withdrawals(ports, minting=minting, probes=probes)
    watchman = Watchman(
        ports, cache=cache, queue=leader_queue, required=options.require_guards, interval=options.look_interval
    )
    scopes = Scopes(options.namespaces, queue=queue, clock=clock, metrics=ports.metrics)
    around = Surroundings(
        cache,
        policy=policy,
        options=options.workloads,
        guards_objection=lambda: watchman.objection,
    )
    workloads = WorkloadKeeper(
        ports,
        cache=cache,
        queue=leader_queue,
        scopes=scopes,
        deletes=deletes,
        around=around,
        collecting=Collecting(ports, handlers.on_secret_collected),
        probes=Probes(clock, options.probe_intervals),
    )
    tokens = TokenReconciler(
        ports,
        minting=minting,
        counting=Counting(ports.cluster, cache=cache, places=places, handlers=handlers, queue=leader_queue),
        lookup=CredentialLookup(ports, cache=cache, scopes=scopes, policy=policy),
        scopes=scopes,
        cache=cache,
        handlers=handlers,
        queue=leader_queue,
        withdrawals=withdrawals,
        deletes=deletes,
        watchman=watchman,
    )
    credentials = CredentialReconciler(ports, cache)
    dispatch = Dispatch(
        ports, cache, tokens=tokens, credentials=credentials, workloads=workloads, withdrawals=withdrawals
    )
    return Parts(
        ports=ports,
        cache=cache,
        queue=queue,
        leader_queue=leader_queue,
        schedule=schedule,
        probes=probes,
        tokens=tokens,
        credentials=credentials,
        resync=Resync(ports, cache),
        keys=keys,
        handlers=handlers,
        withdrawals=withdrawals,
        scopes=scopes,
        watchman=watchman,
        workloads=workloads,
        dispatch=dispatch,
    )
