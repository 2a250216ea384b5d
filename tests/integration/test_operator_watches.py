"""Kopf's watches on a real API server: what it does not notice itself leads to a fresh list, and nothing else does."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp
import pytest

from pharia_access.entrypoints.operator import first_lists
from pharia_access.entrypoints.operator.watching import Watcher
from pharia_access.kube.client import connect
from pharia_access.services.operator.scopes import CATALOG
from pharia_access.settings.operator import OperatorSettings
from tests.support.operators.reflection import Roles, eventually
from tools.control_plane.cuttable_proxy import CuttableProxy
from tools.control_plane.installation import NAMESPACE, OPERATOR_ACCOUNT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterator
    from pathlib import Path

    from pharia_access.domain.api_values import Kind
    from pharia_access.entrypoints.operator.cache_store import Body, WatchStore
    from tools.control_plane.api import Api
    from tools.control_plane.plane import ControlPlane

WATCH_SECONDS = 3


@dataclass
class Diary:
    """The store of the catalog: which roles it was shown, and how its watch went."""

    shown: list[str] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    lists: int = 0

    def put(self, item: Body) -> None:
        self.shown.append(item["metadata"]["name"])

    def drop(self, key: str, uid: str | None = None) -> None: ...

    def malformed(self, key: str, why: str) -> None: ...

    def alive(self, at: float) -> None: ...

    def may_resume(self, now: float) -> bool:
        return True

    def heard(self, since: float) -> None: ...

    def listed(self, keys: Collection[str], namespace: str | None, since: float) -> None:
        self.lists += 1

    def interrupted(self, cause: str, at: float) -> None:
        self.causes.append(cause)

    def denied(self, at: float) -> None: ...


@pytest.fixture
def roles(admin: Api, namespace: str) -> Iterator[Roles]:
    made = Roles(admin, f"{namespace[-40:].lstrip('-')}.")
    yield made
    made.clear()


@asynccontextmanager
async def watching(kubeconfig: Path) -> AsyncIterator[Diary]:
    """The catalog is watched as the operator does, in short watches."""
    diaries: dict[str, Diary] = {}

    def store_of(_: Kind, scope: str) -> WatchStore:
        return diaries.setdefault(scope, Diary())

    settings = OperatorSettings(watch_namespaces=(NAMESPACE,))
    async with connect(str(kubeconfig), pool_size=2) as connection:
        watcher = Watcher(store_of, connection, settings, watch_seconds=WATCH_SECONDS)
        watcher.start(lambda: None)
        try:
            await eventually(lambda: diaries.get(CATALOG, Diary()).lists > 0, "the watch begins")
            yield diaries[CATALOG]
        finally:
            watcher.stop()
            await asyncio.to_thread(watcher._thread.join, 15)


@pytest.fixture
def proxy(control_plane: ControlPlane) -> Iterator[CuttableProxy]:
    with CuttableProxy(control_plane.server_url) as proxy:
        yield proxy


@pytest.fixture
def kubeconfig(control_plane: ControlPlane, proxy: CuttableProxy, tmp_path: Path) -> Path:
    """The operator's, through the proxy."""
    return control_plane.service_account_kubeconfig(
        NAMESPACE, OPERATOR_ACCOUNT, tmp_path / "kubeconfig", server=proxy.url
    )


async def test_a_quiet_watch_ends_with_a_bookmark_and_goes_on_without_a_list(
    kubeconfig: Path, roles: Roles, namespace: str
) -> None:
    async with watching(kubeconfig) as diary:
        for turn in range(5 * WATCH_SECONDS):  # elsewhere in the cluster, life goes on
            await asyncio.to_thread(roles.disturb, namespace, turn)
            await asyncio.sleep(0.5)
        lists = diary.lists
        await asyncio.to_thread(roles.create, "new")
        await eventually(lambda: f"{roles.prefix}new" in diary.shown, "the watch goes on")

    assert lists <= 2, "at most one watch was too short for a bookmark"


async def test_after_a_cut_the_watch_goes_on_without_a_gap_and_without_a_list(
    kubeconfig: Path, proxy: CuttableProxy, roles: Roles
) -> None:
    async with watching(kubeconfig) as diary:
        roles.create("before")
        await eventually(lambda: f"{roles.prefix}before" in diary.shown, "the event comes")
        proxy.cut()
        roles.create("meanwhile")
        proxy.mend()
        await eventually(lambda: f"{roles.prefix}meanwhile" in diary.shown, "the watch goes on")

    assert "rewound" not in diary.causes


async def test_a_watch_from_a_version_that_the_server_has_not_reached_is_noticed_by_its_silence(
    kubeconfig: Path, roles: Roles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a restore of etcd: the API server answers such a watch, says nothing, and ends it cleanly."""
    pretending = pretend_a_later_version(monkeypatch)
    async with watching(kubeconfig) as diary:
        await eventually(lambda: "ended-silent" in diary.causes, "its silence")
        pretending.clear()
        await eventually(lambda: diary.lists > 1, "a fresh list")
        await asyncio.to_thread(roles.create, "after")
        await eventually(lambda: f"{roles.prefix}after" in diary.shown, "the watch hears again")


async def test_where_the_cluster_went_back_while_the_watch_was_broken_a_list_comes_first(
    kubeconfig: Path, proxy: CuttableProxy, roles: Roles, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretending = pretend_a_later_version(monkeypatch)
    async with watching(kubeconfig) as diary:
        proxy.cut()
        await asyncio.sleep(0.2)
        pretending.clear()
        proxy.mend()
        await eventually(lambda: "rewound" in diary.causes, "that it went back")
        await eventually(lambda: diary.lists > 1, "a fresh list")
        await asyncio.to_thread(roles.create, "after")
        await eventually(lambda: f"{roles.prefix}after" in diary.shown, "the watch hears again")


async def test_a_watch_that_hangs_while_the_server_is_alive_is_noticed(
    kubeconfig: Path, proxy: CuttableProxy, roles: Roles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pharia_access.entrypoints.operator.followed_watch.GRACE_SECONDS", 1.0)
    async with watching(kubeconfig) as diary:
        proxy.delay = 3 * WATCH_SECONDS  # nothing comes any more on what is open
        await eventually(lambda: bool(diary.causes), "the hanging watch is noticed")
        proxy.mend()
        await asyncio.to_thread(roles.create, "after")
        await eventually(lambda: f"{roles.prefix}after" in diary.shown, "the watch hears again")


def pretend_a_later_version(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Lists are answered with a version that nobody has reached, until what is returned is cleared."""
    pretending = [True]
    begin = first_lists._begin

    async def pretended(
        request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse | None:
        response = await begin(request, send)
        if response is not None and response.ok and pretending and "watch" not in request.url.query:
            body = await response.json()
            body["metadata"]["resourceVersion"] = "99999999999"
            response._body = json.dumps(body).encode()
        return response

    monkeypatch.setattr(first_lists, "_begin", pretended)
    return pretending
