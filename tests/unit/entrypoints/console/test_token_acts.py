"""A token, deleted, revoked, ended earlier and rotated: what is said before, and what is done."""

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
DELETING = (
    "If you delete a token that is still in use, any system using this token will no longer have access to the "
    "PhariaAI platform."
)


def use(opened: Opened) -> None:
    status(opened)["lastUsedTime"] = format_time(NOW - timedelta(hours=2))


def status(opened: Opened) -> dict[str, object]:
    found: dict[str, object] = opened.objects.body("ApiToken", "ci-0")["status"]
    return found


def spec(opened: Opened, name: str = "ci-0") -> dict[str, object]:
    found: dict[str, object] = opened.objects.body("ApiToken", name)["spec"]
    return found


async def test_deletion_of_a_token_in_use_says_so_and_proposes_revocation() -> None:
    opened = await signed_in()
    use(opened)

    asked = await opened.browser.get(f"{TOKEN}/delete")
    assert asked.document.by_id["sentence"] == DELETING
    assert "ci-0 was last used 2 hours ago (known to about an hour)." in asked.document.text
    assert f"{BASE}{TOKEN}/revoke" in asked.document.links
    shown = await opened.browser.submit(asked, "confirmation")

    assert ("ApiToken", "finance", "ci-0") not in opened.objects.bodies
    assert shown.document.by_id["notice"] == "Token ci-0 was deleted."
    assert opened.browser.at == f"{BASE}/namespaces/finance/credentials/invoice-bot"


async def test_deletion_of_a_token_that_nobody_used_says_that() -> None:
    opened = await signed_in()

    asked = await opened.browser.get(f"{TOKEN}/delete")

    assert "Nobody was seen using it." in asked.document.text


async def test_deletion_of_a_token_that_ended_needs_no_warning() -> None:
    opened = await signed_in()
    status(opened)["phase"] = "Expired"

    asked = await opened.browser.get(f"{TOKEN}/delete")

    assert "sentence" not in asked.document.by_id
    assert "instead" not in asked.document.by_id
    assert "ci-0 is expired." in asked.document.text


async def test_a_deletion_that_a_finalizer_holds_is_said_to_be_under_way() -> None:
    opened = await signed_in()
    opened.objects.finalizers = ("x.example/hold",)

    shown = await opened.browser.submit(await opened.browser.get(f"{TOKEN}/delete"), "confirmation")

    assert "Token ci-0 is being deleted, and is refused from now on." in shown.document.by_id["notice"]


async def test_revocation_keeps_the_token_and_the_reason() -> None:
    opened = await signed_in()
    asked = await opened.browser.get(f"{TOKEN}/revoke")
    assert "ci-0 is refused from now on, for good. It stays in the list as proof." in asked.document.text

    shown = await opened.browser.submit(asked, "confirmation", ("reason", "it leaked"))

    assert spec(opened)["revoked"] is True
    assert spec(opened)["revocationReason"] == "it leaked"
    assert shown.document.by_id["notice"] == "Token ci-0 was revoked."
    assert "rotate" not in shown.document.by_id
    again = await opened.browser.get(f"{TOKEN}/revoke")
    assert "Token ci-0 is already revoked." in again.document.text


async def test_revocation_during_a_leak_is_one_step_although_git_declares_the_token() -> None:
    opened = await signed_in()
    opened.objects.body("ApiToken", "ci-0")["metadata"]["annotations"] = TRACKED
    spec(opened)["revoked"] = False

    asked = await opened.browser.get(f"{TOKEN}/revoke")
    assert "Change it in Git too." in asked.document.text
    await opened.browser.submit(asked, "confirmation")

    assert spec(opened)["revoked"] is True


@pytest.mark.parametrize(
    ("chosen", "end", "command"),
    [
        ([("life", "24h")], "2026-11-24T12:00:00Z", "--in 24h"),
        ([("life", "date"), ("date", "2026-11-25")], "2026-11-25T00:00:00Z", "--in 36h"),
    ],
)
async def test_an_end_is_brought_forward_to_the_moment_that_was_asked_about(
    chosen: list[tuple[str, str]], end: str, command: str
) -> None:
    opened = await signed_in()
    form = await opened.browser.get(f"{TOKEN}/end")

    asked = await opened.browser.submit(form, "end-form", *chosen)
    assert "for good: its end cannot be postponed." in asked.document.text
    assert f"kubectl access token expire ci-0 {command} -n finance" in asked.document.text
    assert "expiresAt" not in spec(opened)
    opened.objects.time += timedelta(minutes=10)
    shown = await opened.browser.submit(asked, "confirmation")

    assert spec(opened)["expiresAt"] == end
    assert shown.document.by_id["notice"].startswith("Token ci-0 ends at ")


@pytest.mark.parametrize("chosen", [("life", "date"), ("life", "soon"), ("when", "soon")])
async def test_an_end_that_cannot_be_understood_is_asked_for_again(chosen: tuple[str, str]) -> None:
    opened = await signed_in()
    form = await opened.browser.get(f"{TOKEN}/end")

    shown = await opened.browser.submit(form, "end-form", chosen)

    assert (shown.status, shown.document.by_id["date-error"]) == (422, "Choose when the token ends.")


async def test_an_end_is_never_postponed() -> None:
    opened = await signed_in()
    form = await opened.browser.get(f"{TOKEN}/end")

    shown = await opened.browser.submit(form, "end-form", ("life", "date"), ("date", "2030-01-01"))

    assert "Token ci-0 already ends at 2026-12-03T12:00:00Z." in shown.document.text


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
    assert shown.by_id["end-replaced"] == "End it earlier"


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
