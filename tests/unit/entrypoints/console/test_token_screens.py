"""A token in the browser: made once, its secret shown to the script only, and gone once it is stored."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pharia_access.domain.api_values import ForeignSecret, OneTimeSecret
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.times import format_time
from pharia_access.errors import ForbiddenError, UnavailableError
from tests.support.administration.credential_cluster import a_cluster
from tests.support.administration.stored_bodies import an_active_token
from tests.support.builders.domain_objects import NOW, TEXT
from tests.support.console.browser import BASE, Received
from tests.support.console.consoles import Opened, signed_in
from tools.control_plane.resources import api_token

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


async def test_the_form_proposes_a_name_and_a_life_within_the_policy() -> None:
    opened = await signed_in(a_cluster(tokenPolicy={"maxTTL": "1440h", "defaultTTL": "720h"}))

    shown = (await opened.browser.get(NEW)).document

    assert shown.by_id["title"] == "Add token to invoice-bot"
    assert shown.forms["token-form"].fields[:3] == [("name", "invoice-bot-e4f5a"), ("description", ""), ("life", "30d")]
    assert shown.off == ["90d", "180d", "365d"]
    assert "90 days (at most 60 days here)" in shown.text
    assert shown.by_id["date-hint"] == "A date means its first moment in UTC."
    assert shown.by_id["save"] == "Create token and show secret"


@pytest.mark.parametrize(
    ("policy", "life"),
    [({}, "90d"), ({"maxTTL": "720h"}, "30d"), ({"defaultTTL": "1080h"}, "45d"), ({"maxTTL": "1h"}, "date")],
)
async def test_the_proposed_life_is_the_usual_one(policy: dict[str, str], life: str) -> None:
    opened = await signed_in(a_cluster(tokenPolicy=policy))

    shown = (await opened.browser.get(NEW)).document

    assert ("life", life) in shown.forms["token-form"].fields


@pytest.mark.parametrize(
    ("life", "spec"),
    [
        ([("life", "7d")], {"ttl": "168h"}),
        ([("life", "date"), ("date", "2027-02-27")], {"expiresAt": "2027-02-27T00:00:00Z"}),
    ],
)
async def test_a_token_is_created_with_its_life_and_goes_on_to_its_secret(
    life: list[tuple[str, str]], spec: dict[str, str]
) -> None:
    opened = await signed_in()
    form = await opened.browser.get(NEW)

    shown = await opened.browser.submit(form, "token-form", ("description", "CI"), *life)

    assert opened.objects.body("ApiToken", "invoice-bot-e4f5a")["spec"] == {
        "credentialRef": {"name": "invoice-bot"},
        "description": "CI",
        **spec,
    }
    assert opened.browser.at == f"{BASE}{TOKEN}?secret=show"
    assert shown.document.by_id["only-occasion"] == ONLY_OCCASION
    assert shown.document.by_id["copy"] == "Copy secret and close dialog"
    assert "data-auto" in shown.document.attributes["secret-dialog"]
    assert "hidden" in shown.document.attributes["show-secret"]
    assert "kubectl access token collect invoice-bot-e4f5a -n finance --context test" in shown.document.text


async def test_a_form_that_is_sent_twice_makes_one_token() -> None:
    opened = await signed_in()
    form = await opened.browser.get(NEW)

    await opened.browser.submit(form, "token-form")
    again = await opened.browser.submit(form, "token-form")

    assert opened.browser.at == f"{BASE}{TOKEN}?secret=show"
    assert again.status == 200
    assert [name for kind, _, name in opened.objects.bodies if kind == "ApiToken"] == ["ci-0", "invoice-bot-e4f5a"]


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ([("name", "A b")], "name-error", "Use lower-case letters"),
        ([("name", "ci-0")], "name-error", 'A token "ci-0" already exists. Choose another name.'),
        ([("life", "date")], "date-error", "Choose how long the token lives"),
        ([("life", "date"), ("date", "2027-02-31")], "date-error", "Choose how long the token lives"),
        ([("life", "forever")], "date-error", "Choose how long the token lives"),
    ],
)
async def test_what_is_wrong_with_a_new_token_stands_at_its_field(
    changed: list[tuple[str, str]], field: str, said: str
) -> None:
    opened = await signed_in()
    form = await opened.browser.get(NEW)
    before = dict(opened.objects.bodies)

    shown = await opened.browser.submit(form, "token-form", *changed)

    assert shown.status == 422
    assert shown.document.by_id[field].startswith(said)
    assert opened.objects.bodies == before


async def test_what_stands_in_the_way_of_a_token_is_said_with_what_to_do() -> None:
    opened = await signed_in(a_cluster(suspended=True))
    form = await opened.browser.get(NEW)

    shown = await opened.browser.submit(form, "token-form")

    assert "The credential invoice-bot is suspended and mints no tokens." in shown.document.text
    assert f"{BASE}{BOT}/resume" in shown.document.links


async def test_who_may_not_read_secrets_is_told_before_the_token_is_made() -> None:
    opened = await signed_in()
    opened.objects.forbidden |= {"get secrets", "delete secrets"}

    shown = (await opened.browser.get(NEW)).document

    assert shown.by_id["uncollectable"] == (
        "You may create the token, but not read its secret (get and delete on secrets): somebody else must collect it."
    )


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
    assert told.json == {"state": "ready", "text": TEXT.reveal(), "masked": f"{TEXT}••••"}
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
    assert (await opened.browser.get(TOKEN)).document.by_id["notice"] == notice
    old = opened.another_browser()
    old.cookie = before
    assert (await old.get(TOKEN)).status == 403


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


async def test_a_token_tells_its_life_and_its_family() -> None:
    opened = await signed_in()
    old = opened.objects.body("ApiToken", "ci-0")
    old["status"]["lastUsedTime"] = format_time(NOW - timedelta(hours=3))
    new = an_active_token(api_token("finance", "ci-1"))
    new["metadata"]["labels"] = {"access.pharia.ai/replaces": "ci-0"}
    opened.objects.put(new)

    replaced = (await opened.browser.get("/namespaces/finance/tokens/ci-0")).document
    replacing = (await opened.browser.get("/namespaces/finance/tokens/ci-1")).document

    assert "Last used (known to about an hour): 23 November 2026, 09:00 UTC" in replaced.by_id["history"]
    assert "ci-1. This one was not seen in use since the new one was made." in replaced.by_id["details"]
    assert "ci-0, Active, ends in 10 days. End it earlier" in replacing.by_id["details"]


async def test_who_may_not_list_tokens_still_sees_one() -> None:
    opened = await signed_in()
    opened.objects.forbidden.add("list ApiToken")

    shown = await opened.browser.get("/namespaces/finance/tokens/ci-0")

    assert shown.status == 200
    assert "Replaced by" not in shown.document.text
