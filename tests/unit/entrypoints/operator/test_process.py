"""The operator's process: what it tells the kubelet, and how it ends. Kopf and the API server are played."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import signal
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.bootstrap.operator import Application, open_application
from pharia_access.domain.api_values import EventMessage
from pharia_access.domain.model import ObjectKey
from pharia_access.entrypoints.operator.process import EXIT_FAILED, _Process
from pharia_access.services.operator.scopes import EVERYWHERE
from pharia_access.settings.operator import OperatorSettings
from tests.support.fakes.hostile_api import ReceivedRequest, hostile_api, plain_kubeconfig, reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

Json = dict[str, Any]

NOW = "2026-11-23T12:00:00.000000Z"
NOTICE = EventMessage(kind="ApiToken", key=ObjectKey("finance", "ci"), uid="token-1", reason="Issued", message="It is.")
HELD_BY_THEM: Json = {
    "metadata": {"resourceVersion": "1"},
    "spec": {
        "holderIdentity": "them",
        "leaseDurationSeconds": 15,
        "acquireTime": NOW,
        "renewTime": NOW,
        "leaseTransitions": 0,
    },
}


@dataclass
class FakeWatcher:
    """Stands for Kopf."""

    begun: Callable[[str], None]
    alive: bool = False
    ended: Callable[[], None] | None = None

    def start(self, ended: Callable[[], None]) -> None:
        self.alive, self.ended = True, ended
        self.begun(EVERYWHERE)

    def try_now(self, scope: str) -> None:
        """Nothing of it was refused."""

    def stop(self) -> None:
        self.alive = False

    def break_down(self) -> None:
        self.alive = False
        assert self.ended is not None
        self.ended()


@dataclass
class PlayedApi:
    """An API server with nothing in it but the Lease; `lists` says whether it answers lists."""

    lists: bool = True
    version: str = "9"
    lease: Json | None = None
    holders: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)

    def __call__(self, request: ReceivedRequest) -> bytes:
        if "/leases" in request.path:
            return self._lease(request)
        if "/events" in request.path:
            self.events.append(json.loads(request.body)["reason"])
            return reply(201, {})
        if "/secrets" in request.path:
            return _status(404, "NotFound")
        if not self.lists:
            return reply(500, b"")
        return reply(200, {"metadata": {"resourceVersion": self.version}, "items": []})

    def give_lease_to(self, holder: str) -> None:
        """Another one wrote it."""
        assert self.lease is not None
        self.lease = {
            "metadata": {"resourceVersion": "another"},
            "spec": {**self.lease["spec"], "holderIdentity": holder},
        }

    def _lease(self, request: ReceivedRequest) -> bytes:
        if request.method == "GET":
            return _status(404, "NotFound") if self.lease is None else reply(200, self.lease)
        written = json.loads(request.body)
        read = written["metadata"].get("resourceVersion")
        if self.lease is not None and read != self.lease["metadata"]["resourceVersion"]:
            return _status(409, "Conflict")
        self.holders.append(written["spec"]["holderIdentity"])
        self.lease = {"metadata": {"resourceVersion": str(len(self.holders))}, "spec": written["spec"]}
        return reply(200, self.lease)


def _status(code: int, reason: str) -> bytes:
    return reply(code, {"kind": "Status", "code": code, "reason": reason, "message": "no"})


@dataclass
class Running:
    """A process that runs."""

    process: _Process
    application: Application
    watcher: FakeWatcher
    task: asyncio.Task[int]

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                assert not self.task.done()
                await asyncio.sleep(0.01)


@asynccontextmanager
async def running(tmp_path: Path, api: PlayedApi) -> AsyncIterator[Running]:
    """Start it, and end it if that did not happen."""
    async with hostile_api(api) as server:
        settings = OperatorSettings(
            kubeconfig=plain_kubeconfig(tmp_path / "kubeconfig", server.url),
            identity="us",
            lease_retry_period=timedelta(milliseconds=200),
            require_guards=False,
        )
        async with open_application(settings) as application:
            watcher = FakeWatcher(application.operator.lists.request_resync)
            process = _Process(application, watcher)  # type: ignore[arg-type] # has what is used of a Watcher
            task = asyncio.create_task(process.run())
            yield Running(process, application, watcher, task)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The collector is set back, and a mistake here must not end the whole run of tests at once."""

    def refuse(status: int) -> None:
        message = f"os._exit({status})"
        raise AssertionError(message)

    monkeypatch.setattr(os, "_exit", refuse)
    monkeypatch.setattr(logging, "shutdown", lambda: None)
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


