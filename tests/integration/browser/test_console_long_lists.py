"""A long list says how far it is while it is read, and is then the page that it would have been, with script or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pharia_access.services.administration.live import LiveViews
from tests.support.administration.listing_follower import ListingFollower
from tests.support.administration.played_follower import PlayedClock
from tests.support.browser.console_here import console_here
from tests.support.console.token_lists import many

if TYPE_CHECKING:
    from playwright.async_api import Browser


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
async def test_a_long_list_says_how_far_it_is_and_then_shows_its_rows(browser: Browser, *, script: bool) -> None:
    follower = ListingFollower(objects=many(150))
    follower.going_on.clear()
    context = await browser.new_context(java_script_enabled=script)
    page = await context.new_page()
    async with console_here(follower.objects, lambda: LiveViews(follower, PlayedClock())) as console:
        await (console.open(page) if script else console.open_without_script(page))
        await page.goto(f"{console.home}/tokens", wait_until="commit")
        reading = page.get_by_role("status").filter(has_text="Reading 149 of 150 tokens …")
        await reading.wait_for()
        heading = await page.locator("h1").inner_text()
        follower.going_on.set()
        await page.locator("#tokens").wait_for()
        rows = await page.locator("#tokens tbody tr").count()
        told = [await each.is_visible() for each in await page.locator("#reading").all()]
    await context.close()

    assert heading == "Tokens"
    assert rows == 100
    assert not any(told)
