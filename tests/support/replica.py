"""One replica of the operator with all its real parts, on fakes at the edges."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from pharia_access.domain.model import Credential, Policy, Token
from pharia_access.services.credential_reconciler import CredentialReconciler
from pharia_access.services.intake import Intake
from pharia_access.services.keys import Keys
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
from tests.support.fake_cluster import FakeCluster
from tests.support.fake_records import Change
from tests.support.fakes import CheapHasher, FakeMetrics, FakeRecorder, seeded_entropy

__all__ = ["Replica"]

DELETES_PER_SECOND = 20.0


@dataclass(slots=True)
class Replica:
    """Built anew after a crash: nothing in it survives but the cluster."""

    cluster: FakeCluster
    clock: Clock
    policy: Policy = field(default_factory=Policy)
    entropy: Callable[[int], bytes] = field(default_factory=seeded_entropy)
    rhythm: Rhythm = field(default_factory=lambda: Rhythm(workers=2, resync=timedelta(minutes=15)))
    pace: ProbePace = field(default_factory=ProbePace)
    recorder: FakeRecorder = field(default_factory=FakeRecorder)
    metrics: FakeMetrics = field(default_factory=FakeMetrics)
    view: View = field(default_factory=View)
    schedule: Schedule = field(default_factory=Schedule)
    queue: WorkQueue = field(init=False)
    probes: Probes = field(init=False)
    intake: Intake = field(init=False)
    keys: Keys = field(init=False)
    minting: Minting = field(init=False)
    tokens: TokenReconciler = field(init=False)
    operator: Operator = field(init=False)

    def __post_init__(self) -> None:
        cluster, clock, view, policy = self.cluster, self.clock, self.view, self.policy
        self.queue = WorkQueue(clock.monotonic)
        self.probes = Probes(clock, self.pace)
        self.intake = Intake(
            view=view,
            queue=self.queue,
            schedule=self.schedule,
            probes=self.probes,
            policy=policy,
            clock=clock,
            metrics=self.metrics,
        )
        self.keys = Keys(secrets=cluster, entropy=self.entropy, clock=clock)
        tools = MintingTools("pharia", self.entropy, CheapHasher(), self.keys.current)
        self.minting = Minting(cluster=cluster, secrets=cluster, clock=clock, policy=policy, tools=tools)
        self.tokens = TokenReconciler(
            cluster=cluster,
            secrets=cluster,
            minting=self.minting,
            view=view,
            intake=self.intake,
            probes=self.probes,
            recorder=self.recorder,
            metrics=self.metrics,
            clock=clock,
            policy=policy,
            deletes=Pacer(clock, DELETES_PER_SECOND),
        )
        self.operator = Operator(self._parts(), self.rhythm)

    def hear(self, change: Change) -> None:
        """An event arrives."""
        intake, item = self.intake, change.object
        match change.type, item:
            case "DELETED", Token():
                intake.token_gone(item.key, item.uid)
            case "DELETED", Credential():
                intake.credential_gone(item.key, item.uid)
            case _, Token():
                intake.token_seen(item)
            case _, Credential():
                intake.credential_seen(item)

    def _parts(self) -> Parts:
        return Parts(
            view=self.view,
            queue=self.queue,
            schedule=self.schedule,
            probes=self.probes,
            intake=self.intake,
            tokens=self.tokens,
            credentials=CredentialReconciler(
                cluster=self.cluster,
                view=self.view,
                intake=self.intake,
                recorder=self.recorder,
                clock=self.clock,
            ),
            resync=Resync(
                cluster=self.cluster,
                view=self.view,
                intake=self.intake,
                clock=self.clock,
                metrics=self.metrics,
            ),
            keys=self.keys,
            cluster=self.cluster,
            secrets=self.cluster,
            clock=self.clock,
            metrics=self.metrics,
        )
