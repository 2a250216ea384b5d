"""A token, deleted, revoked and ended earlier: what is said before, and what is done."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pharia_access.domain.times import format_time
from tests.support.administration.credential_cluster import TRACKED
from tests.support.builders.domain_objects import NOW
from tests.support.console.browser import BASE
from tests.support.console.consoles import Opened, signed_in

TOKEN = "/namespaces/finance/tokens/ci-0"
DELETING = (
    "If you delete a token that is still in use, any system using this token will no longer have access to the "
    "PhariaAI platform."
)


def use(opened: Opened) -> None:
    status(opened)["lastUsedTime"] = format_time(NOW - timedelta(hours=2))


def status(opened: Opened) -> dict[str, object]:
    found: dict[str, object] = opened.objects.body("ApiToken", "ci-0")["status"]
    return found


def spec(opened: Opened) -> dict[str, object]:
    found: dict[str, object] = opened.objects.body("ApiToken", "ci-0")["spec"]
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
