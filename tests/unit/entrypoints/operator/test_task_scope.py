"""The tasks of one run of Kopf end with it, also those that nobody knows and those that mind no cancellation."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.api_values import Kind
from pharia_access.entrypoints.operator.first_lists import Requests
from pharia_access.entrypoints.operator.kopf_run import KopfRun, Logins
from pharia_access.entrypoints.operator.task_scope import TaskScope, end_all, record_tasks
from pharia_access.kube.client import connect
from pharia_access.kube.paths import PLURALS
from pharia_access.services.operator.scopes import EVERYWHERE
from tests.support.fakes.hostile_api import ReceivedRequest, hostile_api, plain_kubeconfig, reply
from tests.support.fakes.watched_kinds import Post, served

if TYPE_CHECKING:
    from pathlib import Path

KINDS: tuple[Kind, ...] = ("ApiCredential", "ApiToken")


async def swallow(times: int) -> None:
    for _ in range(times):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue
    await asyncio.Event().wait()


async def begin_one_and_end(begun: list[asyncio.Task[None]]) -> None:
    begun.append(asyncio.create_task(swallow(0)))


@pytest.mark.parametrize("times", [0, 1, 3])
async def test_a_task_ends_however_often_it_swallows_its_cancellation(times: int) -> None:
    tasks = {asyncio.create_task(swallow(times)) for _ in range(3)}
    await asyncio.sleep(0)

    assert await end_all(lambda: {task for task in tasks if not task.done()}, seconds=10)
    assert all(task.cancelled() for task in tasks)


async def test_a_task_that_never_ends_is_not_waited_for_longer_than_said() -> None:
    task = asyncio.create_task(swallow(10))
    await asyncio.sleep(0)

    assert not await end_all(lambda: {task}, seconds=1)
    assert await end_all(lambda: {task} - ({task} if task.done() else set()), seconds=10)


async def test_what_a_task_of_a_scope_begins_belongs_to_the_scope_and_what_others_begin_does_not() -> None:
    record_tasks(asyncio.get_running_loop())
    scope, begun, apart = TaskScope(), list[asyncio.Task[None]](), list[asyncio.Task[None]]()
    with scope.begun_here():
        one = asyncio.create_task(begin_one_and_end(begun))
    other = asyncio.create_task(begin_one_and_end(apart))
    await asyncio.gather(one, other)

    assert scope.unfinished() == set(begun)
    assert await end_all(scope.unfinished, seconds=10)
    assert not apart[0].done()
    apart[0].cancel()


def tasks_of_kopf() -> set[str]:
    return {
        task.get_name()
        for task in asyncio.all_tasks()
        if "/kopf/" in getattr(getattr(task.get_coro(), "cr_code", None), "co_filename", "")
    }


@pytest.mark.parametrize("broken", [PLURALS[kind] for kind in KINDS])
async def test_where_the_watch_of_one_kind_cannot_go_on_the_other_kinds_ends_too(tmp_path: Path, broken: str) -> None:
    def answer(request: ReceivedRequest) -> bytes | None:
        watch_of_it = request.path.endswith(broken) and "watch" in request.query
        return reply(200, b"[]\n") if watch_of_it else served(request)

    record_tasks(asyncio.get_running_loop())
    stores = {PLURALS[kind]: Post().store_of(kind, EVERYWHERE) for kind in KINDS}
    async with (
        hostile_api(answer) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=2) as connection,
    ):
        run = KopfRun(EVERYWHERE, logins=Logins(connection), stores=stores, requests=Requests(stores))
        async with asyncio.timeout(20):
            error = await run.run()

        assert isinstance(error, TypeError)
        assert tasks_of_kopf() == set()
