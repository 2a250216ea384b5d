"""The tokens of a benchmark: created one by one and waited for, or put there as if they had been minted long ago."""

from __future__ import annotations

import asyncio
import json
import secrets
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

from bench.client import Channel, Seen, Server, version_of, watch
from tools.control_plane.api import MERGE, OPERATOR
from tools.control_plane.resources import api_token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextlib import AbstractAsyncContextManager

__all__ = ["CREDENTIAL", "GROUP", "NAMESPACE", "TOKENS", "Json", "Minted", "Mints", "following", "put_minted"]

NAMESPACE = "bench"
CREDENTIAL = "load"
GROUP = "/apis/access.pharia.ai/v1alpha1"
TOKENS = f"{GROUP}/namespaces/{NAMESPACE}/apitokens"

_READY_SECONDS = 60.0
_CHANNELS = 16

Json = dict[str, Any]


@asynccontextmanager
async def following(server: Server, path: str, take: Callable[[Seen], None]) -> AsyncIterator[None]:
    """Hand every change below `path` from now on to `take`, until the end of the block."""
    since = await version_of(server, path)

    async def follow() -> None:
        async for seen in watch(server, path, since=since):
            take(seen)

    task = asyncio.create_task(follow())
    try:
        yield
        if task.done():
            task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class Minted:
    """How it went: seconds for all, and from each token's creation to its Ready."""

    count: int
    seconds: float
    latencies: list[float] = field(repr=False)

    @property
    def rate(self) -> float:
        """Mints per second."""
        return self.count / self.seconds

    def percentile(self, percent: float) -> float:
        """Seconds that so many percent did not exceed (nearest rank)."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


class Mints:
    """Creates tokens in a closed loop: each worker creates one, waits until it is Ready, and goes on."""

    def __init__(self, server: Server, prefix: str) -> None:
        self._server = server
        self._prefix = prefix
        self._waiting: dict[str, asyncio.Future[float]] = {}
        self._serial = 0

    async def run(self, count: int, *, at_a_time: int, **spec: object) -> Minted:
        """Mint so many. Raises ClientError, TimeoutError."""
        async with self.following():
            return await self.mint(iter(range(count)), at_a_time=at_a_time, **spec)

    def following(self) -> AbstractAsyncContextManager[None]:
        """See when tokens become Ready: needed around `mint`, which `run` does by itself."""
        return following(self._server, TOKENS, self._take)

    async def mint(self, numbers: Iterator[int], *, at_a_time: int, **spec: object) -> Minted:
        """Mint one for each of the numbers, which may go on until something has happened."""
        latencies: list[float] = []
        began = perf_counter()
        async with asyncio.TaskGroup() as workers:
            for _ in range(at_a_time):
                workers.create_task(self._work(numbers, latencies, spec))
        return Minted(len(latencies), perf_counter() - began, latencies)

    async def _work(self, numbers: Iterator[int], latencies: list[float], spec: Json) -> None:
        channel = await Channel.open(self._server)
        try:
            for _ in numbers:
                latencies.append(await self._mint(channel, spec))  # noqa: PERF401 - one by one, while others add theirs
        finally:
            channel.close()

    async def _mint(self, channel: Channel, spec: Json) -> float:
        self._serial += 1
        name = f"{self._prefix}-{self._serial}"
        ready: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting[name] = ready
        body = json.dumps(api_token(NAMESPACE, name, credentialRef={"name": CREDENTIAL}, **spec)).encode()
        began = perf_counter()
        await channel.send("POST", TOKENS, body)
        async with asyncio.timeout(_READY_SECONDS):
            return await ready - began

    def _take(self, seen: Seen) -> None:
        waiting = self._waiting.pop(seen.name, None) if seen.ready else None
        if waiting is not None and not waiting.done():
            waiting.set_result(perf_counter())


async def put_minted(server: Server, template: Json, names: list[str], *, expires_at: str | None = None) -> None:
    """Put tokens there as they are after their mint, like `template`: as the operator, which must not run meanwhile."""
    remaining = iter(names)

    async def put() -> None:
        channel = await Channel.open(server)
        try:
            for name in remaining:
                token, status = _copies(template, name, expires_at)
                await channel.send("POST", TOKENS, json.dumps(token).encode())
                patch = json.dumps({"status": status}).encode()
                await channel.send("PATCH", f"{TOKENS}/{name}/status", patch, form=MERGE, user=OPERATOR)
        finally:
            channel.close()

    async with asyncio.TaskGroup() as workers:
        for _ in range(_CHANNELS):
            workers.create_task(put())


def _copies(template: Json, name: str, expires_at: str | None) -> tuple[Json, Json]:
    """An object and its status, as the template's but for the name, the ID and the end."""
    text = json.dumps(template["status"])
    if expires_at is not None:  # in the messages too, or the operator would put them right
        text = text.replace(template["status"]["expiresAt"], expires_at)
    status = json.loads(text) | {"tokenID": _token_id()}
    status["delivery"]["secretName"] = f"{name}-token"
    token = api_token(NAMESPACE, name, **template["spec"])
    token["metadata"] |= {key: template["metadata"][key] for key in ("ownerReferences",) if key in template["metadata"]}
    return token, status


def _token_id() -> str:
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    return "".join(secrets.choice(alphabet) for _ in range(16))
