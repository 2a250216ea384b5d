"""A token beside the one that it replaces and the one that replaces it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pharia_access.domain.times import format_time
from tests.support.administration.stored_bodies import an_active_token
from tests.support.builders.domain_objects import NOW
from tests.support.console.consoles import signed_in
from tools.control_plane.resources import api_token


async def test_a_token_tells_its_life_and_its_family() -> None:
    opened = await signed_in()
    old = opened.objects.body("ApiToken", "ci-0")
    old["status"] |= {
        "lastUsedTime": format_time(NOW - timedelta(hours=3)),
        "endsAt": format_time(NOW + timedelta(days=10)),
    }
    new = an_active_token(api_token("finance", "ci-1"))
    new["metadata"]["labels"] = {"access.pharia.ai/replaces": "ci-0"}
    opened.objects.put(new)

    replaced = (await opened.browser.get("/namespaces/finance/tokens/ci-0")).document
    replacing = (await opened.browser.get("/namespaces/finance/tokens/ci-1")).document

    assert "Ends: 3 December 2026, 12:00 UTC" in replaced.by_id["history"]
    assert "Last used (known to about an hour): 23 November 2026, 09:00 UTC" in replaced.by_id["history"]
    for shown, this in ((replaced, "ci-0"), (replacing, "ci-1")):
        rows = shown.by_id["rotation"].replace(" (this one)", "")
        assert rows.index("ci-0 Active") < rows.index("ci-1 Active")
        assert f"{this} (this one)" in shown.by_id["rotation"]
        assert "ci-0 was last used 3 hours ago: not since ci-1 was made." in shown.text
    assert replacing.by_id["end-replaced"] == "End ci-0 earlier"
    assert "end-replaced" not in replaced.by_id


@pytest.mark.parametrize(
    ("used", "told"),
    [
        (None, "ci-0 was never seen in use."),
        (timedelta(hours=-3), "ci-0 was last used 3 hours ago: not since ci-1 was made."),
        (timedelta(seconds=0), "ci-0 was last used 0 seconds ago, since ci-1 was made: something still uses it."),
    ],
    ids=["never", "before", "since"],
)
async def test_what_still_uses_a_replaced_token_is_told(used: timedelta | None, told: str) -> None:
    opened = await signed_in()
    if used is not None:
        opened.objects.body("ApiToken", "ci-0")["status"]["lastUsedTime"] = format_time(NOW + used)
    new = an_active_token(api_token("finance", "ci-1"))
    new["metadata"] |= {
        "labels": {"access.pharia.ai/replaces": "ci-0"},
        "creationTimestamp": format_time(NOW - timedelta(hours=1)),
    }
    opened.objects.put(new)

    shown = await opened.browser.get("/namespaces/finance/tokens/ci-1")

    assert told in shown.document.text