async def test_it_is_ready_when_all_is_listed_and_watched(tmp_path: Path) -> None:
    api = PlayedApi(lists=False)
    async with running(tmp_path, api) as operator:
        await asyncio.sleep(0.1)
        first, *_, last = operator.process.ready()
        assert (first, last) == ("the first full list has not ended", "not watching")
        assert operator.process.live() == []

        api.lists = True
        await operator.until(lambda: operator.process.ready() == [])
        assert operator.application.operator.has_synced


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_in_order_with_its_lease_given_up(tmp_path: Path, number: signal.Signals) -> None:
    api = PlayedApi()
    async with running(tmp_path, api) as operator:
        await operator.until(lambda: api.holders)
        await operator.until(lambda: b"pharia_access_leader 1.0" in operator.process.metrics())
        os.kill(os.getpid(), number)
        status = await asyncio.wait_for(operator.task, 10)

        assert status == 0
        assert set(api.holders[:-1]) == {"us"}
        assert api.holders[-1] == ""
        assert not operator.watcher.alive


async def test_events_that_still_wait_are_written_before_the_process_ends(tmp_path: Path) -> None:
    api, reasons = PlayedApi(), [f"Reason{number}" for number in range(8)]
    async with running(tmp_path, api) as operator:
        await operator.until(lambda: api.holders)
        for reason in reasons:
            operator.application.recorder.record(replace(NOTICE, reason=reason))
        os.kill(os.getpid(), signal.SIGTERM)

        assert await asyncio.wait_for(operator.task, 10) == 0
        assert api.events == reasons


async def test_what_was_listed_is_out_of_the_collectors_sight_before_it_watches(tmp_path: Path) -> None:
    frozen, threshold = gc.get_freeze_count(), gc.get_threshold()[0]
    async with running(tmp_path, PlayedApi()) as operator:
        await operator.until(lambda: operator.watcher.alive)

        assert gc.get_freeze_count() > frozen
        assert gc.get_threshold()[0] > threshold


async def test_a_standby_that_is_stopped_leaves_the_lease_to_its_holder(tmp_path: Path) -> None:
    api = PlayedApi(lease=HELD_BY_THEM)
    async with running(tmp_path, api) as operator:
        await operator.until(lambda: operator.process.ready() == [])
        assert b"pharia_access_leader 0.0" in operator.process.metrics()
        os.kill(os.getpid(), signal.SIGTERM)

        assert await asyncio.wait_for(operator.task, 10) == 0
        assert api.holders == []


async def test_a_standby_of_a_cluster_that_went_back_in_time_ends_and_keeps_no_old_view(
    tmp_path: Path,
) -> None:
    api = PlayedApi(lease=HELD_BY_THEM)
    async with running(tmp_path, api) as operator:
        await operator.until(lambda: operator.process.ready() == [])
        api.version = "8"
        operator.application.operator.lists.request_resync(EVERYWHERE)

        assert await asyncio.wait_for(operator.task, 10) == EXIT_FAILED
        assert api.holders == []


async def test_whoever_lost_the_lease_exits_at_once_without_another_write(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    api = PlayedApi()
    async with running(tmp_path, api) as operator:
        await operator.until(lambda: api.holders)
        api.give_lease_to("them")
        writes = len(api.holders)
        await asyncio.wait_for(operator.task, 10)

        assert "exiting: this replica no longer leads" in caplog.text
        assert f"os._exit({EXIT_FAILED})" in caplog.text
        assert len(api.holders) == writes


async def test_when_watching_ends_by_itself_the_process_ends_and_fails(tmp_path: Path) -> None:
    api = PlayedApi()
    async with running(tmp_path, api) as operator:
        await operator.until(lambda: operator.watcher.alive)

        operator.watcher.break_down()

        assert operator.process.live() == ["watching has ended"]
        assert operator.process.ready() == ["not watching"]
        assert await asyncio.wait_for(operator.task, 10) == EXIT_FAILED


async def test_a_defect_before_it_leads_ends_the_process_and_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail() -> None:
        message = "a defect"
        raise RuntimeError(message)

    async with running(tmp_path, PlayedApi()) as operator:
        monkeypatch.setattr(operator.application.operator, "sync_cache", fail)

        assert await asyncio.wait_for(operator.task, 10) == EXIT_FAILED
        assert "a defect" in caplog.text
