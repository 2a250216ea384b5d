"""A view of the API server that writes down what it is told, and how its connection was used."""

from __future__ import annotations

import asyncio
import json
import random
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from pharia_access.domain.permissions import Role
from pharia_access.kube.client import Connection, Request, connect
from pharia_access.kube.reflector import Reflector, ReflectorTools, Watched, WatchTimeouts
from pharia_access.kube.verifier.decoding import read_role
from tools.control_plane.resources import api_role

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection
    from datetime import datetime
    from pathlib import Path

    from pharia_access.domain.verdict import CredentialRecord
    from pharia_access.kube.http import Response, Stream
    from tools.control_plane.api import Api
    from tools.control_plane.workspace import Json

__all__ = ["DEADLINE_SECONDS", "Roles", "Running", "eventually", "reflecting"]

DEADLINE_SECONDS = 20
THE_CATALOGUE: Watched[Any] = Watched("ApiRole", "apiroles", read_role)


@dataclass
class Diary:
    """The keeper of the view: what it knows of the roles of one test, and what it was told, in order."""

    prefix: str
    known: set[str] = field(default_factory=set)
    told: list[str] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    fresh_at: list[float] = field(default_factory=list)
    alive_at: list[float] = field(default_factory=list)
    denied_at: list[float] = field(default_factory=list)

    def put(self, item: Role | CredentialRecord) -> None:
        if item.name.startswith(self.prefix):
            self.known.add(item.name)
            held = item.permissions if isinstance(item, Role) else item.roles
            self.told.append(f"put {item.name.removeprefix(self.prefix)} {len(held)}")

    def drop(self, key: str) -> None:
        if key.startswith(self.prefix):
            self.known.discard(key)
            self.told.append(f"drop {key.removeprefix(self.prefix)}")

    def invalid(self, key: str, why: str) -> None:
        self.told.append(f"malformed {key}: {why}")

    def alive(self, at: float) -> None:
        self.alive_at.append(at)

    def may_resume(self, now: float) -> bool:
        return now - self.alive_at[-1] <= DEADLINE_SECONDS

    def mark_fresh(self, since: float) -> None:
        self.fresh_at.append(since)

    def listed(self, keys: Collection[str], namespace: str | None, since: float) -> None:
        self.known &= {key.rpartition("/")[2] for key in keys}
        self.told.append("listed")
        self.fresh_at.append(since)

    def interrupted(self, cause: str, at: float) -> None:
        self.causes.append(cause)

    def denied(self, at: float) -> None:
        self.denied_at.append(at)


class Counted:
    """A connection that counts what is asked; `first_version` stands in for that of the first list."""

    def __init__(self, connection: Connection, first_version: str | None = None) -> None:
        self.watches: list[str] = []
        self._connection = connection
        self._first_version = first_version

    async def fetch(self, call: Request) -> Response:
        return await self._connection.fetch(call)

    @asynccontextmanager
    async def stream(self, call: Request, *, silence_seconds: float) -> AsyncIterator[Stream]:
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
            boottime=time.monotonic, sleep=asyncio.sleep, jitter=random.random, on_date=running.dates.append
        )
        reflector = Reflector(
            cast("Connection", running.asked),
            watched,
            running.diary,
            timeouts=WatchTimeouts(watch=watch),
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
    """The catalog as an administrator changes it; the names of one test begin alike."""

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
