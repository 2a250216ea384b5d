"""A list is sorted, filtered and turned over in the document that is open: its address, its fields and focus follow."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from pharia_access.services.administration.live import LiveViews
from tests.support.administration.listing_follower import ListingFollower
from tests.support.administration.played_follower import PlayedClock
from tests.support.browser.console_here import console_here
from tests.support.console.token_lists import many

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Page

_MARKED = "document.marked"
_FOCUSED = "document.activeElement.textContent"


@asynccontextmanager
async def the_list(browser: Browser, before: str = "") -> AsyncIterator[Page]:
    """250 tokens, sorted by name; `before`: what the browser runs before any page."""
    follower = ListingFollower(objects=many(250))
    context = await browser.new_context()
    page = await context.new_page()
    if before:
        await page.add_init_script(before)
    async with console_here(follower.objects, lambda: LiveViews(follower, PlayedClock())) as console:
        await console.open(page)
        await page.goto(f"{console.home}/tokens")
        await shows(page, "ci-0000", "Tokens 1 to 100 of 250")
        await page.evaluate(f"{_MARKED} = 1")
        yield page
    await context.close()


async def shows(page: Page, first: str, caption: str = "") -> None:
    await page.locator("#tokens caption", has_text=caption).wait_for()
    await page.locator("#tokens tbody tr:first-child th", has_text=first).wait_for()


async def test_a_column_sorts_in_the_open_document_and_keeps_the_focus(browser: Browser) -> None:
    async with the_list(browser) as page:
        await page.get_by_role("link", name="Name and ID").focus()
        await page.keyboard.press("Enter")
        await shows(page, "ci-0249")

        assert page.url.endswith("/tokens?sort=-name")
        assert await page.get_by_role("columnheader", name="Name and ID").get_attribute("aria-sort") == "descending"
        assert await page.evaluate(_FOCUSED) == "Name and ID"
        assert await page.evaluate(_MARKED) == 1


async def test_a_filter_and_back_lead_to_what_the_address_says_in_rows_and_fields(browser: Browser) -> None:
    async with the_list(browser) as page:
        await page.get_by_role("searchbox").fill("ci-012")
        await page.get_by_role("button", name="Filter").click()
        await shows(page, "ci-0120", "Tokens 1 to 10 of 10")
        told = await page.evaluate(_FOCUSED)
        await page.get_by_label("State").select_option("revoked")
        await page.get_by_role("button", name="Filter").click()
        await page.locator("#none-fits").wait_for()
        await page.go_back()
        await shows(page, "ci-0120", "Tokens 1 to 10 of 10")
        fields = [await page.get_by_label(name).input_value() for name in ("Search", "State")]
        await page.go_back()
        await shows(page, "ci-0000", "Tokens 1 to 100 of 250")

        assert told == "Tokens"
        assert fields == ["ci-012", ""]
        assert await page.get_by_label("Search").input_value() == ""
        assert await page.evaluate(_MARKED) == 1


async def test_another_page_begins_at_its_top_with_the_heading(browser: Browser) -> None:
    async with the_list(browser) as page:
        await page.get_by_role("link", name="Next 100").click()
        await shows(page, "ci-0100", "Tokens 101 to 200 of 250")
        await page.wait_for_function("scrollY === 0")

        assert await page.evaluate(_FOCUSED) == "Tokens"
        assert await page.evaluate(_MARKED) == 1


async def test_what_was_asked_for_last_is_shown(browser: Browser) -> None:
    async with the_list(browser) as page:
        await page.evaluate(
            "for (const link of [...document.querySelectorAll('#tokens thead a')].reverse()) link.click()"
        )
        await shows(page, "ci-0249")
        await page.wait_for_timeout(300)

        await shows(page, "ci-0249")
        assert page.url.endswith("?sort=-name")


@pytest.mark.parametrize("left", ["a token's page", "the list as it was"])
async def test_a_link_to_another_page_and_a_reload_are_documents(browser: Browser, left: str) -> None:
    async with the_list(browser) as page:
        if left == "a token's page":
            await page.get_by_role("link", name="ci-0000").click()
            await page.wait_for_url("**/tokens/ci-0000")
        else:
            await page.reload()
            await shows(page, "ci-0000")

        assert await page.evaluate(_MARKED) is None


async def test_a_browser_that_cannot_turn_over_in_place_loads_a_document(browser: Browser) -> None:
    async with the_list(browser, "delete window.navigation") as page:
        await page.get_by_role("link", name="Name and ID").click()
        await shows(page, "ci-0249")

        assert await page.evaluate(_MARKED) is None
