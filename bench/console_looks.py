"""One look at the list of tokens, in a browser: as a first one, as a new document, and in the open page."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from playwright.async_api import Page

__all__ = ["Looked", "NotShownError", "another_look", "first_look", "look_over", "turned"]

_FIRST_VIEW_MS: Final = 120_000
_TIMES: Final = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return [page.responseEnd - page.requestStart, paint.startTime];
}"""
_TURNED: Final = """(asked) => new Promise((told) => {
  const link = document.querySelector("#tokens thead a");
  link.search = asked;
  performance.clearResourceTimings();
  const began = performance.now();
  new MutationObserver((_, observer) => {
    observer.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => {
      const request = performance.getEntriesByType("resource").find((each) => each.initiatorType === "xmlhttprequest");
      told([request.responseEnd - request.requestStart, performance.now() - began]);
    }));
  }).observe(document.getElementById("main"), { subtree: true, childList: true, characterData: true });
  link.click();
})"""
"""Clicks, and waits until the frame after the one with the new rows begins: the rows are painted by then."""
_APART_SECONDS: Final = 0.3
_PAINTED: Final = "() => performance.getEntriesByName('first-contentful-paint').length"


class NotShownError(Exception):
    """Instead of its rows the page says something else."""


@dataclass(slots=True)
class Looked:
    """Milliseconds of each look, and MiB that each console takes on."""

    head: list[float] = field(default_factory=list)
    cold: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)
    turned: list[float] = field(default_factory=list)
    paint: list[float] = field(default_factory=list)
    overview: list[float] = field(default_factory=list)
    taken: list[float] = field(default_factory=list)
    html: int = 0
    names: int = 0
    moments: int = 0
    frame: int = 0


async def first_look(page: Page, address: str, looked: Looked) -> None:
    """Until the first hundred rows are there. Raises NotShownError."""
    began = perf_counter()
    await page.goto(address, wait_until="load", timeout=_FIRST_VIEW_MS)
    if not await page.locator("#tokens tbody tr").nth(99).is_visible():
        seconds, instead = perf_counter() - began, await page.locator("main").inner_text()
        message = f"After {seconds:.0f} s it said: {' '.join(instead.split())}"
        raise NotShownError(message)
    looked.cold.append((perf_counter() - began) * 1000)
    await page.wait_for_function(_PAINTED)
    looked.head.append((await page.evaluate(_TIMES))[1])
    _weigh(await (await page.request.get(address)).text(), looked)


def _weigh(html: str, looked: Looked) -> None:
    """What the document's bytes are."""
    rows = html.partition("<tbody>")[2].partition("</tbody>")[0]
    looked.html, looked.frame = len(html.encode()), len(html.encode()) - len(rows.encode())
    looked.moments = sum(map(len, re.findall(r"<td title=[^<]*", rows)))
    looked.names = sum(map(len, re.findall(r"<tr>.*?<td>team-[^<]*", rows)))


async def turned(page: Page, asked: str, looked: Looked) -> None:
    """Sort or filter in the open page, as a person does who has script."""
    server, whole = await page.evaluate(_TURNED, asked)
    looked.server.append(server)
    looked.turned.append(whole)
    await asyncio.sleep(_APART_SECONDS)


async def another_look(page: Page, address: str, looked: Looked) -> None:
    """As a new document."""
    await page.goto(address, wait_until="load")
    await page.wait_for_function(_PAINTED)
    looked.paint.append((await page.evaluate(_TIMES))[1])


async def look_over(page: Page, address: str, looked: Looked) -> None:
    """The overview."""
    await page.goto(address, wait_until="load")
    await page.wait_for_function(_PAINTED)
    looked.overview.append((await page.evaluate(_TIMES))[0])
