"""An operator, or only its elector, on a fake cluster: faults are scripted, calls are written down with their times."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from pharia_access.domain.model import ObjectKey, Token
from pharia_access.services.operator.leadership import Elector, LeaseTimings
from pharia_access.services.operator.operator import Operator, OperatorIntervals
from tests.support.builders.domain_objects import CREDENTIAL, a_credential, a_role, a_token
from tests.support.fakes.cluster import FakeCluster
from tests.support.fakes.replica import Replica
from tests.support.fakes.scripted_faults import Call, Fault, Faults, no_faults
from tests.support.fakes.store import FakeStore
from tests.support.fakes.virtual_time import FakeClock

__all__ = ["LATEST", "SOONEST", "Candidate", "Diary", "LiveOperatorHarness"]

RESYNC = timedelta(minutes=15)
SOONEST, LATEST = 0.9 * 900, 1.1 * 900
"""When the second list may begin, in seconds."""


@dataclass(slots=True)
class Diary:
    """Keeps every call with its time, then asks `faults` what becomes of it."""

    clock: FakeClock
    faults: Faults = no_faults
    entries: list[tuple[float, Call]] = field(default_factory=list)

    def __call__(self, call: Call) -> Fault | None:
        self.entries.append((round(self.clock.monotonic(), 3), call))
        return self.faults(call)

    def times(self, verb: str, target: object = None) -> list[float]:
        """When this was called, of that object if one is named."""
        return [at for at, call in self.entries if call.verb == verb and target in {None, call.target}]

    def writes(self) -> list[str]:
        """The verbs of all that may have changed something."""
        return [call.verb for _, call in self.entries if call.writes]


@dataclass(slots=True)
class LiveOperatorHarness:
    """One operator, its cluster and its time. There is a credential and its role, and no token."""

    clock: FakeClock
    faults: Faults = no_faults
    workers: int = 2
    namespaces: tuple[str, ...] = ()
    store: FakeStore = field(init=False)
    diary: Diary = field(init=False)
    replica: Replica = field(init=False)

    def __post_init__(self) -> None:
        self.store = FakeStore(self.clock.now)
        self.store.roles["studio-user"] = a_role()
        self.store.apply_credential(a_credential())
        self.diary = Diary(self.clock, self.faults)
        cluster = FakeCluster(self.store, faults=self.diary)
        intervals = OperatorIntervals(self.workers, RESYNC)
        self.replica = Replica(cluster=cluster, clock=self.clock, intervals=intervals, namespaces=self.namespaces)

    def another(self) -> "LiveOperatorHarness":
        """A second operator on the same cluster."""
        other = LiveOperatorHarness(self.clock)
        other.store = other.replica.cluster.store = self.store
        return other

    @property
    def operator(self) -> Operator:
        """What the stage is for."""
        return self.replica.operator

    def create(self, *names: str, ttl: timedelta | None = None) -> Token:
        """Have tokens of these names; returns the last."""
        made = [self.store.apply_token(a_token(ObjectKey(CREDENTIAL.namespace, name), ttl=ttl)) for name in names]
        return made[-1]

    def create_in(self, namespace: str, *names: str) -> None:
        """Have tokens of these names in another namespace, under a credential there."""
        credential = ObjectKey(namespace, CREDENTIAL.name)
        if credential not in self.store.credentials:
            self.store.apply_credential(a_credential(credential))
        for name in names:
            self.store.apply_token(a_token(ObjectKey(namespace, name)))

    def phases(self) -> dict[str, str | None]:
        """The phase of each token, by its name."""
        return {key.name: token.status.phase for key, token in self.store.tokens.items()}

    def deliveries(self) -> dict[str, str | None]:
        """Where the one-time Secret of each token is, by the token's name."""
        states = {key.name: token.status.delivery for key, token in self.store.tokens.items()}
        return {name: None if delivery is None else delivery.state for name, delivery in states.items()}

    @asynccontextmanager
    async def leading(self) -> AsyncIterator[None]:
        """The operator leads meanwhile, and must not have ended by itself."""
        task = asyncio.create_task(self.operator.run_leader())
        yield
        ended = task.done()
        task.cancel()
        outcome = await asyncio.gather(task, return_exceptions=True)
        assert not ended, f"the operator ended by itself: {outcome[0]!r}"


@dataclass(slots=True)
class Candidate:
    """One elector, its Lease and its time."""

    clock: FakeClock
    faults: Faults = no_faults
    timings: LeaseTimings = field(default_factory=LeaseTimings)
    store: FakeStore = field(init=False)
    diary: Diary = field(init=False)
    cluster: FakeCluster = field(init=False)
    elector: Elector = field(init=False)

    def __post_init__(self) -> None:
        self.store = FakeStore(self.clock.now)
        self.diary = Diary(self.clock, self.faults)
        self.cluster = FakeCluster(self.store, faults=self.diary)
        self.elector = Elector(leases=self.cluster, clock=self.clock, identity="us", timings=self.timings)

    @property
    def holder(self) -> str | None:
        """Whom the Lease names, None where there is no Lease."""
        return None if self.store.lease is None else self.store.lease.holder

    async def seconds(self, step: Literal["acquire", "hold", "release"], *, at_most: float = 600) -> float | None:
        """How long this step takes, None if it does not end in time."""
        began = self.clock.monotonic()
        try:
            await asyncio.wait_for(getattr(self.elector, step)(), at_most)
        except TimeoutError:
            return None
        return round(self.clock.monotonic() - began, 2)
