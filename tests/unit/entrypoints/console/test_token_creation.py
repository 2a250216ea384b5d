"""A token, made in the browser: once, with a life within the policy, and on the way to its secret."""

from __future__ import annotations

import pytest

from pharia_access.domain.model import ObjectKey
from tests.support.administration.credential_cluster import a_cluster
from tests.support.console.browser import BASE
from tests.support.console.consoles import signed_in

BOT = "/namespaces/finance/credentials/invoice-bot"
NEW = f"{BOT}/new-token"
TOKEN = "/namespaces/finance/tokens/invoice-bot-e4f5a"
SECRET = ObjectKey("finance", "invoice-bot-e4f5a-token")
ONLY_OCCASION = (
    "This is the only occasion when you can view the secret! After you close this box, there is no way to recover the "
    "secret."
)


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
