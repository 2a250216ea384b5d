"""Credentials in the browser: listed, created, looked at; what is refused stands at its field."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pharia_access.domain.times import format_time
from pharia_access.errors import InvalidError, UnavailableError
from tests.support.administration.credential_cluster import a_cluster
from tests.support.administration.fake_objects import FakeObjects
from tests.support.administration.stored_bodies import an_active_token
from tests.support.builders.domain_objects import NOW
from tests.support.console.browser import BASE
from tests.support.console.consoles import signed_in
from tools.control_plane.resources import api_credential, api_role, api_token

LIST = "/namespaces/finance/credentials"
NEW = "/namespaces/finance/new-credential"
BOT = f"{LIST}/invoice-bot"


def several() -> FakeObjects:
    used = format_time(NOW - timedelta(hours=2))
    return a_cluster(tokens=0).put(
        api_credential("finance", "zeta", roles=["hr-user", "gone"], displayName="The Zeta"),
        api_credential("finance", "alpha", suspended=True),
        an_active_token(api_token("finance", "ci", credentialRef={"name": "zeta"}), lastUsedTime=used),
    )


async def test_a_list_without_credentials_says_what_one_is() -> None:
    opened = await signed_in(FakeObjects())

    shown = await opened.browser.get(LIST)

    assert shown.document.by_id["empty"] == (
        "There are no credentials in finance. A credential is a name with roles; tokens live under it."
    )
    assert shown.document.by_id["create"] == "Create new API credential"


async def test_the_list_shows_roles_that_grant_nothing_and_when_a_token_was_used() -> None:
    opened = await signed_in(several())

    shown = await opened.browser.get(f"{LIST}?sort=used")

    text = shown.document.by_id["credentials"]
    assert text.startswith("3 of 3 credentials in finance")
    assert "zetaThe Zeta hr-user (not allowed in finance) gone (unknown role) 1 2 hours ago" in text
    assert text.index("zeta") < text.index("alpha")
    assert "Suspended" in text


@pytest.mark.parametrize(
    ("words", "found"), [("ZETA", ["zeta"]), ("suspended", ["alpha"]), ("hr-", ["zeta"]), ("?", [])]
)
async def test_the_list_is_filtered_by_name_role_or_state(words: str, found: list[str]) -> None:
    opened = await signed_in(several())

    shown = await opened.browser.get(f"{LIST}?q={words}&sort=nonsense")

    links = [link for link in shown.document.links if link.startswith(f"{BASE}{LIST}/")]
    assert links == [f"{BASE}{LIST}/{name}" for name in found]


async def test_who_may_not_list_tokens_sees_credentials_and_which_right_is_missing() -> None:
    opened = await signed_in()
    opened.objects.forbidden.add("list ApiToken")

    shown = await opened.browser.get(LIST)

    assert "invoice-bot" in shown.document.by_id["credentials"]
    assert "you may not list ApiToken" in shown.document.by_id["unseen"]
    assert "not shown" in shown.document.by_id["credentials"]


async def test_without_the_catalog_no_role_is_said_to_be_unknown() -> None:
    opened = await signed_in(several())
    opened.objects.forbidden.add("list all ApiRole")

    shown = await opened.browser.get(LIST)

    assert "gone" in shown.document.by_id["credentials"]
    assert "unknown role" not in shown.text


async def test_a_role_that_cannot_be_understood_is_offered_to_nobody() -> None:
    opened = await signed_in(a_cluster().put(api_role("odd", permissions=[{"permission": 1}])))

    shown = (await opened.browser.get(NEW)).document

    assert shown.by_id["about-odd"].endswith("Not possible: it cannot be understood, and grants nothing.")


async def test_who_may_not_list_credentials_is_told_so_and_not_that_there_are_none() -> None:
    opened = await signed_in()
    opened.objects.forbidden.add("list ApiCredential")

    shown = await opened.browser.get(LIST)

    assert shown.status == 403
    assert shown.document.by_id["title"] == "You may not see this"
    assert "There are no credentials" not in shown.text


async def test_a_namespace_that_is_not_there_is_said_to_be_missing() -> None:
    opened = await signed_in()

    shown = await opened.browser.get("/namespaces/fin/credentials")

    assert 'There is no namespace "fin".' in shown.document.text


async def test_an_api_server_that_does_not_answer_is_a_page_that_can_be_tried_again() -> None:
    opened = await signed_in()
    opened.objects.refused["list ApiToken"] = UnavailableError("silence")

    shown = await opened.browser.get(LIST)

    assert shown.status == 503
    assert "The API server does not answer." in shown.document.text
    assert f"{BASE}{LIST}" in shown.document.links


async def test_a_credential_is_created_with_the_roles_that_were_chosen() -> None:
    opened = await signed_in()
    form = await opened.browser.get(NEW)

    shown = await opened.browser.submit(
        form, "credential-form", ("name", "bot"), ("display-name", "Bot"), ("description", "For B"), ("role", "os-user")
    )

    assert opened.objects.body("ApiCredential", "bot")["spec"] == {
        "roles": ["os-user"],
        "displayName": "Bot",
        "description": "For B",
    }
    assert opened.browser.at == f"{BASE}{LIST}/bot"
    assert shown.document.by_id["notice"] == "Credential bot was created. It has no token yet."
    assert shown.document.by_id["empty"] == "bot has no tokens."
    again = await opened.browser.get(f"{LIST}/bot")
    assert again.document.by_id["notice"] == ""


async def test_each_role_says_what_it_permits_and_why_it_cannot_be_chosen() -> None:
    objects = a_cluster().put(api_role("reader", description="Reads", permissions=[{"permission": "Read"}]))
    objects.forbidden.add("bind apiroles/os-user")
    opened = await signed_in(objects)

    shown = (await opened.browser.get(NEW)).document

    assert shown.by_id["about-reader"] == "Reads. Permits: Read."
    assert shown.by_id["about-hr-user"].endswith("Not possible: may not be held in finance.")
    assert shown.by_id["about-os-user"].endswith("Not possible: you may not grant it (verb bind).")
    assert sorted(shown.off) == ["hr-user", "os-user"]


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        pytest.param([("name", "A b"), ("role", "os-user")], "name-error", "Use lower-case letters", id="no name"),
        pytest.param([("name", "bot")], "role-error", "A credential needs a role.", id="no role"),
        pytest.param(
            [("name", "invoice-bot"), ("role", "os-user")],
            "name-error",
            'A credential "invoice-bot" already exists. Choose another name.',
            id="there already",
        ),
    ],
)
async def test_what_is_wrong_with_a_new_credential_stands_at_its_field(
    changed: list[tuple[str, str]], field: str, said: str
) -> None:
    opened = await signed_in()
    form = await opened.browser.get(NEW)
    before = dict(opened.objects.bodies)

    shown = await opened.browser.submit(form, "credential-form", ("description", "kept"), *changed)

    assert shown.status == 422
    assert shown.document.by_id[field].startswith(said)
    assert shown.document.by_id["description"] == "kept"
    assert dict(shown.document.forms["credential-form"].fields)["name"] == dict(changed)["name"]
    assert opened.objects.bodies == before


async def test_what_the_api_server_refuses_in_the_rehearsal_stands_at_its_field_and_nothing_is_created() -> None:
    opened = await signed_in()
    form = await opened.browser.get(NEW)
    error = InvalidError("no")
    error.status = 422
    error.server_message = 'ApiCredential.access.pharia.ai "bot" is invalid: spec.displayName: Too long: at most 128'
    opened.objects.refused["create ApiCredential"] = error

    shown = await opened.browser.submit(form, "credential-form", ("name", "bot"), ("role", "os-user"))

    assert shown.document.by_id["display-name-error"] == "spec.displayName: Too long: at most 128."
    assert ("ApiCredential", "finance", "bot") not in opened.objects.bodies


async def test_a_right_that_is_missing_is_named_above_the_form_that_is_kept() -> None:
    opened = await signed_in()
    form = await opened.browser.get(NEW)
    opened.objects.forbidden.add("create apicredentials")

    shown = await opened.browser.submit(form, "credential-form", ("name", "bot"), ("role", "os-user"))

    assert "You may not create credentials in namespace finance." in shown.document.text
    assert "This needs the verb create on apicredentials.access.pharia.ai" in shown.document.text
    assert ("role", "os-user") in shown.document.forms["credential-form"].fields


async def test_a_credential_shows_its_roles_permissions_and_tokens() -> None:
    role = api_role("reader", permissions=[{"permission": "Read", "fields": {"model": "x"}}])
    credential = api_credential("finance", roles=["reader"], displayName="Invoices", description="D")
    token = an_active_token(api_token("finance", "ci"), tokenID="abcdefghijklmnop")
    opened = await signed_in(FakeObjects().put(role, credential, token))

    shown = (await opened.browser.get(BOT)).document

    assert shown.by_id["title"] == "Invoices"
    assert shown.by_id["delete"] == "Delete credential"
    assert shown.by_id["permissions"] == "Its tokens may: Read (model: x)."
    assert "ciabcdefghijklmnop Active" in shown.by_id["tokens"]
    assert shown.by_id["new-token"] == "Create new token"


async def test_who_may_not_list_tokens_still_sees_the_credential() -> None:
    opened = await signed_in()
    opened.objects.forbidden |= {"list ApiToken", "list all ApiRole"}

    shown = (await opened.browser.get(BOT)).document

    assert "you may not list ApiToken" in shown.text
    assert shown.by_id["permissions"] == "You may not read the catalog of roles."


async def test_a_credential_that_is_not_there_is_missing() -> None:
    opened = await signed_in()

    shown = await opened.browser.get(f"{LIST}/none")

    assert shown.status == 404
    assert 'There is no credential "none" here.' in shown.document.text
