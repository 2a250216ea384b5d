"""What the console's list of tokens costs at scale, in 200 namespaces: part of `python -m bench console`.

Tokens are put where the API server keeps them: nobody can tell them from those that it wrote.
"""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import asynccontextmanager
from itertools import islice
from statistics import median
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import psutil

from bench.bench_cluster import BenchCluster, say
from bench.console_findings import Findings, at_most, spread
from bench.console_looks import Looked, NotShownError, another_look, first_look, look_over, turned
from bench.tokens import CREDENTIAL, NAMESPACE
from tools.browser.chromium import chromium
from tools.browser.console_process import RunningConsole, start_console
from tools.control_plane.etcd import ask_etcd
from tools.control_plane.processes import wait_until
from tools.control_plane.resources import api_credential

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from playwright.async_api import Browser, Page

__all__ = ["COUNT", "NAMESPACES", "measure", "measure_huge", "memory_of", "opened_console", "put_tokens"]

Json = dict[str, Any]

NAMESPACES: Final = 200
COUNT: Final = 10_000
HUGE: Final = 100_000
ROUNDS: Final = 30
_FIRST_VIEWS: Final = 10
_HUGE_ROUNDS: Final = 10
_AT_A_TIME: Final = 100
_REGISTRY: Final = "/registry/access.pharia.ai/apitokens"
_TOKENS: Final = "/apis/access.pharia.ai/v1alpha1/apitokens"
_ASKED: Final = ("sort=-used", "sort=expires", "state=active&q=team-1", "unused=7d&sort=-name", "page=50")


def measure(place: BenchCluster, findings: Findings) -> None:
    """Look at 10,000 tokens for the first time, each time with another console; then sort and filter them."""
    put_tokens(place, COUNT)
    looked = asyncio.run(_looked(place, first_views=_FIRST_VIEWS, looks=ROUNDS))
    many = f"{COUNT:,} tokens"
    findings.bounds += [
        at_most(
            3,
            f"{many}: first view, to its first 100 rows, s",
            median(looked.cold) / 1000,
            "the API server writes, and kubectl proxy passes on, 34 MB; reading them is 0.2 s of CPU",
        ),
        at_most(
            50,
            f"{many}: sorted or filtered, the server, ms",
            median(looked.server),
            "template, sorting and filtering; the rest is waiting for a core",
        ),
        at_most(
            100,
            f"{many}: sorted or filtered, to paint, ms",
            median(looked.turned),
            "the server, then reading, layout and paint of 900 cells; before: a new document",
        ),
        at_most(
            40,
            f"{many}: HTML of 100 rows, kB",
            looked.html / 1000,
            f"a row's names and addresses {looked.names / 1000:.0f} kB, its moments in words and for machines "
            f"{looked.moments / 1000:.0f} kB, the frame {looked.frame / 1000:.0f} kB",
        ),
        at_most(
            15,
            f"{many}: memory that a signed-in scope takes, MiB",
            median(looked.taken),
            "a summary of 0.8 kB a token; the rest is what Python's allocator keeps of the list",
        ),
    ]
    findings.spreads += _spreads(many, looked)


def measure_huge(place: BenchCluster, findings: Findings) -> None:
    """The same with 100,000, a few times: whether overview and filters still answer."""
    put_tokens(place, HUGE)
    many = f"{HUGE:,} tokens"
    try:
        looked = asyncio.run(_looked(place, first_views=1, looks=_HUGE_ROUNDS))
    except NotShownError as error:
        findings.notes.append(f"{many}: the first view did not show its rows. {error}")
        return
    findings.spreads += _spreads(many, looked)
    findings.notes.append(
        f"{many}: the first view took {looked.cold[0] / 1000:.1f} s; the console "
        f"took {looked.taken[0]:.0f} MiB for them. Overview and filters answered in the times above."
    )


def _spreads(many: str, looked: Looked) -> list[list[str]]:
    return [
        spread(f"{many}: first view, to the page's head", looked.head),
        spread(f"{many}: first view, to its first 100 rows", looked.cold),
        spread(f"{many}: sorted or filtered, from the request to the last byte", looked.server),
        spread(f"{many}: sorted or filtered in the open page, from the click to the frame after", looked.turned),
        spread(f"{many}: sorted or filtered as a new document, first contentful paint", looked.paint),
        spread(f"{many}: overview, from the request to the last byte", looked.overview),
    ]


