"""A short list of tokens is read at each look; a long one is kept for a minute, until the person does something."""

from __future__ import annotations

from datetime import timedelta

from pharia_access.entrypoints.console import surveys
from tests.support.builders.domain_objects import NOW
from tests.support.console.consoles import Opened, signed_in
from tests.support.console.token_lists import EVERYWHERE, HERE, many, names, several, token


async def test_a_short_list_is_read_at_each_look() -> None:
    opened = await signed_in(several())
    await opened.browser.get(HERE)
    opened.objects.put(token("new"))

    assert names(await opened.browser.get(HERE)) == ["alpha", "beta", "new"]


async def long_list() -> Opened:
    """Somebody looked at a long list, to which a token came since."""
    opened = await signed_in(many(surveys.LONG + 1))
    await opened.browser.get(HERE)
    opened.objects.put(token("a-new-one"))
    return opened


async def test_a_long_list_is_kept_for_a_minute_and_says_of_when_it_is() -> None:
    opened = await long_list()

    kept = await opened.browser.get(f"{HERE}?q=a-new-one")
    assert names(kept) == []
    assert kept.document.by_id["read-at"].startswith(f"Read at {NOW:%H:%M:%S} UTC.")
    assert "?q=a-new-one&page=1&fresh=yes" in kept.document.links
    assert names(await opened.browser.get(f"{HERE}?q=a-new-one&fresh=yes")) == ["a-new-one"]


async def test_the_overview_of_a_long_list_says_of_when_it_is() -> None:
    opened = await long_list()

    kept = await opened.browser.get("/namespaces/finance/overview")

    assert kept.document.by_id["read-at"].startswith(f"Read at {NOW:%H:%M:%S} UTC.")
    assert "?fresh=yes" in kept.document.links


async def test_a_long_list_is_read_again_once_it_is_old() -> None:
    opened = await long_list()
    opened.objects.time += surveys.KEPT_FOR

    assert names(await opened.browser.get(f"{HERE}?q=a-new-one")) == ["a-new-one"]


async def test_whatever_a_person_does_ends_what_was_kept() -> None:
    opened = await long_list()
    asked = await opened.browser.get("/namespaces/finance/tokens/ci-0000/revoke")
    await opened.browser.submit(asked, "confirmation")

    assert names(await opened.browser.get(f"{HERE}?q=a-new-one")) == ["a-new-one"]
    assert names(await opened.browser.get(f"{HERE}?state=revoked")) == ["ci-0000"]


async def test_what_is_kept_is_of_one_scope() -> None:
    opened = await long_list()
    everywhere = await opened.browser.get(f"{EVERYWHERE}?q=a-new-one")

    assert names(everywhere) == ["a-new-one"]


async def test_a_token_whose_time_is_over_since_the_list_was_read_is_shown_as_expired() -> None:
    objects = many(surveys.LONG + 1).put(token("short", left=timedelta(seconds=30)))
    opened = await signed_in(objects)
    assert names(await opened.browser.get(f"{HERE}?q=short&state=active")) == ["short"]
    objects.time += timedelta(seconds=30)

    shown = await opened.browser.get(f"{HERE}?q=short&state=expired")

    assert names(shown) == ["short"]
    assert "Expired" in shown.document.by_id["tokens"]
