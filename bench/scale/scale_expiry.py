"""The last phase of `bench scale`: many tokens end in the same second."""

from __future__ import annotations

import asyncio
import json
import os
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import cycle
from typing import TYPE_CHECKING

from bench.bench_cluster import say
from bench.checks.check_client import CheckConnection
from bench.client import Channel
from bench.meters import Burden
from bench.scale.scale_cluster import Figures, ScaleCluster
from bench.tokens import TOKENS, Minted, Mints, following
from pharia_access.domain.times import format_time
from tools.control_plane.api import MERGE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from bench.client import Seen

__all__ = ["expiry"]

MARK_SECONDS = 600
"""How long after their end all must be marked, or the run fails; the target is shorter."""
SAMPLE = 100
ROUGHLY_SECONDS = 1.0
"""How long before its end a token may be refused: the verifier heeds the later of two clocks."""

WARM_UP_SECONDS = 5.0
"""How long before the end somebody begins to mint: few tokens are marked in less time than a first connection takes."""

PAUSE_SECONDS = 0.005
"""Between two questions."""

_CHANNELS = 8


@dataclass(slots=True)
class Ending:
    """What was seen of the tokens that end, in seconds after their end."""

    end: float
    names: set[str]
    marked: dict[str, float] = field(default_factory=dict)
    complete: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0
    accepted: int = 0

    def take(self, seen: Seen) -> None:
        """Take in a change."""
        if seen.phase == "Expired" and seen.name in self.names:
            self.marked.setdefault(seen.name, _now() - self.end)
            if len(self.marked) == len(self.names):
                self.complete.set()

    async def ask_on(self, asker: CheckConnection, texts: list[str]) -> None:
        """Ask about a sample until all are marked; what is asked from the end on must be refused."""
        for text in cycle(texts):
            left = self.end - _now()
            late, accepted = left <= 0, await asker.ask(text) == HTTPStatus.OK
            if left > ROUGHLY_SECONDS and not accepted:
                message = f"a good token was refused {left:.3f} s before its end"
                raise TimeoutError(message)
            self.asked += late
            self.accepted += late and accepted
            await asyncio.sleep(PAUSE_SECONDS)


def expiry(scale_cluster: ScaleCluster) -> Figures:
    """The ends of many tokens are brought forward to one second, and what happens then is watched."""
    count = scale_cluster.plan.expiring
    end = datetime.fromtimestamp(int(_now()), UTC) + timedelta(seconds=40 + 0.025 * count)
    ending = Ending(end.timestamp(), {f"t{number}" for number in range(count)})
    minted, cpu = asyncio.run(_expiry(scale_cluster, ending))
    last = max(ending.marked.values())
    say(f"the last of {count} was marked after {last:.1f} s; {ending.accepted} of {ending.asked} were accepted late")
    return {
        "Expiry: tokens that end in one second": count,
        "Expiry: asked after their end": ending.asked,
        "Expiry: accepted after their end": ending.accepted,
        "Expiry: the last marked, s": last,
        "Expiry: mints meanwhile": minted.count,
        "Expiry: p99 of the mints meanwhile, s": minted.percentile(99),
        **{f"Expiry: {name}, ms of CPU a token": 1000 * seconds / count for name, seconds in cpu.items()},
    }


async def _expiry(scale_cluster: ScaleCluster, ending: Ending) -> tuple[Minted, dict[str, float]]:
    await _bring_forward(scale_cluster, ending)
    if _now() > ending.end - WARM_UP_SECONDS:
        message = "the tokens ended before all their ends were set: the machine is too slow for this"
        raise TimeoutError(message)
    say("waiting for their end")
    mints = Mints(scale_cluster.cluster.server, "meanwhile")
    async with (
        _asked(scale_cluster, ending),
        following(scale_cluster.cluster.server, TOKENS, ending.take),
        mints.following(),
    ):
        await asyncio.sleep(ending.end - _now() - WARM_UP_SECONDS)
        await mints.mint(_until(lambda: _now() > ending.end), at_a_time=1)
        burden = Burden({**scale_cluster.pids(), "this benchmark": os.getpid()})
        minting = asyncio.create_task(mints.mint(_until(ending.complete.is_set), at_a_time=1))
        async with asyncio.timeout(MARK_SECONDS):
            await ending.complete.wait()
        cpu = burden.seconds()
        return await minting, cpu


async def _bring_forward(scale_cluster: ScaleCluster, ending: Ending) -> None:
    say(f"{len(ending.names)} ends are brought forward")
    remaining = iter(sorted(ending.names))
    body = json.dumps({"spec": {"expiresAt": format_time(datetime.fromtimestamp(ending.end, UTC))}}).encode()

    async def patch() -> None:
        channel = await Channel.open(scale_cluster.cluster.server)
        for name in remaining:
            await channel.send("PATCH", f"{TOKENS}/{name}", body, form=MERGE)
        channel.close()

    async with asyncio.TaskGroup() as workers:
        for _ in range(_CHANNELS):
            workers.create_task(patch())


@asynccontextmanager
async def _asked(scale_cluster: ScaleCluster, ending: Ending) -> AsyncIterator[None]:
    """Some of them are asked about all the time."""
    asker = await CheckConnection.of(scale_cluster.running_verifier)
    texts = scale_cluster.texts[: min(SAMPLE, scale_cluster.plan.expiring)]
    asking = asyncio.create_task(ending.ask_on(asker, texts))
    try:
        yield
        if asking.done():
            asking.result()
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        asker.close()


def _until(over: Callable[[], bool]) -> Iterator[int]:
    """Numbers, one at least, until it is over."""
    number = 0
    while number == 0 or not over():
        yield number
        number += 1


def _now() -> float:
    return time.time()  # noqa: TID251 - ends of tokens are on the wall clock
