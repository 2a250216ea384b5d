"""Kopf's watches on a real API server.

A quiet one and one that was cut go on without a list. One that hangs or says nothing is noticed, and so is a cluster
that went back in time.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from pharia_access.entrypoints.operator.watching import Watcher
from pharia_access.kube.client import connect
from pharia_access.kube.watch_rules import GRACE_SECONDS
from pharia_access.services.operator.scopes import CATALOG
from pharia_access.settings.operator import OperatorSettings
from tests.support.operators.reflection import Roles, eventually
from tests.support.operators.striking_proxy import Proxy
from tools.control_plane.api import Api
from tools.control_plane.cuttable_proxy import CuttableProxy
from tools.control_plane.etcd import back_up_data, restore_data
from tools.control_plane.installation import NAMESPACE, OPERATOR_ACCOUNT, install
from tools.control_plane.plane import ControlPlane

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterator
    from pathlib import Path

    from pharia_access.domain.api_values import Kind
    from pharia_access.entrypoints.operator.cache_store import Body, WatchStore

WATCH_SECONDS = 6
SHORT_SECONDS = 3
NOT_REACHED = "99999999999"
"""A resourceVersion far ahead of the cluster's."""
WRITES = 300
"""More than an API server makes while it starts."""


@dataclass
class Diary:
    """The store of the catalog: which roles it was shown, and how its watch went."""

    shown: list[str] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    lists: int = 0

    def put(self, item: Body) -> None:
        self.shown.append(item["metadata"]["name"])

    def drop(self, key: str, uid: str | None = None) -> None: ...

    def invalid(self, key: str, why: str) -> None: ...

    def alive(self, at: float) -> None: ...

    def may_resume(self, now: float) -> bool:
        return True

    def mark_fresh(self, since: float) -> None: ...

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
async def watching(kubeconfig: Path, *, watch_seconds: int = WATCH_SECONDS) -> AsyncIterator[Diary]:
    """The catalog is watched as the operator does, in short watches."""
    diaries: dict[str, Diary] = {}

    def store_of(_: Kind, scope: str) -> WatchStore:
        return diaries.setdefault(scope, Diary())

    settings = OperatorSettings(watch_namespaces=(NAMESPACE,))
    async with connect(str(kubeconfig), pool_size=2) as connection:
        watcher = Watcher(store_of, connection, settings, watch_seconds=watch_seconds)
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


async def test_a_watch_that_hangs_is_noticed_and_goes_on_without_a_gap(
    kubeconfig: Path, proxy: CuttableProxy, roles: Roles
) -> None:
    async with watching(kubeconfig, watch_seconds=SHORT_SECONDS) as diary:
        roles.create("before")
        await eventually(lambda: f"{roles.prefix}before" in diary.shown, "the event comes")
        proxy.stall()
        roles.create("unheard")
        await asyncio.sleep(GRACE_SECONDS)  # `eventually` waits for 20 s
        await eventually(lambda: f"{roles.prefix}unheard" in diary.shown, "the hanging watch is replaced")
        proxy.drop_stalled()  # or TLS would wait for their farewell beyond the end of the watcher's loop
        await asyncio.sleep(0.5)

    assert "rewound" not in diary.causes


async def test_a_silent_watch_is_noticed_and_begins_with_a_list(
    control_plane: ControlPlane, roles: Roles, tmp_path: Path
) -> None:
    """The API server answers a watch from a version that it has not reached, says nothing, and ends it cleanly."""
    with Proxy(control_plane.server_url, control_plane.ca_file) as proxy:
        kubeconfig = control_plane.service_account_kubeconfig(
            NAMESPACE, OPERATOR_ACCOUNT, tmp_path / "kubeconfig", server=proxy.url
        )
        proxy.watch_from = NOT_REACHED
        async with watching(kubeconfig, watch_seconds=SHORT_SECONDS) as diary:
            await asyncio.to_thread(roles.create, "unheard")
            await eventually(lambda: "ended-silent" in diary.causes, "the silence is noticed")
            lists, proxy.watch_from = diary.lists, ""
            await eventually(lambda: diary.lists > lists, "a list follows")
            await asyncio.to_thread(roles.create, "new")
            await eventually(lambda: f"{roles.prefix}new" in diary.shown, "the watch goes on")

    assert set(diary.causes) == {"ended-silent"}


@pytest.fixture
def own_control_plane(tmp_path: Path) -> Iterator[ControlPlane]:
    """A cluster that may go back in time."""
    with ControlPlane.start(tmp_path / "control-plane") as started:
        install(started)
        yield started


async def test_a_cluster_that_went_back_is_noticed_and_listed_anew(
    own_control_plane: ControlPlane, tmp_path: Path
) -> None:
    kubeconfig = own_control_plane.service_account_kubeconfig(NAMESPACE, OPERATOR_ACCOUNT, tmp_path / "kubeconfig")
    backup = back_up_data(own_control_plane)
    roles = Roles(Api(own_control_plane.kubeconfig), "of.")
    async with watching(kubeconfig) as diary:
        for turn in range(WRITES):
            await asyncio.to_thread(roles.disturb, NAMESPACE, turn)
        await asyncio.to_thread(roles.create, "the-lost-time")
        await eventually(lambda: "of.the-lost-time" in diary.shown, "the event comes")
        lists = diary.lists
        restore_data(own_control_plane, backup)  # by this thread, which it is tied to
        await eventually(lambda: "rewound" in diary.causes and diary.lists > lists, "a list follows")
        await asyncio.to_thread(roles.create, "the-restored-time")
        await eventually(lambda: "of.the-restored-time" in diary.shown, "the watch goes on")
