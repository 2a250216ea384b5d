"""How soon a change at the API server is in the row of an open page, and what an idle page sends: `bench console`."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from statistics import quantiles
from typing import TYPE_CHECKING, Final

from bench.bench_cluster import BenchCluster, say
from bench.client import Channel
from bench.console_findings import Findings, at_most, spread
from bench.console_tokens import COUNT, NAMESPACES, opened_console, put_tokens
from tools.browser.chromium import chromium
from tools.control_plane.api import MERGE

if TYPE_CHECKING:
    from playwright.async_api import Page


__all__ = ["measure"]

_CHANGES: Final = 100
_APART_SECONDS: Final = 0.6
"""The script asks for its page at most each quarter of a second: what comes sooner waits for that."""
_IDLE_SECONDS: Final = 30.0
_TOKENS: Final = "/apis/access.pharia.ai/v1alpha1/namespaces/{namespace}/apitokens/{name}"
_REVOKED: Final = b'{"spec":{"revoked":true}}'
_LIVE: Final = "() => /^Live/.test(document.getElementById('live').textContent)"
_UNTIL_REVOKED: Final = """(name) => new Promise((told) => {
  const rows = [...document.querySelectorAll("#tokens tbody tr")];
  const row = rows.find((each) => each.querySelector("a").textContent === name);
  const look = () => /Revoked/.test(row.innerText) && told(performance.timeOrigin + performance.now());
  const all = { subtree: true, childList: true, characterData: true };
  new MutationObserver(look).observe(document.getElementById("main"), all);
})"""


@dataclass(slots=True)
class Told:
    """Milliseconds from the request that changes a token to its row; what an idle page asked and heard meanwhile."""

    everywhere: list[float] = field(default_factory=list)
    namespace: list[float] = field(default_factory=list)
    requests: int = 0
    heard: int = 0
    asked: int = 0


def measure(place: BenchCluster, findings: Findings) -> None:
    """Revoke tokens one by one while their row is on the screen."""
    put_tokens(place, COUNT)
    told = asyncio.run(_told(place))
    why = "two requests of 10 to 40 ms: the stream's word, then the page anew"
    findings.bounds += [
        at_most(200, f"{COUNT:,} tokens: from the change to the row, 99 of 100, ms", _p99(told.everywhere), why),
        at_most(
            200,
            f"a namespace of {COUNT // NAMESPACES}: from the change to the row, 99 of 100, ms",
            _p99(told.namespace),
            why,
        ),
        at_most(1, "an idle page: events in 10 s", told.heard / (_IDLE_SECONDS / 10), "the stream's heartbeat"),
        at_most(0, "an idle page: requests in 30 s", told.requests, "nothing polls"),
    ]
    findings.spreads += [
        spread(f"{COUNT:,} tokens: from the change to the row", told.everywhere),
        spread(f"a namespace of {COUNT // NAMESPACES} tokens: from the change to the row", told.namespace),
    ]
    findings.notes.append(
        f"The change counts from the moment when the request that makes it is sent. Of an idle page the API server "
        f"answered {told.asked} requests in {_IDLE_SECONDS:.0f} s: whether it is there, and watches that were renewed."
    )


def _p99(values: list[float]) -> float:
    return quantiles(values, n=100, method="inclusive")[-1]


async def _told(place: BenchCluster) -> Told:
    told = Told()
    channel = await Channel.open(place.server)
    async with chromium() as browser, opened_console(place, browser, "live") as (console, page):
        say(f"changing {_CHANGES} tokens, twice")
        await _change(page, f"{console.home}/tokens", channel, told.everywhere)
        address = f"{console.home}/namespaces/team-001/tokens"
        await _change(page, address, channel, told.namespace, namespace="team-001")
        await _idle(place, page, told)
    channel.close()
    return told


async def _change(page: Page, address: str, channel: Channel, told: list[float], *, namespace: str = "") -> None:
    """Revoke the tokens of the page, one after the other."""
    await page.goto(f"{address}?state=active", wait_until="load", timeout=60_000)
    keys = await page.locator("#tokens input[name=token]").evaluate_all("(all) => all.map((each) => each.value)")
    await page.goto(f"{address}?sort=name&q={namespace or 'token-'}", wait_until="load")
    await page.wait_for_function(_LIVE, timeout=60_000)
    shown = await page.locator("#tokens input[name=token]").evaluate_all("(all) => all.map((each) => each.value)")
    for key in [each for each in shown if each in keys][:_CHANGES]:
        await asyncio.sleep(_APART_SECONDS)
        where, _, name = key.partition("/")
        seen = asyncio.ensure_future(page.evaluate(_UNTIL_REVOKED, name))
        await asyncio.sleep(0.05)  # it looks
        began = time.time()  # noqa: TID251 - the browser has no other clock that we have too
        await channel.send("PATCH", _TOKENS.format(namespace=where, name=name), _REVOKED, form=MERGE)
        async with asyncio.timeout(10):
            told.append(await seen - began * 1000)


async def _idle(place: BenchCluster, page: Page, told: Told) -> None:
    """Leave the page alone."""
    say(f"leaving a page alone for {_IDLE_SECONDS:.0f} s")
    await asyncio.sleep(5)  # what the last change set off is over
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    events: list[object] = []
    session.on("Network.eventSourceMessageReceived", lambda event: events.append(event))  # noqa: PLW0108 - it marks its listeners
    requests: list[object] = []
    page.on("request", lambda request: requests.append(request))  # noqa: PLW0108 - the same
    start = place.control_plane.audit_log.stat().st_size
    await asyncio.sleep(_IDLE_SECONDS)
    told.heard, told.requests = len(events), len(requests)
    asked = place.control_plane.audit_events('"userAgent":"pharia-access-console/', since=start)
    told.asked = sum(event.get("stage") == "ResponseComplete" for event in asked)
