"""What the console's list of tokens costs at scale: 10,000 tokens in 200 namespaces, part of `python -m bench console`.

`BENCH_TOKENS` says how many tokens there are. They are put where the API server keeps them: nobody can tell them from
those that it wrote.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass, field
from itertools import islice
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import psutil

from bench.bench_cluster import BenchCluster, say
from bench.report import Target
from bench.tokens import CREDENTIAL, NAMESPACE
from tools.browser.chromium import chromium
from tools.browser.console_process import RunningConsole, start_console
from tools.control_plane.etcd import ask_etcd
from tools.control_plane.processes import wait_until
from tools.control_plane.resources import api_credential

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.async_api import Page

__all__ = ["NAMESPACES", "Looked", "look", "put_tokens"]

Json = dict[str, Any]

NAMESPACES: Final = 200
ROUNDS: Final = 30
_COLD_ROUNDS: Final = 5
_AT_A_TIME: Final = 100
_REGISTRY: Final = "/registry/access.pharia.ai/apitokens"
_ASKED: Final = ("sort=-used", "sort=expires", "state=active&q=team-1", "unused=7d&sort=-name", "page=50")
_PAINT: Final = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return [page.responseEnd - page.requestStart, paint.startTime];
}"""
_PAINTED: Final = "() => performance.getEntriesByName('first-contentful-paint').length"


@dataclass(slots=True)
class Looked:
    """Milliseconds of each look, bytes of a page, and MiB of the console before and after."""

    count: int = 0
    cold: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)
    paint: list[float] = field(default_factory=list)
    html: int = 0
    before: float = 0.0
    after: float = 0.0

    def targets(self) -> list[Target]:
        """What was promised of it."""
        many = f"{self.count:,} tokens in {NAMESPACES} namespaces"
        return [
            Target(f"{many}: first view, to its first 100 rows, s", median(self.cold) / 1000, at_most=3),
            Target(f"{many}: sorted or filtered, the server, ms", median(self.server), at_most=50),
            Target(f"{many}: sorted or filtered, to paint, ms", median(self.paint), at_most=100),
            Target(f"{many}: HTML of 100 rows, kB", self.html / 1000, at_most=40),
            Target(f"{many}: memory that a session adds, MiB", self.after - self.before, at_most=15),
        ]


def put_tokens(place: BenchCluster) -> int:
    """Put them there; how many."""
    count = int(os.environ.get("BENCH_TOKENS", "10000"))  # noqa: TID251 - a benchmark's own setting
    say(f"putting {count:,} tokens into {NAMESPACES} namespaces")
    template = place.delivered_token()
    names = [f"team-{number:03}" for number in range(NAMESPACES)]
    namespaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in names]
    objects = [*namespaces, *(api_credential(name, CREDENTIAL) for name in names)]
    listing = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    place.control_plane.kubectl("apply", "--filename=-", stdin=listing, timeout=300)
    listed = place.control_plane.kubectl("get", "apicredentials", "--all-namespaces", "--output=json", timeout=60)
    uids = {item["metadata"]["namespace"]: item["metadata"]["uid"] for item in json.loads(listed.stdout)["items"]}
    copies = _copies(place, template, uids, count)
    while some := list(islice(copies, _AT_A_TIME)):
        ask_etcd(place.control_plane, "/v3/kv/txn", {"success": some})
    wait_until(lambda: _listed(place) > count, what="the API server lists them", timeout=60)
    return count


def _listed(place: BenchCluster) -> int:
    listed = place.control_plane.kubectl("get", "apitokens", "--all-namespaces", "--output=name", timeout=60)
    return len(listed.stdout.splitlines())


def _copies(place: BenchCluster, template: Json, uids: dict[str, str], count: int) -> Iterator[Json]:
    """Puts of tokens as etcd holds the template; each fifth was never used."""
    key = f"{_REGISTRY}/{NAMESPACE}/{template['metadata']['name']}"
    answer = ask_etcd(place.control_plane, "/v3/kv/range", {"key": _base64(key)})
    stored = json.loads(base64.b64decode(answer["kvs"][0]["value"]))
    for number in range(count):
        namespace, name = f"team-{number % NAMESPACES:03}", f"token-{number:05}"
        used = {} if number % 5 == 0 else {"lastUsedTime": f"2026-11-{number % 28 + 1:02}T10:00:00Z"}
        own = {"namespace": namespace, "name": name, "uid": str(uuid4())}
        credential = {"name": CREDENTIAL, "uid": uids[namespace]}
        status = stored["status"] | used | {"credential": credential}
        body = json.dumps(stored | {"metadata": stored["metadata"] | own, "status": status}, separators=(",", ":"))
        yield {"requestPut": {"key": _base64(f"{_REGISTRY}/{namespace}/{name}"), "value": _base64(body)}}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


async def look(place: BenchCluster, count: int) -> Looked:
    """Look at them for the first time, then sort and filter."""
    say("looking at them in the console")
    looked = Looked(count)
    console = start_console(place.control_plane, place.root / "console-tokens", f"--namespace={NAMESPACE}")
    try:
        async with chromium() as browser:
            page = await browser.new_page()
            await console.open(page)
            looked.before = _memory(console)
            await _cold(page, console, looked)
            looked.after = _memory(console)
            for number in range(ROUNDS):
                await _again(page, f"{console.home}/tokens?{_ASKED[number % len(_ASKED)]}", looked)
    finally:
        console.process.stop()
    return looked


async def _cold(page: Page, console: RunningConsole, looked: Looked) -> None:
    for _ in range(_COLD_ROUNDS):
        began = perf_counter()
        answer = await page.goto(f"{console.home}/tokens?fresh=yes", wait_until="load")
        await page.locator("#tokens tbody tr").nth(99).wait_for()
        looked.cold.append((perf_counter() - began) * 1000)
        looked.html = len(await answer.body()) if answer else 0


async def _again(page: Page, address: str, looked: Looked) -> None:
    await page.goto(address, wait_until="load")
    await page.wait_for_function(_PAINTED)
    server, paint = await page.evaluate(_PAINT)
    looked.server.append(server)
    looked.paint.append(paint)


def _memory(console: RunningConsole) -> float:
    return float(psutil.Process(console.process.pid).memory_info().rss) / 2**20
