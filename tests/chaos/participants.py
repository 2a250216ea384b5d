"""People and witnesses of a run, in a thread with an event loop of their own."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from typing import TYPE_CHECKING

from pharia_access.kube.client import connect
from tests.chaos.history import EVERYBODY, LATE
from tests.chaos.token_users import TokenUsers
from tests.chaos.witnesses import ask, watch
from tests.chaos.workload_users import WorkloadUsers
from tools.control_plane.processes import ProcessError, wait_until

if TYPE_CHECKING:
    from tests.chaos.chaos_cluster import ChaosCluster
    from tests.chaos.history import History

__all__ = ["Participants"]


_SECONDS = 30.0
_FIRST_LIVES = 8
_PULSE = 0.1


class Participants:
    """`start`, `rest` when peace comes, `stop`."""

    def __init__(
        self, chaos_cluster: ChaosCluster, namespace: str, seed: int, history: History, *, short_windows: bool
    ) -> None:
        self._chaos_cluster = chaos_cluster
        self._namespace = namespace
        self._seed = seed
        self._history = history
        self._short_windows = short_windows
        self._failure: Exception | None = None
        self._loop = asyncio.new_event_loop()
        self._resting, self._ended = asyncio.Event(), asyncio.Event()
        self._at_rest = threading.Event()
        self._thread = threading.Thread(target=self._live, name="crowd", daemon=True)

    def start(self) -> None:
        """Begin; on return there are tokens to ask about. Raises ProcessError."""
        self._thread.start()
        wait_until(
            lambda: len(self._history.lives) >= _FIRST_LIVES or not self._thread.is_alive(),
            what=f"{_FIRST_LIVES} tokens are collected before anything goes wrong",
            timeout=_SECONDS,
        )

    def rest(self) -> None:
        """Change nothing more, from the return on; what can be collected is, and questions go on."""
        self._tell(self._resting)
        if not self._at_rest.wait(_SECONDS):
            message = "the people do not come to rest"
            raise ProcessError(message)

    def stop(self) -> None:
        """End. Raises ProcessError if somebody fell over: then the run proves nothing."""
        self._tell(self._resting, self._ended)
        self._thread.join(_SECONDS)
        if self._thread.is_alive():
            message = "the crowd does not end"
            raise ProcessError(message)
        if self._failure is not None:
            message = f"the crowd fell over: {self._failure!r}"
            raise ProcessError(message) from self._failure

    def _tell(self, *events: asyncio.Event) -> None:
        for event in events:
            if self._thread.is_alive():
                self._loop.call_soon_threadsafe(event.set)

    def _live(self) -> None:
        try:
            self._loop.run_until_complete(self._all())
        except Exception as error:  # noqa: BLE001 - told by `stop`
            self._failure = error
        finally:
            self._at_rest.set()
            self._loop.close()

    async def _all(self) -> None:
        async with connect(str(self._chaos_cluster.control_plane.kubeconfig), pool_size=16) as connection:
            rng = random.Random(f"people {self._seed}")  # noqa: S311 - to be played again
            people = TokenUsers(connection, self._namespace, self._history, rng, short_windows=self._short_windows)
            around = WorkloadUsers(people, random.Random(f"workloads {self._seed}"))  # noqa: S311 - to be played again
            await people.prepare()
            await around.prepare()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._work(people, around))
                tasks.create_task(self._feel_the_pulse())
                tasks.create_task(people.collect(self._ended))
                tasks.create_task(around.read(self._ended))
                tasks.create_task(watch(connection, self._namespace, self._history, self._ended))
                for verifier in self._chaos_cluster.verifiers:
                    tasks.create_task(ask(verifier, self._history, self._ended))

    async def _work(self, people: TokenUsers, around: WorkloadUsers) -> None:
        async with asyncio.TaskGroup() as tasks:
            for work in (people.work, people.work, around.work):
                tasks.create_task(work(self._resting))
        self._at_rest.set()

    async def _feel_the_pulse(self) -> None:
        """A machine that is too busy for us is so for everybody: that is a fault as well, though nobody's."""
        while not self._ended.is_set():
            began = time.monotonic()
            await asyncio.sleep(_PULSE)
            if time.monotonic() - began > _PULSE + LATE:
                self._history.note_late(EVERYBODY, began, time.monotonic(), "the machine was busy")
