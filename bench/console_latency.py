"""How soon `kubectl access console` shows its first page, and what a page costs: part of `python -m bench console`.

In a real browser, with a list of 100 credentials.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import psutil

from bench.bench_cluster import BenchCluster, say
from bench.console_findings import Findings, at_most, spread
from bench.tokens import NAMESPACE
from tools.browser.chromium import chromium
from tools.browser.console_process import RunningConsole, start_console
from tools.control_plane.resources import api_credential, api_role

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page


__all__ = ["ROUNDS", "measure"]

ROUNDS = 30
_ROWS = 100
_TIMES = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return [page.responseStart - page.requestStart, paint.startTime];
}"""
_PAINTED = "() => performance.getEntriesByName('first-contentful-paint').length"
_LIVE = "() => /^Live/.test(document.getElementById('live').textContent)"
_LIVE_MS = 10_000


@dataclass(slots=True)
class Measured:
    """One number a round; milliseconds, bytes, MiB."""

    link: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    unfollowed: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)
    paint: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)


def measure(place: BenchCluster, findings: Findings) -> None:
    """Open a console again and again, and look at its first page."""
    _put(place)
    say(f"opening a console {ROUNDS} times")
    measured = asyncio.run(_measured(place))
    sizes = measured.sizes
    findings.bounds += [
        at_most(
            2,
            "from the command to the first page, signed in, s",
            median(measured.first) / 1000,
            "imports, kubectl proxy, Chromium",
        ),
        at_most(
            20,
            f"list of {_ROWS}: the server, ms",
            median(measured.server),
            "three reviews at the API server of the right to list, side by side; 4 ms of template",
        ),
        at_most(300, f"list of {_ROWS}: first paint, ms", median(measured.paint), "Chromium's layout"),
        at_most(40, f"list of {_ROWS} credentials: HTML, kB", sizes["HTML"] / 1000, "the rows"),
        at_most(15, "script, kB", sizes["script"] / 1000, "by hand, nothing else is loaded"),
        at_most(15, "style sheet, kB", sizes["link"] / 1000, "by hand"),
        at_most(6, "requests of a page", sizes["requests"], "document, script, style sheet, icon"),
        at_most(120, "process at rest, MiB", median(measured.memory), "Python and its modules"),
    ]
    findings.spreads += [
        spread("from the command to its link", measured.link),
        spread("from the command to the first page, signed in", measured.first),
        spread(f"list of {_ROWS}, nothing is followed yet: from the request to the first byte", measured.unfollowed),
        spread(f"list of {_ROWS}: from the request to the first byte", measured.server),
        spread(f"list of {_ROWS}: first contentful paint", measured.paint),
    ]
    findings.notes.append(
        f"The list of {_ROWS} is that of a page that is live, as it is promised: credentials, tokens and roles are "
        f"followed, and the API server says each time whether the person may list them. Before, it was read by three "
        f"lists each time, as a first look still is."
    )


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
    """Look at what is shown, and then, once it is live, anew."""
    await page.wait_for_function(_PAINTED)
    measured.unfollowed.append((await page.evaluate(_TIMES))[0])
    await page.wait_for_function(_LIVE, timeout=_LIVE_MS)
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
