"""One run of a WorkloadToken's life: one or two leaders, people and faults, interleaved at every API call.

The operators are the real ones, on a fake API server. A leader that waits for its turn stands still, for an hour if so
much passes. See `workload_judgement` for what must hold.
"""

import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from pharia_access.domain.lifecycle.workload.timing import LOSS_WAIT
from pharia_access.domain.model import Policy
from pharia_access.services.operator.operator import OperatorIntervals
from pharia_access.services.operator.workloads.surroundings import WorkloadOptions
from tests.support.fakes.cluster import FakeCluster
from tests.support.fakes.replica import Replica
from tests.support.fakes.store import FakeStore
from tests.support.fakes.stored_workloads import StoredWorkloads
from tests.support.simulation.interleaver import Interleaver
from tests.support.simulation.simulated_run import Outcome, Simulation
from tests.support.simulation.workload_judgement import WorkloadReferee
from tests.support.simulation.workload_people import WorkloadPeople

__all__ = ["WorkloadSimulation", "simulate_workload"]


PASSES = {
    **dict.fromkeys(("read_keyring", "list_roles", "list_credentials", "list_workloads", "list_tokens"), 0.9),
    **dict.fromkeys(("write_credential_status", "write_token_status", "read_credential", "read_token"), 0.9),
    **dict.fromkeys(("create_one_time_secret", "inspect_secret", "read_workload", "look", "try_child"), 0.7),
}
"""How often a call need not wait for its turn: those by which nothing is given, made or delivered mostly need not."""

STALLS, RESUMES = 0.3, 0.01
"""How often a leader stands still before it writes the Secret, or before it hears the answer; how often it goes on."""


@dataclass(slots=True)
class WorkloadSimulation(Simulation):
    """Build it with a seed, `run` it once."""

    WEIGHTS: ClassVar[dict[str, int]] = {"answer": 16, "hear": 8, "act": 2, "read": 0, "collect": 1, "wait": 3}
    CALM_SECONDS: ClassVar[float] = LOSS_WAIT.longest + 1400
    """Longer than the longest wait after a loss, and than the longest time between two looks at the Secret."""

    workloads: StoredWorkloads = field(init=False)
    referee: WorkloadReferee = field(init=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)  # noqa: S311 - repeatable on purpose
        self.interleaver = Interleaver(self.rng, PASSES)
        self.store = FakeStore(self.clock.now)
        self.workloads = StoredWorkloads(self.store)
        self.people = WorkloadPeople(self.store, self.workloads, self.rng, self.clock)
        self.referee = WorkloadReferee(self.store, self.workloads, self.people.ended)
        self.steps_left = self.rng.randrange(200, 900)

    def _violations(self) -> tuple[str, ...]:
        self.counts["rotations"] = len(self.workloads.writes)
        return tuple(self.referee.violations(self.clock.now(), asked_at=self.asked_at()))

    def asked_at(self) -> int:
        """The last number that had been given when somebody last asked for another."""
        return self.people.asked_at if isinstance(self.people, WorkloadPeople) else 0

    def _replica(self, cluster: FakeCluster) -> Replica:
        return Replica(
            cluster=cluster,
            clock=self.clock,
            policy=Policy(),
            entropy=self._entropy(),
            intervals=OperatorIntervals(workers=2, resync=timedelta(seconds=600)),
            workload_options=WorkloadOptions(settle=timedelta(seconds=1)),
            stored_workloads=self.workloads,
        )

    def _shape(self) -> object:
        workload = [*self.store.workloads.values()]
        return workload, [(token.uid, token.status) for token in self.store.tokens.values()]

    def _answer(self) -> bool:
        """As any call; but a leader may stand still where it writes the Secret, long enough for others to go on."""
        if self.rng.random() < STALLS:
            for verb in ("create_kept", "replace_kept"):
                if (name := self.interleaver.stall(verb)) is not None:
                    return self._note("stall", name)
        if self.rng.random() < RESUMES:
            self.interleaver.resume()
        return Simulation._answer(self)

    def _on_idle(self) -> bool:
        self.referee.look(self.clock.now())
        return Simulation._on_idle(self)


def simulate_workload(seed: int) -> Outcome:
    """One run."""
    return WorkloadSimulation(seed).run()
