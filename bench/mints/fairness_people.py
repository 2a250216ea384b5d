"""Who plays in `bench fairness`: one who mints, a noisy neighbour, and one who asks the API server alone."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from time import perf_counter
from typing import TYPE_CHECKING, Final

from bench.client import Channel, Seen, Server
from bench.tokens import CREDENTIAL, GROUP, NAMESPACE, TOKENS, following
from tools.control_plane.api import MERGE
from tools.control_plane.resources import api_token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

__all__ = ["EXPIRIES", "Latencies", "Noise", "Quiet", "floor"]

EXPIRIES: Final = "expiries"
"""The scene in which nothing is created: tokens end."""
_CHANNELS: Final = 8
_PAUSE_SECONDS: Final = 0.05
_MOST_SECONDS: Final = 120.0
"""Who waits longer gives up, and counts as having waited so long."""


@dataclass(slots=True)
class Latencies:
    """Seconds of each."""

    seconds: list[float] = field(default_factory=list)

    def percentile(self, percent: float) -> float:
        """Seconds that so many percent did not exceed (nearest rank); nan where there are none."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else float("nan")


class Quiet:
    """Creates tokens in a namespace, one after the other, and waits for each; `pause`: seconds between two."""

    def __init__(self, server: Server, namespace: str, *, pause: float = _PAUSE_SECONDS) -> None:
        self._server = server
        self._namespace = namespace
        self._pause = pause
        self._path = f"{GROUP}/namespaces/{namespace}/apitokens"
        self._numbers = count()
        self._awaited: tuple[str, asyncio.Future[None]] | None = None

    async def mint(self, *, enough: Callable[[int], bool], seconds: float) -> Latencies:
        """Mint until that is enough, or so many seconds are over."""
        minted, began = Latencies(), perf_counter()
        channel = await Channel.open(self._server)
        try:
            async with following(self._server, self._path, self._take):
                while not enough(len(minted.seconds)) and perf_counter() - began < seconds:
                    minted.seconds.append(await self._mint(channel))
                    await asyncio.sleep(self._pause)
        finally:
            channel.close()
        return minted

    async def _mint(self, channel: Channel) -> float:
        name, ready = f"quiet-{next(self._numbers)}", asyncio.get_running_loop().create_future()
        self._awaited = name, ready
        began = perf_counter()
        await channel.send("POST", self._path, json.dumps(api_token(self._namespace, name)).encode())
        try:
            async with asyncio.timeout(_MOST_SECONDS):
                await ready
        except TimeoutError:
            pass
        return perf_counter() - began

    def _take(self, seen: Seen) -> None:
        if self._awaited is not None and seen.ready and seen.name == self._awaited[0] and not self._awaited[1].done():
            self._awaited[1].set_result(None)


class Noise:
    """Tokens of another namespace: wave after wave of so many that are created, or so many that end."""

    def __init__(self, server: Server, scene: str, tokens: int) -> None:
        self._server = server
        self._scene = scene
        self._tokens = tokens
        self._done: set[str] = set()
        self._more = asyncio.Event()
        self.waves = 0
        """How many are over: all was created and judged, or has ended."""

    @property
    def done(self) -> int:
        """How many tokens were minted, judged, or have ended."""
        return len(self._done)

    @asynccontextmanager
    async def made(self) -> AsyncIterator[None]:
        """It is noisy meanwhile."""
        async with following(self._server, TOKENS, self._take):
            making = asyncio.create_task(self._make())
            try:
                yield
            finally:
                making.cancel()
                await asyncio.gather(making, return_exceptions=True)

    def _take(self, seen: Seen) -> None:
        wanted = {"plain": {"Active"}, EXPIRIES: {"Expired"}}.get(self._scene, {"Active", "Pending"})
        if seen.phase in wanted:
            self._done.add(seen.name)
            self._more.set()

    async def _make(self) -> None:
        while self._scene != "nobody":
            prefix = f"noise-{self.waves}"
            if self._scene != EXPIRIES:
                await self._create(iter(range(self._tokens)), prefix)
            while len(self._done) < self._tokens * (self.waves + 1):
                self._more.clear()
                await self._more.wait()
            self.waves += 1

    async def _create(self, numbers: Iterator[int], prefix: str) -> None:
        spec = {"delivery": {"secretName": "one-for-all"}} if self._scene == "one secretName" else {}

        async def create() -> None:
            channel = await Channel.open(self._server)
            try:
                for number in numbers:
                    token = api_token(NAMESPACE, f"{prefix}-{number}", credentialRef={"name": CREDENTIAL}, **spec)
                    await channel.send("POST", TOKENS, json.dumps(token).encode())
            finally:
                channel.close()

        await asyncio.gather(*(create() for _ in range(_CHANNELS)))


async def floor(server: Server, namespace: str, over: asyncio.Event) -> Latencies:
    """What three requests of a mint take without any operator: two objects created, and one changed."""
    took, numbers = Latencies(), count()
    channel = await Channel.open(server)
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    patch = json.dumps({"data": {"a": "b"}}).encode()
    while not over.is_set():
        names = [f"floor-{next(numbers)}" for _ in range(2)]
        began = perf_counter()
        for name in names:
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
            await channel.send("POST", path, json.dumps(body).encode())
        await channel.send("PATCH", f"{path}/{names[0]}", patch, form=MERGE)
        took.seconds.append(perf_counter() - began)
        await asyncio.sleep(_PAUSE_SECONDS)
    channel.close()
    return took
