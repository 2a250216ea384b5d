"""One run: people work and witnesses look on, while faults come from a seed; then peace, and the referee."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pharia_access.errors import ApiError
from pharia_access.kube import paths
from pharia_access.kube.client import Call, connect
from tests.chaos.faults import FAULTS
from tests.chaos.history import Disturbance, History
from tests.chaos.people import People
from tests.chaos.referee import Bounds, violations
from tests.chaos.settled import unsettled
from tests.chaos.stage import VIEW_BOUND
from tests.chaos.witnesses import ask, watch
from tests.support.processes import ProcessError

if TYPE_CHECKING:
    from pharia_access.kube.client import Connection
    from tests.chaos.stage import Stage

__all__ = ["Outcome", "run"]

BOUNDS = Bounds(at_once=2.0, cut_off=VIEW_BOUND + 2, recovery=VIEW_BOUND + 5)
_SETTLE_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to."""

    seed: int
    faults: list[str]
    violations: list[str]
    tokens: int
    answers: int
    history: History


def run(stage: Stage, seed: int, *, seconds: float) -> Outcome:
    """Play one seed; everything is mended before, and after."""
    namespace = f"chaos-{seed}"
    stage.control_plane.kubectl("create", "namespace", namespace)
    rng, history = random.Random(seed), History()  # noqa: S311 - to be played again
    crowd = _Crowd(stage, namespace, seed, history)
    crowd.start()
    faults = _faults(stage, rng, history, seconds)
    stage.mend()
    crowd.rest()
    left = _settle(stage, namespace, history)
    crowd.stop()
    stage.control_plane.kubectl("delete", "namespace", namespace, "--wait=false")
    answers = sum(len(life.answers) for life in history.lives)
    broken = [*violations(history, BOUNDS), *left, *crowd.failures]
    return Outcome(seed, faults, broken, len(history.lives), answers, history)


def _faults(stage: Stage, rng: random.Random, history: History, seconds: float) -> list[str]:
    told: list[str] = []
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        time.sleep(rng.uniform(0.2, 1.5))
        began = time.monotonic()
        happened = rng.choice(FAULTS)(stage, rng)
        history.disturbances.append(Disturbance(began, time.monotonic(), happened.whom))
        history.note(began, happened.what)
        told.append(happened.what)
    return told


def _settle(stage: Stage, namespace: str, history: History) -> list[str]:
    """What is still wrong a good while after peace came."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while True:
        left = asyncio.run(_unsettled(stage, namespace, history))
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.5)


async def _unsettled(stage: Stage, namespace: str, history: History) -> list[str]:
    async with connect(str(stage.control_plane.kubeconfig), pool_size=2) as connection:
        lists = [paths.of_kind("apitokens", namespace), paths.of_secret(namespace)]
        try:
            tokens, secrets = [await _items(connection, path) for path in lists]
        except ApiError as error:
            return [f"the API server does not answer: {error}"]
    return unsettled(tokens, secrets, history, now=time.monotonic(), replicas=[v.name for v in stage.verifiers])


async def _items(connection: Connection, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads(await connection.send(Call("GET", path, 5)))["items"]
    return items


class _Crowd:
    """People and witnesses, in a thread with a loop of their own."""

    def __init__(self, stage: Stage, namespace: str, seed: int, history: History) -> None:
        self.failures: list[str] = []
        self._stage = stage
        self._namespace = namespace
        self._seed = seed
        self._history = history
        self._loop = asyncio.new_event_loop()
        self._resting, self._ended = asyncio.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._live, name="crowd", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def rest(self) -> None:
        """Change nothing more; what can be collected is, and questions go on."""
        self._loop.call_soon_threadsafe(self._resting.set)

    def stop(self) -> None:
        """End."""
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(30)
        if self._thread.is_alive():
            message = "the crowd does not end"
            raise ProcessError(message)

    def _live(self) -> None:
        try:
            self._loop.run_until_complete(self._all())
        except Exception as error:  # noqa: BLE001 - a run whose witnesses died proves nothing
            self.failures.append(f"the run itself failed: {error!r}")
        finally:
            self._loop.close()

    async def _all(self) -> None:
        async with connect(str(self._stage.control_plane.kubeconfig), pool_size=16) as connection:
            rng = random.Random(f"people {self._seed}")  # noqa: S311 - the same
            people = People(connection, self._namespace, self._history, rng)
            await people.prepare()
            async with asyncio.TaskGroup() as tasks:
                for _ in range(2):
                    tasks.create_task(people.work(self._resting))
                tasks.create_task(people.collect(self._ended))
                tasks.create_task(watch(connection, self._namespace, self._history, self._ended))
                for verifier in self._stage.verifiers:
                    tasks.create_task(ask(verifier, self._history, self._ended))
