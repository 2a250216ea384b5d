"""A token, rotated: the new one is made first, and the old one ends once the new secret is stored."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pharia_access.domain.times import format_time
from pharia_access.errors import UnavailableError
from tests.support.administration.credential_cluster import TRACKED, a_cluster
from tests.support.builders.domain_objects import NOW
from tests.support.console.browser import BASE, Received
from tests.support.console.consoles import Opened, signed_in

TOKEN = "/namespaces/finance/tokens/ci-0"
NEW = "/namespaces/finance/tokens/ci-0-e4f5a"


def use(opened: Opened) -> None:
    status(opened)["lastUsedTime"] = format_time(NOW - timedelta(hours=2))


def status(opened: Opened) -> dict[str, object]:
    found: dict[str, object] = opened.objects.body("ApiToken", "ci-0")["status"]
    return found


def spec(opened: Opened, name: str = "ci-0") -> dict[str, object]:
    found: dict[str, object] = opened.objects.body("ApiToken", name)["spec"]
    return found


async def rotated(opened: Opened, *chosen: tuple[str, str]) -> tuple[Received, Received]:
    """The page that asks, and the page of the new token."""
    form = await opened.browser.get(f"{TOKEN}/rotate")
    asked = await opened.browser.submit(form, "rotation-form", *chosen)
    return asked, await opened.browser.submit(asked, "confirmation")


async def test_a_rotation_makes_the_new_token_first_and_ends_the_old_one_once_the_secret_is_stored() -> None:
    opened = await signed_in()
    use(opened)

    asked, shown = await rotated(opened)
    assert "The new token is made first. ci-0 ends 24 hours after, for good; its end cannot be postponed." in (
        asked.document.text
    )
    assert "2 hours ago" in asked.document.by_id["affected"]
    assert "The new token lives 30 days." in asked.document.text
    assert opened.browser.at == f"{BASE}{NEW}?secret=show"
    assert "secret-dialog" in shown.document.by_id
    assert spec(opened, "ci-0-e4f5a")["ttl"] == "720h"
    assert "expiresAt" not in spec(opened)

    await opened.objects.sleep(1)
    await opened.browser.fetch(f"{NEW}/secret")
    await opened.browser.fetch(f"{NEW}/collected", {"how": "copied"})

    assert spec(opened)["expiresAt"] == "2026-11-24T12:00:01Z"
    notice = (await opened.browser.get(NEW)).document.by_id["notice"]
    assert notice.endswith("The old token ci-0 ends at 24 November 2026, 12:00 UTC.")


async def test_a_rotation_whose_second_half_fails_says_that_the_old_token_goes_on() -> None:
    opened = await signed_in()
    await rotated(opened, ("overlap", "0"), ("life", "7d"))
    assert spec(opened, "ci-0-e4f5a")["ttl"] == "168h"
    await opened.objects.sleep(1)
    await opened.browser.fetch(f"{NEW}/secret")
    opened.objects.refused["patch ApiToken"] = UnavailableError("silence")

    told = await opened.browser.fetch(f"{NEW}/collected")

    assert told.json == {"state": "collected"}
    shown = (await opened.browser.get(NEW)).document
    assert shown.by_id["notice"].endswith("The old token ci-0 is still valid: The API server does not answer.")
    assert shown.by_id["end-replaced"] == "End ci-0 earlier"


async def test_a_rotation_to_a_day_says_which_and_makes_a_name_where_none_fits() -> None:
    opened = await signed_in()

    asked, _ = await rotated(opened, ("life", "date"), ("date", "2027-02-27"), ("name", "A b"))

    assert "The new token ends at 27 February 2027, 00:00 UTC." in asked.document.text
    assert spec(opened, "ci-0-e4f5a")["expiresAt"] == "2027-02-27T00:00:00Z"


async def test_a_rotation_that_is_sent_twice_makes_one_token() -> None:
    opened = await signed_in()
    form = await opened.browser.get(f"{TOKEN}/rotate")
    asked = await opened.browser.submit(form, "rotation-form")

    await opened.browser.submit(asked, "confirmation")
    await opened.browser.submit(asked, "confirmation")

    assert opened.browser.at == f"{BASE}{NEW}?secret=show"
    assert [name for kind, _, name in opened.objects.bodies if kind == "ApiToken"] == ["ci-0", "ci-0-e4f5a"]


async def test_what_stands_in_the_way_of_a_rotation_is_said_before_anything_is_chosen() -> None:
    opened = await signed_in()
    status(opened)["phase"] = "Expired"

    shown = await opened.browser.get(f"{TOKEN}/rotate")

    assert "The token ci-0 is expired: only active tokens can be rotated." in shown.document.text
    assert f"{BASE}/namespaces/finance/credentials/invoice-bot/new-token" in shown.document.links


@pytest.mark.parametrize("chosen", [("life", "date"), ("life", "long"), ("overlap", "long")])
async def test_a_rotation_that_cannot_be_understood_is_asked_for_again(chosen: tuple[str, str]) -> None:
    opened = await signed_in(a_cluster())
    form = await opened.browser.get(f"{TOKEN}/rotate")

    shown = await opened.browser.submit(form, "rotation-form", chosen)

    assert shown.status == 422
    assert shown.document.by_id["date-error"].startswith("Choose how long the new token lives")


async def test_a_rotation_of_what_git_declares_takes_a_second_step() -> None:
    opened = await signed_in()
    opened.objects.body("ApiToken", "ci-0")["metadata"]["annotations"] = TRACKED
    spec(opened)["expiresAt"] = "2026-12-03T12:00:00Z"
    form = await opened.browser.get(f"{TOKEN}/rotate")

    refused = await opened.browser.submit(form, "rotation-form")
    assert refused.document.by_id["insist"] == "Change it here all the same"
    asked = await opened.browser.submit(refused, "rotation-form", ("force", "yes"))
    await opened.browser.submit(asked, "confirmation")

    assert spec(opened, "ci-0-e4f5a")
