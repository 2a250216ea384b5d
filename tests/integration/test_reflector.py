"""Lists and watches on a real API server: nothing is missed, and nothing is listed anew without need."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from pharia_access.domain.permissions import Role
from pharia_access.kube.bulk import read_holder, read_role
from pharia_access.kube.client import Call, Connection, connect
from pharia_access.kube.reflector import Reflector, ReflectorTools, Rhythm, Watched
from tests.support.api import Api, rule
from tests.support.cable import Cable
from tests.support.installation import NAMESPACE
from tests.support.resources import api_role
from tests.support.verifiers import VERIFIER_ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from pathlib import Path

    from pharia_access.domain.verification import Holder
    from pharia_access.kube.exchange import Answer, Stream
    from tests.support.control_plane import ControlPlane
    from tests.support.workspace import Json, Workspace

DEADLINE_SECONDS = 20
THE_CATALOGUE: Watched[Any] = Watched("ApiRole", "apiroles", read_role)


@dataclass
class Diary:
    """The keeper of the view: what it knows of the roles of one test, and what it was told, in order."""

    prefix: str
    known: set[str] = field(default_factory=set)
    told: list[str] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    heard_at: list[float] = field(default_factory=list)

    def put(self, item: Role | Holder) -> None:
        if item.name.startswith(self.prefix):
            self.known.add(item.name)
            held = item.permissions if isinstance(item, Role) else item.roles
            self.told.append(f"put {item.name.removeprefix(self.prefix)} {len(held)}")

    def drop(self, key: str) -> None:
        if key.startswith(self.prefix):
            self.known.discard(key)
            self.told.append(f"drop {key.removeprefix(self.prefix)}")

    def malformed(self, key: str, why: str) -> None:
        self.told.append(f"malformed {key}: {why}")

    def heard(self, since: float) -> None:
        self.heard_at.append(since)

    def listed(self, keys: Collection[str], namespace: str | None, since: float) -> None:
        self.known &= {key.rpartition("/")[2] for key in keys}
        self.told.append("listed")
        self.heard_at.append(since)

    def interrupted(self, cause: str) -> None:
        self.causes.append(cause)


class Counted:
    """A connection that counts what is asked; `first_version` stands in for that of the first list."""

    def __init__(self, connection: Connection, first_version: str | None = None) -> None:
        self.watches: list[str] = []
        self._connection = connection
        self._first_version = first_version

    async def fetch(self, call: Call) -> Answer:
        return await self._connection.fetch(call)

    @asynccontextmanager
    async def stream(self, call: Call, *, silence_seconds: float) -> AsyncIterator[Stream]:
        if "watch" in call.query:
            self.watches.append(call.query["resourceVersion"])
        async with self._connection.stream(call, silence_seconds=silence_seconds) as stream:
            pretends = "watch" not in call.query and self._first_version is not None
            yield cast("Stream", await self._pretended(stream)) if pretends else stream

    async def _pretended(self, stream: Stream) -> Pretended:
        body = json.loads(b"".join([chunk async for chunk in stream.chunks()]))
        body["metadata"]["resourceVersion"], self._first_version = self._first_version, None
        return Pretended(stream.date, json.dumps(body).encode())


@dataclass(frozen=True)
class Pretended:
    """A list with another version than its own."""

    date: datetime | None
    body: bytes

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self.body


@dataclass(frozen=True)
class Running:
    diary: Diary
    asked: Counted
    dates: list[datetime]

    async def until(self, *told: str) -> None:
        """Wait until these are the last things that were told."""
        await eventually(lambda: self.diary.told[-len(told) :] == list(told), f"{told}; so far {self.diary.told}")


async def eventually(probe: Callable[[], bool], what: str) -> None:
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not probe():  # noqa: ASYNC110 - see below
                await asyncio.sleep(0.02)  # the tests look on: there is nobody to set an event
    except TimeoutError:
        pytest.fail(f"waited in vain: {what}")


@asynccontextmanager
async def reflecting(
    kubeconfig: Path,
    prefix: str,
    *,
    watch: float = 60.0,
    first_version: str | None = None,
    watched: Watched[Any] = THE_CATALOGUE,
) -> AsyncIterator[Running]:
    async with connect(str(kubeconfig), pool_size=3) as connection:
        running = Running(Diary(prefix), Counted(connection, first_version), [])
        tools = ReflectorTools(
            ticks=time.monotonic, sleep=asyncio.sleep, jitter=random.random, on_date=running.dates.append
        )
        reflector = Reflector(
            cast("Connection", running.asked),
            watched,
            running.diary,
            rhythm=Rhythm(watch=watch),
            tools=tools,
        )
        task = asyncio.create_task(reflector.run())
        try:
            await eventually(lambda: bool(running.asked.watches) or task.done() or bool(running.diary.causes), "begun")
            yield running
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await asyncio.sleep(0.1)  # aiohttp closes TLS connections a little later


@dataclass(frozen=True)
class Roles:
    """The catalogue as an administrator changes it; the names of one test begin alike."""

    api: Api
    prefix: str

    def create(self, name: str) -> None:
        assert self.api.create(self._role(name)).ok

    def edit(self, name: str) -> None:
        patch = {"spec": {"permissions": [{"permission": "KernelAccess"}]}}
        assert self.api.patch(self._role(name), patch).ok

    def delete(self, name: str) -> None:
        assert self.api.delete(self._role(name)).ok

    def disturb(self, namespace: str, turn: int) -> None:
        """Write something else."""
        patch = {"metadata": {"labels": {"turn": str(turn)}}}
        assert self.api.patch({"kind": "Namespace", "metadata": {"name": namespace}}, patch).ok

    def clear(self) -> None:
        for role in self.api.find("ApiRole", None).body["items"]:
            if role["metadata"]["name"].startswith(self.prefix):
                self.api.delete({"kind": "ApiRole", "metadata": role["metadata"]})

    def _role(self, name: str) -> Json:
        return api_role(self.prefix + name)


@pytest.fixture
def roles(admin: Api, namespace: str) -> Iterator[Roles]:
    made = Roles(admin, f"{namespace[-40:].lstrip('-')}.")  # a name has 63 characters at most
    yield made
    made.clear()


@pytest.fixture
def kubeconfig(control_plane: ControlPlane, tmp_path: Path) -> Path:
    """The verifier's, with the chart's rights and no other."""
    return control_plane.service_account_kubeconfig(NAMESPACE, VERIFIER_ACCOUNT, tmp_path / "kubeconfig")


async def test_what_is_there_is_listed_and_what_happens_then_comes_in_its_order(kubeconfig: Path, roles: Roles) -> None:
    roles.create("old")
    async with reflecting(kubeconfig, roles.prefix) as running:
        roles.create("new")
        roles.edit("old")
        roles.delete("new")

        await running.until("put old 0", "listed", "put new 0", "put old 1", "drop new")

    assert running.diary.known == {f"{roles.prefix}old"}
    assert running.diary.causes == []
    assert abs(running.dates[0].timestamp() - time.time()) < DEADLINE_SECONDS


async def test_a_bookmark_ends_a_quiet_watch_and_the_next_goes_on_from_there(
    kubeconfig: Path, roles: Roles, namespace: str
) -> None:
    async with reflecting(kubeconfig, roles.prefix, watch=5) as running:
        before = len(running.diary.heard_at)
        for turn in range(40):  # a bookmark is only sent for what is newer: elsewhere in the cluster, life goes on
            await asyncio.to_thread(roles.disturb, namespace, turn)
            if len(running.asked.watches) > 2:
                break
            await asyncio.sleep(0.4)

    assert len(running.asked.watches) == 3
    assert sorted(running.asked.watches, key=int) == running.asked.watches
    assert len(running.diary.heard_at) >= before + 2
    assert running.diary.told == ["listed"]
    assert running.diary.causes == []


async def test_after_a_cut_the_watch_goes_on_without_a_gap_and_without_a_list(
    control_plane: ControlPlane, tmp_path: Path, roles: Roles
) -> None:
    with Cable(control_plane.server_url) as cable:
        kubeconfig = control_plane.service_account_kubeconfig(
            NAMESPACE, VERIFIER_ACCOUNT, tmp_path / "kubeconfig", server=cable.url
        )
        async with reflecting(kubeconfig, roles.prefix) as running:
            roles.create("before")
            await running.until("listed", "put before 0")

            cable.cut()
            roles.create("meanwhile")
            roles.delete("before")
            await eventually(lambda: "broken" in running.diary.causes, "the cut is noticed")
            cable.mend()

            await running.until("listed", "put before 0", "put meanwhile 0", "drop before")

    assert set(running.diary.causes) == {"broken"}


async def test_a_version_that_the_server_has_forgotten_leads_to_a_fresh_list(kubeconfig: Path, roles: Roles) -> None:
    roles.create("there")
    async with reflecting(kubeconfig, roles.prefix, first_version="1") as running:
        await running.until("put there 0", "listed", "put there 0", "listed")
        roles.delete("there")
        await running.until("drop there")

    assert running.asked.watches[0] == "1"
    assert running.diary.causes == ["expired"]


async def test_a_version_that_the_server_has_not_reached_leads_to_a_fresh_list(kubeconfig: Path, roles: Roles) -> None:
    async with reflecting(kubeconfig, roles.prefix, watch=1, first_version="99999999999") as running:
        roles.create("unheard")
        await running.until("listed", "put unheard 0", "listed")

    assert running.asked.watches[0] == "99999999999"
    assert running.diary.causes[0] == "ended-silent"


async def test_a_missing_right_is_told_and_once_given_all_is_well(
    control_plane: ControlPlane, workspace: Workspace, tmp_path: Path
) -> None:
    name, user = workspace.namespace, f"system:serviceaccount:{workspace.namespace}:watcher"
    control_plane.kubectl("create", "serviceaccount", "watcher", f"--namespace={name}")
    kubeconfig = control_plane.service_account_kubeconfig(name, "watcher", tmp_path / "kubeconfig")
    workspace.credential()
    watched = Watched("ApiCredential", "apicredentials", read_holder, name)
    async with reflecting(kubeconfig, "", watched=watched) as running:
        await eventually(lambda: "denied" in running.diary.causes, "the refusal is noticed")
        rights = rule("access.pharia.ai", "apicredentials", "list", "watch")
        await asyncio.to_thread(workspace.api.grant, user, name, rights)
        await eventually(lambda: "listed" in running.diary.told, "the list comes")

    assert running.diary.known == {"invoice-bot"}
    assert set(running.diary.causes) == {"denied"}


async def test_a_restarted_server_is_followed_from_the_last_version(
    control_plane: ControlPlane, kubeconfig: Path, roles: Roles
) -> None:
    async with reflecting(kubeconfig, roles.prefix) as running:
        roles.create("before")
        await running.until("listed", "put before 0")

        control_plane.restart_api_server()  # by this thread, which it is tied to
        roles.create("after")

        await eventually(lambda: f"{roles.prefix}after" in running.diary.known, "the view goes on")

    assert running.diary.known == {f"{roles.prefix}before", f"{roles.prefix}after"}
