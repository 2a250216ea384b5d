"""A token's page and its secret: shown to the script only, and gone once it is stored."""

from __future__ import annotations

import pytest

from pharia_access.domain.api_values import ForeignSecret, OneTimeSecret
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import ForbiddenError, UnavailableError
from tests.support.builders.domain_objects import NOW, TEXT
from tests.support.console.browser import Received
from tests.support.console.consoles import Opened, signed_in

BOT = "/namespaces/finance/credentials/invoice-bot"
NEW = f"{BOT}/new-token"
TOKEN = "/namespaces/finance/tokens/invoice-bot-e4f5a"
SECRET = ObjectKey("finance", "invoice-bot-e4f5a-token")
ONLY_OCCASION = (
    "This is the only occasion when you can view the secret! After you close this box, there is no way to recover the "
    "secret."
)


async def created(opened: Opened) -> Received:
    """A token, with its page; nobody minted it yet."""
    return await opened.browser.submit(await opened.browser.get(NEW), "token-form")


async def minted(opened: Opened) -> Received:
    """A token whose secret waits."""
    await created(opened)
    await opened.objects.sleep(1)
    return await opened.browser.get(TOKEN)


async def test_a_secret_that_is_not_there_yet_is_waited_for() -> None:
    opened = await signed_in()
    shown = await created(opened)

    told = await opened.browser.fetch(f"{TOKEN}/secret")

    assert told.json["state"] == "waiting"
    assert told.json["why"].startswith("Waiting for the operator: no operator has seen the token yet")
    assert shown.document.by_id["secret-words"].startswith("Waiting for the operator: no operator has seen the token")


async def test_a_secret_that_is_shown_and_not_confirmed_waits_until_its_window_ends() -> None:
    opened = await signed_in()
    shown = await minted(opened)
    until = "23 November 2026, 13:00 UTC"
    waits = f"Its secret was not collected. It can be until {until}, by anybody who may read Secrets here."
    assert shown.document.by_id["secret-words"] == waits

    told = await opened.browser.fetch(f"{TOKEN}/secret")
    assert told.status == 200
    assert told.json == {"state": "ready", "text": TEXT.reveal(), "masked": f"{TEXT.prefix}_{TEXT.token_id}_••••"}
    assert TEXT.reveal() not in told.json["masked"]
    assert told.header("cache-control") == "no-store"
    assert SECRET in opened.objects.secrets

    again = await opened.browser.get(TOKEN)
    assert again.document.by_id["secret-words"] == f"{waits} Shown at 12:00 UTC, not confirmed."
    assert (await opened.browser.fetch(f"{TOKEN}/secret")).json["text"] == TEXT.reveal()


@pytest.mark.parametrize(
    ("how", "notice"),
    [
        ("copied", "The secret is in your clipboard. Clear it when you have stored it."),
        ("", "The secret is stored, and cannot be shown again."),
    ],
)
async def test_a_secret_that_is_stored_is_gone_and_the_session_has_another_key(how: str, notice: str) -> None:
    opened = await signed_in()
    await minted(opened)
    await opened.browser.fetch(f"{TOKEN}/secret")
    before = opened.browser.cookie

    told = await opened.browser.fetch(f"{TOKEN}/collected", {"how": how})

    assert told.json == {"state": "collected"}
    assert SECRET not in opened.objects.secrets
    assert opened.browser.cookie != before
    page = (await opened.browser.get(TOKEN)).document
    assert page.by_id["notice"] == notice
    # The operator may not have noted it yet.
    assert page.by_id["secret-words"] == "You stored it. It cannot be shown again."
    assert "show-secret" not in page.by_id


async def test_a_secret_that_nobody_saw_here_cannot_be_confirmed_away() -> None:
    opened = await signed_in()
    await minted(opened)

    told = await opened.browser.fetch(f"{TOKEN}/collected")

    assert told.status == 409
    assert SECRET in opened.objects.secrets


async def test_a_receipt_that_fails_leaves_the_secret_to_be_confirmed_again() -> None:
    opened = await signed_in()
    await minted(opened)
    await opened.browser.fetch(f"{TOKEN}/secret")
    opened.objects.failing["delete Secret"] = UnavailableError("silence")

    failed = await opened.browser.fetch(f"{TOKEN}/collected", {"how": "copied"})
    assert (failed.status, failed.json) == (503, {"state": "failed", "why": "The API server does not answer."})
    await opened.browser.fetch(f"{TOKEN}/collected", {"how": "copied"})

    assert SECRET not in opened.objects.secrets


