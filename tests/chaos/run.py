"""One run: people work and witnesses look on, while faults come from a seed; then peace, and the referee."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pharia_access.errors import ApiError
from pharia_access.kube import paths
from pharia_access.kube.client import Request, connect
from tests.chaos import write_outcomes
from tests.chaos.chaos_cluster import VIEW_BOUND, Replica
from tests.chaos.configurations import delegation
from tests.chaos.disturbances import FAULTS, Fault
from tests.chaos.history import Disturbance, History
from tests.chaos.participants import Participants
from tests.chaos.referee import Bounds, violations
from tests.chaos.settled import Found, unsettled
from tests.chaos.texts import shown_texts
from tools.control_plane.processes import ProcessError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pharia_access.kube.client import Connection
    from tests.chaos.chaos_cluster import ChaosCluster

__all__ = ["BOUNDS", "Outcome", "run"]

BOUNDS = Bounds(at_once=2.0, cut_off=VIEW_BOUND + 2, recovery=VIEW_BOUND + 5)
_SETTLE_SECONDS = 60.0
_LAST_STEPS = 20
# Kubernetes' collector watches as client-go does, which waits up to a minute between its tries if the API server went
# away several times lately. One under leader election would have lost its Lease, and been started anew with a new view.
_COLLECTOR_SECONDS = 10.0
_SHORT_WINDOWS_FROM = 90.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to.

    Attributes:
        waited_for: what was left over when Kubernetes' collector was started anew; mostly nothing.
        failure: why it proves nothing: the control plane or the crowd broke, not the product. Empty if it does.
    """

    seed: int
    history: History
    faults: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    waited_for: list[str] = field(default_factory=list)
    failure: str = ""
    seconds: float = 0.0

    @property
    def deliveries(self) -> int:
        """How many texts were seen in Secrets of WorkloadTokens."""
        return len({kept.token_id for kept in self.history.kept})

    @property
    def answers(self) -> int:
        """How many were judged."""
        return sum(len(life.answers) for life in self.history.lives)


def run(chaos_cluster: ChaosCluster, seed: int, *, seconds: float, faults: Sequence[Fault] = FAULTS) -> Outcome:
    """Play one seed; everything is mended before, and after, unless the run failed."""
    outcome = Outcome(seed, History())
    began = time.monotonic()
    try:
        _play(chaos_cluster, outcome, seconds, faults)
    except (ProcessError, OSError, ApiError, subprocess.TimeoutExpired) as error:
        return replace(outcome, violations=[], failure="\n".join(_broke(chaos_cluster, outcome, error)))
    return replace(outcome, seconds=time.monotonic() - began)


def _broke(chaos_cluster: ChaosCluster, outcome: Outcome, error: Exception) -> list[str]:
    """Why a run proves nothing, with what was done last, and the end of every replica's log."""
    done = [f"{at:.3f} {what}" for at, what in sorted(outcome.history.log)[-_LAST_STEPS:]]
    return [
        f"{type(error).__name__}: {error}",
        "what was done last:",
        *done,
        *map(Replica.log_tail, chaos_cluster.replicas),
    ]


def _play(chaos_cluster: ChaosCluster, outcome: Outcome, seconds: float, faults: Sequence[Fault]) -> None:
    namespace, history = f"chaos-{outcome.seed}", outcome.history
    since = chaos_cluster.control_plane.audit_log.stat().st_size
    made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    chaos_cluster.insist("apply", "--filename=-", stdin=json.dumps(made))
    chaos_cluster.insist("apply", "--filename=-", stdin=json.dumps(delegation(namespace)))
    participants = Participants(
        chaos_cluster, namespace, outcome.seed, history, short_windows=seconds >= _SHORT_WINDOWS_FROM
    )
    with _present(participants):
        _go_wrong(chaos_cluster, outcome, seconds, faults)
        outcome.violations.extend(chaos_cluster.mend())
        participants.rest()
        _read_audit_log(chaos_cluster, namespace, history, since)
        outcome.violations.extend(_settle(chaos_cluster, namespace, outcome))
        outcome.violations.extend(shown_texts(history, _places(chaos_cluster, namespace, since)))
    outcome.violations.extend(violations(history, BOUNDS))
    chaos_cluster.insist("delete", "namespace", namespace, "--wait=false")


@contextmanager
def _present(participants: Participants) -> Iterator[None]:
    try:
        participants.start()
        yield
    finally:
        participants.stop()


def _go_wrong(chaos_cluster: ChaosCluster, outcome: Outcome, seconds: float, faults: Sequence[Fault]) -> None:
    rng = random.Random(outcome.seed)  # noqa: S311 - to be played again
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        time.sleep(rng.uniform(0.2, 1.5))
        chaos_cluster.revive()
        began = time.monotonic()
        happened = rng.choice(faults)(chaos_cluster, rng)
        outcome.history.disturbances.append(Disturbance(began, time.monotonic(), happened.whom))
        outcome.history.note(began, happened.what)
        outcome.faults.append(happened.what)


def _settle(chaos_cluster: ChaosCluster, namespace: str, outcome: Outcome) -> list[str]:
    """What is still wrong a good while after peace came."""
    began = time.monotonic()
    while True:
        left = asyncio.run(_unsettled(chaos_cluster, namespace, outcome.history))
        patience = time.monotonic() - began
        if not left or patience > _SETTLE_SECONDS:
            return left
        if patience > _COLLECTOR_SECONDS and not outcome.waited_for:
            outcome.waited_for.extend(left)
            chaos_cluster.control_plane.restart_controllers()
        chaos_cluster.revive()
        time.sleep(0.3)


async def _unsettled(chaos_cluster: ChaosCluster, namespace: str, history: History) -> list[str]:
    async with connect(str(chaos_cluster.control_plane.kubeconfig), pool_size=2) as connection:
        kinds = [paths.of_kind(plural, namespace) for plural in ("apitokens", "workloadtokens")]
        try:
            tokens, workloads, secrets = [
                await _items(connection, path) for path in (*kinds, paths.of_secret(namespace))
            ]
        except ApiError as error:
            return [f"the API server does not answer: {error}"]
    found = Found(tokens, secrets, time.monotonic(), datetime.now(UTC), workloads)
    return unsettled(found, history, verifiers=[verifier.name for verifier in chaos_cluster.verifiers])


async def _items(connection: Connection, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads(await connection.send(Request("GET", path, 5)))["items"]
    return items


def _places(chaos_cluster: ChaosCluster, namespace: str, since: int) -> dict[str, str]:
    """Where a text may not be: what was said of the run."""
    logs = {replica.name: replica.log() for replica in chaos_cluster.replicas}
    with chaos_cluster.control_plane.audit_log.open(encoding="utf-8", errors="replace") as lines:
        lines.seek(since)
        audit_log = lines.read()
    kinds = "apitokens,workloadtokens,apicredentials,events"
    objects = chaos_cluster.control_plane.kubectl("get", kinds, f"--namespace={namespace}", "--output=json")
    return {**logs, "the audit log": audit_log, "an object or an Event": objects.stdout}


def _read_audit_log(chaos_cluster: ChaosCluster, namespace: str, history: History, since: int) -> None:
    words = (f'"namespace":"{namespace}"', '"apiGroup":"access.pharia.ai"')
    events = chaos_cluster.control_plane.audit_events(*words, since=since)
    write_outcomes.complete(history, events, ahead=time.time() - time.monotonic())
