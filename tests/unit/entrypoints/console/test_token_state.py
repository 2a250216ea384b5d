"""What an open box hears of its secret, and what Kubernetes noted of its token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pharia_access.domain.administration.object_event import ObjectEvent
from pharia_access.errors import ForbiddenError, UnavailableError
from tests.support.builders.domain_objects import NOW
from tests.support.console.consoles import Opened, signed_in

if TYPE_CHECKING:
    from tests.support.console.browser import Browser

NEW = "/namespaces/finance/credentials/invoice-bot/new-token"
TOKEN = "/namespaces/finance/tokens/invoice-bot-e4f5a"
TAKEN = "The secret was taken by somebody else. If that was not you: revoke it."


async def shown(opened: Opened) -> None:
    """A box that shows a secret."""
    await opened.browser.submit(await opened.browser.get(NEW), "token-form")
    await opened.objects.sleep(1)
    assert (await opened.browser.fetch(f"{TOKEN}/secret")).json["state"] == "ready"


def noted(opened: Opened, state: str) -> None:
    """What the operator notes of the secret."""
    opened.objects.body("ApiToken", "invoice-bot-e4f5a")["status"]["delivery"] |= {"state": state}


async def told(browser: Browser) -> dict[str, Any]:
    """What the box is told."""
    received = await browser.fetch(f"{TOKEN}/state")
    assert received.status == 200
    found: dict[str, Any] = received.json
    return found


async def test_a_secret_that_waits_is_there() -> None:
    opened = await signed_in()
    await shown(opened)

    assert await told(opened.browser) == {"state": "there"}


async def test_somebody_else_s_collection_is_told_to_the_open_box() -> None:
    opened = await signed_in()
    await shown(opened)
    noted(opened, "Collected")

    assert await told(opened.browser) == {"state": "gone", "why": TAKEN}


async def test_another_tab_s_confirmation_is_not_somebody_else_s() -> None:
    opened = await signed_in()
    await shown(opened)
    await opened.browser.fetch(f"{TOKEN}/collected")
    noted(opened, "Collected")

    answer = await told(opened.browser)

    assert answer == {"state": "gone", "why": "The secret was confirmed as stored in another tab."}


async def test_a_window_that_ended_is_told_as_that() -> None:
    opened = await signed_in()
    await shown(opened)
    noted(opened, "Withdrawn")

    answer = await told(opened.browser)

    assert answer["state"] == "gone"
    assert answer["why"].startswith("The secret cannot be collected: ")


async def test_only_the_script_asks_and_no_answer_holds_the_secret() -> None:
    opened = await signed_in()
    await shown(opened)

    refused = await opened.browser.post(f"{TOKEN}/state", {})

    assert refused.status == 403
    assert "text" not in await told(opened.browser)


async def test_events_are_part_of_a_token_s_history() -> None:
    opened = await signed_in()
    uid = opened.objects.body("ApiToken", "ci-0")["metadata"]["uid"]
    noted = [ObjectEvent("Issued", "minted", NOW), ObjectEvent("Odd", "<b>again</b>", None, 3)]
    opened.neighbors.noted = {uid: noted}

    page = await opened.browser.get("/namespaces/finance/tokens/ci-0")

    assert page.document.by_id["events"] == (
        "Issued: minted, 23 November 2026, 12:00 UTC Odd: <b>again</b> (3 times), none"
    )


async def test_without_events_the_page_says_how_long_they_are_kept() -> None:
    opened = await signed_in()

    page = await opened.browser.get("/namespaces/finance/tokens/ci-0")

    assert page.document.by_id["events"].startswith("None: Kubernetes keeps Events for an hour")


async def test_who_may_not_list_events_is_told_the_right_and_sees_the_rest() -> None:
    opened = await signed_in()
    opened.neighbors.unread = ForbiddenError("no")
    where = 'resource "events" in API group "" in the namespace "finance"'
    opened.neighbors.unread.server_message = f'events is forbidden: User "anna" cannot list {where}'

    page = await opened.browser.get("/namespaces/finance/tokens/ci-0")

    assert page.status == 200
    assert page.document.by_id["events-unseen"] == (
        "anna may not list events in namespace finance. "
        "This needs the verb list on events: ask an administrator for it."
    )
    assert "Created" in page.document.by_id["history"]


async def test_events_that_cannot_be_read_hide_nothing_else() -> None:
    opened = await signed_in()
    opened.neighbors.unread = UnavailableError("silence")

    page = await opened.browser.get("/namespaces/finance/tokens/ci-0")

    assert (page.status, "The API server does not answer." in page.document.by_id["events-unseen"]) == (200, True)
