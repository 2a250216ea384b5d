"""How soon `kubectl access console` shows its first page, and what a page costs: `python -m bench console`.

In a real browser, with a list of 100 credentials, and with 10,000 tokens in 200 namespaces. Writes
bench/results/console.md.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import perf_counter
from typing import TYPE_CHECKING

import psutil

from bench import console_tokens
from bench.bench_cluster import BenchCluster, bench_cluster, say
from bench.meters import bind_to_cores, machine
from bench.report import Target, table, targets, write
from bench.tokens import NAMESPACE
from tools.browser.chromium import chromium
from tools.browser.console_process import RunningConsole, start_console
from tools.control_plane.resources import api_credential, api_role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.async_api import Browser, Page

    from bench.console_tokens import Looked

__all__ = ["main"]

ROUNDS = 30
_ROWS = 100
_TIMES = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return [page.responseStart - page.requestStart, paint.startTime];
}"""
_PAINTED = "() => performance.getEntriesByName('first-contentful-paint').length"
_HEAD = """\
# `kubectl access console`: the first page, and what a page costs

Written by `python -m bench console`: medians of {rounds} rounds, each with a console and a browser's profile of its
own, on two cores that the API server and the browser share. The browser runs already; byte code is cached. The page is
the list of {rows} credentials. Tokens in many namespaces are looked at by one session, which keeps a long list for a
minute: five times read anew, then sorted, filtered and turned over.

{machine}

"""


@dataclass(slots=True)
class Measured:
    """One number a round; milliseconds, bytes, MiB."""

    link: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)
    paint: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)


def main() -> int:
    """Measure and write; the exit status."""
    cores = bind_to_cores()
    about = machine(cores)
    with bench_cluster() as place:
        _put(place)
        say(f"opening a console {ROUNDS} times")
        measured = asyncio.run(_measured(place))
        looked = asyncio.run(console_tokens.look(place, console_tokens.put_tokens(place)))
    write("console", _HEAD.format(rounds=ROUNDS, rows=_ROWS, machine=about) + _results(measured, looked))
    return 0


def _put(place: BenchCluster) -> None:
    roles = [api_role(f"role-{number}") for number in range(3)]
    names = [role["metadata"]["name"] for role in roles]
    credentials = [api_credential(NAMESPACE, f"credential-{number:03}", roles=names) for number in range(_ROWS - 1)]
    listing = json.dumps({"apiVersion": "v1", "kind": "List", "items": [*roles, *credentials]})
    place.control_plane.kubectl("apply", "--filename=-", stdin=listing, timeout=120)


async def _measured(place: BenchCluster) -> Measured:
    measured = Measured()
    with place.operator("seen"):  # each credential says whether its roles are in force
        async with chromium() as browser:
            for number in range(ROUNDS + 1):
                await _opened(place, browser, number, measured if number else Measured())  # the first one warms up
    return measured


async def _opened(place: BenchCluster, browser: Browser, number: int, measured: Measured) -> None:
    """Start a console, open it, and look at its first page twice."""
    began = perf_counter()
    console = start_console(place.control_plane, place.root / f"console-{number}", f"--namespace={NAMESPACE}")
    measured.link.append((perf_counter() - began) * 1000)
    context = await browser.new_context()
    try:
        page = await context.new_page()
        await console.open(page)
        measured.first.append((perf_counter() - began) * 1000)
        await _looked(page, measured)
        measured.memory.append(_memory(console))
    finally:
        await context.close()
        console.process.stop()


async def _looked(page: Page, measured: Measured) -> None:
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url))
    answer = await page.reload(wait_until="load")
    await page.wait_for_function(_PAINTED)
    server, paint = await page.evaluate(_TIMES)
    measured.server.append(server)
    measured.paint.append(paint)
    measured.sizes = {"requests": len(asked), "HTML": len(await answer.body()) if answer else 0}
    for name in ("script", "link[rel=stylesheet]"):
        address = await page.locator(name).evaluate("(node) => node.src || node.href")
        file = await page.request.get(address)
        measured.sizes[name.partition("[")[0]] = len(await file.body())


def _memory(console: RunningConsole) -> float:
    return float(psutil.Process(console.process.pid).memory_info().rss) / 2**20


def _results(measured: Measured, looked: Looked) -> str:
    sizes = measured.sizes
    verdicts = [
        Target("from the command to the first page, signed in, s", median(measured.first) / 1000, at_most=2),
        Target(f"list of {_ROWS}: the server, ms", median(measured.server), at_most=20),
        Target(f"list of {_ROWS}: first paint, ms", median(measured.paint), at_most=300),
        Target(f"list of {_ROWS}: HTML, kB", sizes["HTML"] / 1000, at_most=40),
        Target("script, kB", sizes["script"] / 1000, at_most=15),
        Target("style sheet, kB", sizes["link"] / 1000, at_most=15),
        Target("requests of a page", sizes["requests"], at_most=6),
        Target("resident memory of the console, MiB", median(measured.memory), at_most=120),
        *looked.targets(),
    ]
    rows = [
        _row("from the command to its link", measured.link),
        _row("from the command to the first page, signed in", measured.first),
        _row(f"list of {_ROWS}: from the request to the first byte", measured.server),
        _row(f"list of {_ROWS}: first contentful paint", measured.paint),
        _row(f"{looked.count:,} tokens: read anew, to the first 100 rows", looked.cold),
        _row(f"{looked.count:,} tokens: sorted or filtered, first contentful paint", looked.paint),
    ]
    ends = f"Load average of the machine at the end: {psutil.getloadavg()[0]:.1f}."
    return f"{targets(verdicts)}\n\n{table(['ms', 'fastest', 'median', '9 of 10 at most'], rows)}\n\n{ends}"


def _row(what: str, values: Sequence[float]) -> list[str]:
    return [what, *(f"{value:.0f}" for value in (min(values), median(values), quantiles(values, n=10)[-1]))]
