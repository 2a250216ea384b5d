"""The verifier's process: what it tells the kubelet, and how it ends. The API server is played, and has nothing."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pharia_access.bootstrap.verifier import open_verifier
from pharia_access.entrypoints.verifier.process import _Process
from pharia_access.settings.verifier import VerifierSettings
from tests.support.fakes.hostile_api import ReceivedRequest, hostile_api, plain_kubeconfig, reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

EMPTY = {"kind": "List", "apiVersion": "access.pharia.ai/v1alpha1", "metadata": {"resourceVersion": "9"}, "items": []}
BOOKMARK = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "9"}}}


def nothing_there(request: ReceivedRequest) -> bytes:
    """Empty lists, and watches on which nothing happens."""
    watched = "watch" in request.query
    return reply(200, f"{json.dumps(BOOKMARK)}\n".encode() if watched else EMPTY)


@asynccontextmanager
async def running(tmp_path: Path) -> AsyncIterator[tuple[_Process, asyncio.Task[int]]]:
    """Start it, and end it if that did not happen."""
    async with hostile_api(nothing_there) as api:
        settings = VerifierSettings(
            kubeconfig=plain_kubeconfig(tmp_path / "kubeconfig", api.url),
            host="127.0.0.1",
            port=0,
            keyring_folder="",
            drain_timeout=timedelta(seconds=1),
        )
        async with open_verifier(settings) as parts:
            process = _Process(settings, parts)
            task = asyncio.create_task(process.run())
            yield process, task
            process._stop.set()  # in order, so that no socket stays
            await asyncio.wait_for(task, 15)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - the process tells nobody
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The collector is set back."""
    yield
    gc.unfreeze()


async def test_once_the_view_is_whole_the_collector_does_not_look_at_it(tmp_path: Path) -> None:
    before = gc.get_freeze_count()
    async with running(tmp_path) as (process, task):
        await until(lambda: not process.ready() and gc.get_freeze_count() > before)

        assert not task.done()
        assert process.live() == []


async def test_a_signal_ends_it_in_order(tmp_path: Path) -> None:
    async with running(tmp_path) as (process, task):
        await until(lambda: not process.ready())
        os.kill(os.getpid(), signal.SIGTERM)

        assert await asyncio.wait_for(task, 15) == 0
        assert process.ready() == ["stopping"]
