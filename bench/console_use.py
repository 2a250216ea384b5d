"""The console in use: many tabs at once, and a session that goes on, part of `python -m bench console`.

`BENCH_USE_SECONDS` says how long it goes on; what is promised is an hour. `BENCH_USE_PAUSE_SECONDS` is waited between
two pages, as by a person who reads; nothing by default.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from itertools import cycle
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Final

from bench.bench_cluster import BenchCluster, say
from bench.client import Channel
from bench.console_findings import Findings, at_most, spread
from bench.console_tokens import COUNT, memory_of, opened_console, put_tokens
from tools.browser.chromium import chromium
from tools.control_plane.api import MERGE

if TYPE_CHECKING:
    from playwright.async_api import Page

__all__ = ["measure_tabs", "measure_use"]

_TABS: Final = 50
_SAMPLE_SECONDS: Final = 5.0
_LOOKS: Final = (
    "tokens?sort=-used",
    "tokens?state=active&q=team-1",
    "overview",
    "tokens?page=50",
    "namespaces/team-007/tokens",
    "namespaces/team-007/credentials",
    "namespaces/team-007/roles",
    "namespaces/team-007/audit",
)
_PATH: Final = "/apis/access.pharia.ai/v1alpha1/namespaces/team-{number:03}/apitokens/token-{number:05}"


@dataclass(slots=True)
class Used:
    """MiB of the console over time, and milliseconds of each look."""

    seconds: float = 0.0
    memory: list[float] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)


def measure_tabs(place: BenchCluster, findings: Findings) -> None:
    """Open many tabs of one browser."""
    put_tokens(place, COUNT)
    loads = asyncio.run(_tabs(place))
    findings.bounds.append(
        at_most(
            0,
            f"{_TABS} tabs: how many did not load",
            _TABS - len(loads),
            "a browser has six connections: four tabs listen, the others look every 25 s",
        )
    )
    findings.spreads.append(spread(f"{_TABS} tabs of {COUNT:,} tokens: each one's load", loads))


async def _tabs(place: BenchCluster) -> list[float]:
    loads: list[float] = []
    async with chromium() as browser, opened_console(place, browser, "tabs") as (console, first):
        say(f"opening {_TABS} tabs")
        for _ in range(_TABS):
            page = await first.context.new_page()
            began = perf_counter()
            await page.goto(f"{console.home}/tokens", wait_until="domcontentloaded", timeout=60_000)
            if await page.locator("#tokens tbody tr").count():
                loads.append((perf_counter() - began) * 1000)
    return loads


def measure_use(place: BenchCluster, findings: Findings) -> None:
    """Go from page to page while tokens change."""
    put_tokens(place, COUNT)
    seconds = float(os.environ.get("BENCH_USE_SECONDS", "3600"))  # noqa: TID251 - a benchmark's own setting
    pause = float(os.environ.get("BENCH_USE_PAUSE_SECONDS", "0"))  # noqa: TID251 - the same
    used = asyncio.run(_used(place, seconds, pause))
    quarter = len(used.memory) // 4
    early, late = median(used.memory[quarter : 2 * quarter]), median(used.memory[-quarter:])
    findings.bounds.append(
        at_most(
            5,
            f"in use for {used.seconds / 60:.0f} of the promised 60 min: memory from the 2nd to the last quarter, MiB",
            late - early,
            "what a session keeps is what it follows",
        )
    )
    findings.spreads.append(spread("in use: a page, from the click to its load", used.looks))
    findings.notes.append(
        f"In use for {used.seconds / 60:.1f} min, with {len(used.looks)} pages and a token changed before each: "
        f"{used.memory[0]:.0f} MiB at first, {early:.0f} in the second quarter, {late:.0f} in the last one. "
        f"Between two pages {pause:.0f} s were waited, as by a person who reads."
    )


async def _used(place: BenchCluster, seconds: float, pause: float) -> Used:
    used, began = Used(), perf_counter()
    channel = await Channel.open(place.server)
    async with chromium() as browser, opened_console(place, browser, "use") as (console, page):
        say(f"using it for {seconds:.0f} s")
        sampled = -_SAMPLE_SECONDS
        for number, look in enumerate(cycle(_LOOKS)):
            used.seconds = perf_counter() - began
            if used.seconds >= seconds:
                break
            await _describe(channel, number)
            await _look(page, f"{console.home}/{look}", used)
            await asyncio.sleep(pause)
            if used.seconds - sampled >= _SAMPLE_SECONDS:
                used.memory.append(memory_of(console))
                sampled = used.seconds
    channel.close()
    return used


async def _describe(channel: Channel, number: int) -> None:
    """Change a token as people do, and another each time."""
    path = _PATH.format(number=number % 200)
    await channel.send("PATCH", path, b'{"spec":{"description":"change %d"}}' % number, form=MERGE)


async def _look(page: Page, address: str, used: Used) -> None:
    began = perf_counter()
    await page.goto(address, wait_until="load", timeout=60_000)
    used.looks.append((perf_counter() - began) * 1000)
