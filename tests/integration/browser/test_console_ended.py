"""A page knows by its clock that a token has ended: no operator runs here that would note it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.support.browser.live_pages import LONG_MS, until_live

if TYPE_CHECKING:
    from tests.support.operators.operator_pool import OperatorPool
    from tools.browser.console_visitor import ConsoleVisitor
    from tools.control_plane.workspace import Workspace


@pytest.fixture
def ended_alone(pool: OperatorPool, workspace: Workspace) -> None:
    """A token whose operator is gone: nobody notes its end."""
    with pool.alone({}):
        workspace.credential()
        workspace.issued()


EXPIRED_LATE = """() => new Promise((resolve) => {
  const state = document.getElementById("state");
  const end = Date.parse(state.dataset.ends);
  const look = () => (state.textContent === "Expired" ? resolve(Date.now() - end) : setTimeout(look, 20));
  look();
})"""


LATE_IN_THE_LIST = """() => new Promise((resolve) => {
  const end = Date.parse(document.querySelector("#tokens td[data-ends]").dataset.ends);
  const row = () => document.querySelector("#tokens tbody tr").textContent;
  const look = () => (row().includes("Expired") ? resolve(Date.now() - end) : setTimeout(look, 20));
  look();
})"""
LATE_ON_THE_OVERVIEW = """() => new Promise((resolve) => {
  const end = Date.parse(document.querySelector("#ending [data-ends]").dataset.ends);
  const active = () => document.querySelector("#counts li a").textContent.trim();
  const look = () => (active().startsWith("0 ") ? resolve(Date.now() - end) : setTimeout(look, 20));
  look();
})"""


SCREENS = (
    (("tokens",), "#tokens td[data-ends]", LATE_IN_THE_LIST),
    (("overview",), "#ending [data-ends]", LATE_ON_THE_OVERVIEW),
    (("tokens", "ci"), "#state[data-ends]", EXPIRED_LATE),
)
"""Where a token's end is seen: the address, what shows when it ends, and a script that waits for it."""


@pytest.mark.usefixtures("ended_alone")
async def test_an_ended_token_is_expired_on_every_screen_within_a_second_and_nobody_said_so(
    anna: ConsoleVisitor, workspace: Workspace
) -> None:
    pages = [await anna.page.context.new_page() for _ in SCREENS]
    for page, (screen, _, _) in zip(pages, SCREENS, strict=True):
        await page.goto(anna.address(*screen))
        await until_live(page)
    workspace.end_in(workspace.known("ApiToken", "ci"), 20)
    for page, (_, until_shown, _) in zip(pages, SCREENS, strict=True):
        await page.locator(until_shown).wait_for(timeout=LONG_MS)

    late = await asyncio.gather(*(page.evaluate(script) for page, (_, _, script) in zip(pages, SCREENS, strict=True)))

    assert max(late) < 1000, late
    assert workspace.known("ApiToken", "ci")["status"]["phase"] == "Active"
