"""The browser's machinery by itself: axe finds what is wrong, and is the file that was taken."""

from __future__ import annotations

import pytest

from tests.support.browser import accessibility
from tests.support.browser.accessibility import axe_source, findings
from tests.support.browser.hostile_site import hostile_site
from tools.browser.chromium import chromium, go_back, listened


async def test_axe_finds_a_picture_without_words_and_nothing_on_a_good_page() -> None:
    good = "<html lang=en><title>A page</title><main><h1>A page</h1>{}</main>"
    async with chromium() as browser:
        page = await browser.new_page()
        await page.set_content(good.format(""))
        assert await findings(page) == []

        await page.set_content(good.format("<img id=it src=data:,>"))
        found = await findings(page)

    assert [line.split(":")[0] for line in found] == ["image-alt"]
    assert found[0].endswith(": #it")


def test_another_file_of_axe_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    axe_source.cache_clear()
    monkeypatch.setattr(accessibility, "AXE_SHA256", "0" * 64)

    with pytest.raises(ValueError, match=r"axe\.min\.js is not the released file"):
        axe_source()


async def test_back_leads_to_a_page_that_was_kept_with_what_was_written_into_it() -> None:
    with hostile_site() as site:
        site.pages = {"/first": "<title>first</title><p id=it>", "/second": "<title>second</title>"}
        async with chromium() as browser:
            page = await browser.new_page()
            heard = listened(page)
            await page.goto(f"{site.url}/first")
            await page.evaluate("() => { document.getElementById('it').textContent = 'kept' }")
            await page.goto(f"{site.url}/second")
            await go_back(page)
            assert await page.locator("#it").text_content() == "kept"

    assert [url.rpartition("/")[2] for url in heard.requests].count("first") == 1