async def test_who_confirms_a_secret_that_somebody_took_meanwhile_is_told() -> None:
    opened = await signed_in()
    await minted(opened)
    await opened.browser.fetch(f"{TOKEN}/secret")
    del opened.objects.secrets[SECRET]

    await opened.browser.fetch(f"{TOKEN}/collected", {"how": "copied"})

    notice = (await opened.browser.get(TOKEN)).document.by_id["notice"]
    assert notice.endswith("Somebody took it before you confirmed it. If that was not you: revoke the token.")


async def test_a_secret_that_finalizers_hold_is_said_to_stand_still() -> None:
    opened = await signed_in()
    await minted(opened)
    await opened.browser.fetch(f"{TOKEN}/secret")
    opened.objects.finalizers = ("x.example/hold",)

    await opened.browser.fetch(f"{TOKEN}/collected")

    notice = (await opened.browser.get(TOKEN)).document.by_id["notice"]
    assert "Its one-time Secret invoice-bot-e4f5a-token still stands: the finalizer x.example/hold holds it." in notice


@pytest.mark.parametrize(
    "there",
    [
        pytest.param(OneTimeSecret(SECRET, "another", NOW, True, "", "x", TEXT), id="another uid"),  # noqa: FBT003
        pytest.param(ForeignSecret(SECRET), id="another type"),
        pytest.param(None, id="gone"),
    ],
)
async def test_a_secret_that_is_not_the_operators_is_not_shown(there: OneTimeSecret | ForeignSecret | None) -> None:
    opened = await signed_in()
    await minted(opened)
    opened.objects.secrets.pop(SECRET)
    if there is not None:
        opened.objects.secrets[SECRET] = there

    told = await opened.browser.fetch(f"{TOKEN}/secret")

    assert told.json["state"] == "failed"
    assert TEXT.reveal() not in told.text
    assert "invoice-bot-e4f5a" in told.json["why"]


async def test_a_secret_that_one_may_not_read_names_the_right() -> None:
    opened = await signed_in()
    await minted(opened)
    error = ForbiddenError("no")
    error.server_message = (
        'secrets "x" is forbidden: User "anna" cannot get resource "secrets" in API group "" in the namespace "finance"'
    )
    opened.objects.refused["get ApiToken"] = error

    told = await opened.browser.fetch(f"{TOKEN}/secret")

    assert told.status == 403
    assert told.json["why"] == (
        "anna may not get Secrets in namespace finance. "
        "This needs the verb get on secrets: ask an administrator for it."
    )


async def test_a_secret_that_somebody_else_took_is_told_as_such() -> None:
    opened = await signed_in()
    await minted(opened)
    opened.objects.body("ApiToken", "invoice-bot-e4f5a")["status"]["delivery"]["state"] = "Collected"

    shown = await opened.browser.get(TOKEN)
    told = await opened.browser.fetch(f"{TOKEN}/secret")

    words = "The secret was taken by somebody else. If that was not you: revoke it."
    assert shown.document.by_id["secret-words"] == words
    assert "secret-dialog" not in shown.document.by_id
    assert told.json["why"] == "The secret cannot be shown: it was already collected."


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({"delivery": {"state": "Withdrawn"}}, "Withdrawn unread. Rotate it."),
        ({"delivery": {"state": "Collected"}}, "There is nothing to collect: it was already collected."),
        ({"phase": "Expired"}, "There is nothing to collect: the token is expired."),
    ],
)
async def test_a_token_says_where_its_secret_is(status: dict[str, object], words: str) -> None:
    opened = await signed_in()
    opened.objects.body("ApiToken", "ci-0")["status"] |= status

    shown = await opened.browser.get("/namespaces/finance/tokens/ci-0")

    assert shown.document.by_id["secret-words"] == words


async def test_who_may_not_list_tokens_still_sees_one() -> None:
    opened = await signed_in()
    opened.objects.forbidden.add("list ApiToken")

    shown = await opened.browser.get("/namespaces/finance/tokens/ci-0")

    assert shown.status == 200
    assert "Replaced by" not in shown.document.text