def put_tokens(place: BenchCluster, count: int) -> None:
    """Put them there, unless they are."""
    if _listed(place) > count:
        return
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
    wait_until(lambda: _cached(place, count - 1), what="they are in the API server's cache", timeout=300)


def _listed(place: BenchCluster) -> int:
    """How many the API server knows of, without all of them being sent."""
    listed = json.loads(place.control_plane.kubectl("get", "--raw", f"{_TOKENS}?limit=1", timeout=60).stdout)
    return len(listed["items"]) + int(listed["metadata"].get("remainingItemCount", 0))


def _cached(place: BenchCluster, number: int) -> bool:
    """Whether it serves that token from memory. Until then it reads whole lists from etcd, at five times the cost."""
    path = _TOKENS.replace("apitokens", f"namespaces/{_namespace(number)}/apitokens")
    query = f"resourceVersion=0&fieldSelector=metadata.name%3D{_name(number)}"
    return bool(json.loads(place.control_plane.kubectl("get", "--raw", f"{path}?{query}", timeout=60).stdout)["items"])


def _namespace(number: int) -> str:
    return f"team-{number % NAMESPACES:03}"


def _name(number: int) -> str:
    return f"token-{number:05}"


def _copies(place: BenchCluster, template: Json, uids: dict[str, str], count: int) -> Iterator[Json]:
    """Puts of tokens as etcd holds the template; each fifth was never used."""
    key = f"{_REGISTRY}/{NAMESPACE}/{template['metadata']['name']}"
    answer = ask_etcd(place.control_plane, "/v3/kv/range", {"key": _base64(key)})
    stored = json.loads(base64.b64decode(answer["kvs"][0]["value"]))
    for number in range(count):
        namespace, name = _namespace(number), _name(number)
        used = {} if number % 5 == 0 else {"lastUsedTime": f"2026-11-{number % 28 + 1:02}T10:00:00Z"}
        own = {"namespace": namespace, "name": name, "uid": str(uuid4())}
        credential = {"name": CREDENTIAL, "uid": uids[namespace]}
        status = stored["status"] | used | {"credential": credential}
        body = json.dumps(stored | {"metadata": stored["metadata"] | own, "status": status}, separators=(",", ":"))
        yield {"requestPut": {"key": _base64(f"{_REGISTRY}/{namespace}/{name}"), "value": _base64(body)}}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


async def _looked(place: BenchCluster, *, first_views: int, looks: int) -> Looked:
    say(f"looking at them, {first_views} times for the first time")
    looked = Looked()
    async with chromium() as browser:
        for number in range(first_views):
            async with opened_console(place, browser, f"tokens-{number}") as (console, page):
                before = memory_of(console)
                await first_look(page, f"{console.home}/tokens", looked)
                looked.taken.append(memory_of(console) - before)
                for again in range(looks if number == first_views - 1 else 0):
                    await turned(page, f"?{_ASKED[again % len(_ASKED)]}", looked)
                for again in range(looks if number == first_views - 1 else 0):
                    await another_look(page, f"{console.home}/tokens?{_ASKED[again % len(_ASKED)]}", looked)
                    await look_over(page, f"{console.home}/overview", looked)
    return looked


@asynccontextmanager
async def opened_console(
    place: BenchCluster, browser: Browser, name: str
) -> AsyncIterator[tuple[RunningConsole, Page]]:
    """A console of its own, with a browser's profile of its own that is signed in."""
    console = start_console(place.control_plane, place.root / f"console-{name}", f"--namespace={NAMESPACE}")
    context = await browser.new_context()
    try:
        page = await context.new_page()
        await console.open(page)
        yield console, page
    finally:
        await context.close()
        console.process.stop()


def memory_of(console: RunningConsole) -> float:
    """What of it is resident, in MiB."""
    return float(psutil.Process(console.process.pid).memory_info().rss) / 2**20
