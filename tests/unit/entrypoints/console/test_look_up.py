"""A token that somebody found: whose it is, by its ID alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pharia_access.domain.administration.secret_readers import AccessRule, Binding, Bindings, Subject
from pharia_access.domain.times import format_time
from pharia_access.errors import ForbiddenError
from tests.support.administration.credential_cluster import a_cluster
from tests.support.administration.fake_objects import FakeObjects
from tests.support.administration.fake_rights import FakeRights
from tests.support.administration.stored_bodies import an_active_token
from tests.support.builders.domain_objects import NOW, TEXT
from tests.support.console.consoles import signed_in
from tools.control_plane.resources import api_credential, api_token

PAGE = "/namespaces/finance/look-up"
ID = TEXT.token_id


def leaked(**status: Any) -> FakeObjects:  # noqa: ANN401 - a field each
    objects = a_cluster(tokens=0)
    used = format_time(NOW - timedelta(hours=2))
    objects.put(
        an_active_token(api_token("finance", "ci"), tokenID=ID, lastUsedTime=used, **status),
        an_active_token(api_token("finance", "other"), tokenID="c" * 16),
    )
    return objects


async def test_the_field_for_the_text_has_no_name_so_that_no_form_sends_it() -> None:
    shown = await (await signed_in()).browser.get(PAGE)

    field = shown.document.attributes["found"]
    assert "name" not in field
    assert (field["autocomplete"], field["spellcheck"], field["class"]) == ("off", "false", "masked")
    assert "hidden" in shown.document.attributes["look-up"]
    assert "kubectl access token whois --stdin -n finance --context test" in shown.document.text


async def test_a_token_is_told_with_its_owner_its_use_and_what_to_do() -> None:
    opened = await signed_in(leaked())

    shown = await opened.browser.get(f"{PAGE}?id={ID}")

    text = shown.document.text
    assert shown.status == 200
    assert "Token ci Revoke now Tokenci in namespace finance Credentialinvoice-bot" in text
    assert f"ID{ID} StateActive Last used2 hours ago (known to about an hour)" in text
    assert "Rolesstudio-user" in text
    assert "The text did not leave this browser." in text
    assert [link for link in shown.document.links if link.endswith("/tokens/ci/revoke")]
    assert f"kubectl access token whois {ID} -n finance" in text
    assert "c" * 16 not in text


async def test_a_revocation_takes_two_clicks_and_no_typing() -> None:
    opened = await signed_in(leaked())

    asked = await opened.browser.get("/namespaces/finance/tokens/ci/revoke")
    assert "typed" not in asked.document.by_id
    done = await opened.browser.submit(asked, "confirmation")

    assert done.document.by_id["notice"] == "Token ci was revoked."
    assert opened.objects.body("ApiToken", "ci")["spec"]["revoked"] is True


@pytest.mark.parametrize("phase", ["Expired", "Revoked"])
async def test_what_is_over_is_not_offered_to_be_revoked(phase: str) -> None:
    shown = await (await signed_in(leaked(phase=phase))).browser.get(f"{PAGE}?id={ID}")

    assert f"State{phase}" in shown.document.text
    assert "Revoke now" not in shown.document.text


async def test_who_may_read_its_secret_is_told_as_far_as_one_may_know() -> None:
    rule = AccessRule(("",), ("secrets",), ("get",))
    bindings = Bindings(
        (
            Binding("RoleBinding a", "Role reader", (Subject("User", "ada"),), (rule,)),
            Binding("RoleBinding b", "ClusterRole edit", (Subject("User", "ed"),), None),
            Binding("RoleBinding c", "Role reader", (Subject("Group", "system:nodes"),), (rule,)),
        ),
        ("clusterroles",),
    )
    objects = leaked()
    objects.body("ApiToken", "ci")["status"]["delivery"] = {"secretName": "ci-token", "state": "Collected"}

    shown = await (await signed_in(objects, FakeRights(bindings=bindings))).browser.get(f"{PAGE}?id={ID}")

    assert (
        "User ada (Role reader by RoleBinding a) User ed (ClusterRole edit by RoleBinding b, which you may not read) "
        "Parts of Kubernetes itself: 1 Perhaps others: you may not list clusterroles"
    ) in shown.document.text


async def test_a_token_that_is_nowhere_is_said_to_be() -> None:
    shown = await (await signed_in()).browser.get(f"{PAGE}?id={ID}")

    assert shown.status == 404
    assert shown.document.by_id["problem"] == (
        f"No token of this cluster has the ID {ID}: it was deleted, or belongs elsewhere."
    )


async def test_what_is_no_id_is_not_looked_for() -> None:
    opened = await signed_in()
    opened.objects.forbidden |= {"list all ApiToken", "list ApiToken"}

    shown = await opened.browser.get(f"{PAGE}?id=invoice-bot")

    assert (shown.status, shown.document.by_id["problem"][:18]) == (400, "This is no ID of a")


async def test_who_may_look_in_one_namespace_only_is_told_which_right_is_missing() -> None:
    opened = await signed_in(leaked())
    opened.objects.forbidden.add("list all ApiToken")

    there = await opened.browser.get(f"{PAGE}?id={ID}")
    gone = await opened.browser.get(f"{PAGE}?id={'b' * 16}")

    for shown in (there, gone):
        assert shown.document.by_id["only-in"] == (
            "Only namespace finance was searched: you may not list tokens in all namespaces. This needs the verb list "
            "on apitokens.access.pharia.ai: ask an administrator for it."
        )
    assert "Token ci" in there.document.text
    assert gone.document.by_id["problem"].startswith("No token of namespace finance has the ID")


async def test_who_may_list_no_token_is_told_so_and_sees_no_empty_page() -> None:
    opened = await signed_in(leaked())
    error = ForbiddenError("no")
    error.server_message = (
        'x is forbidden: User "anna" cannot list resource "apitokens" in API group "access.pharia.ai" in the namespace '
        '"finance"'
    )
    opened.objects.forbidden.add("list all ApiToken")
    opened.objects.refused["list ApiToken"] = error

    shown = await opened.browser.get(f"{PAGE}?id={ID}")

    assert shown.status == 403
    assert "anna may not list tokens in namespace finance." in shown.document.text
    assert "This needs the verb list on apitokens.access.pharia.ai" in shown.document.text


@pytest.mark.parametrize(
    ("forbidden", "roles"),
    [
        ("get ApiCredential", "you may not read the credential"),
        ("list all ApiRole", "studio-user (you may not read roles)"),
    ],
)
async def test_what_one_may_not_read_is_left_open(forbidden: str, roles: str) -> None:
    opened = await signed_in(leaked())
    opened.objects.forbidden.add(forbidden)

    shown = await opened.browser.get(f"{PAGE}?id={ID}")

    assert f"Roles{roles}" in shown.document.text


async def test_a_token_without_its_credential_is_told_too() -> None:
    objects = leaked()
    del objects.bodies["ApiCredential", "finance", "invoice-bot"]

    shown = await (await signed_in(objects)).browser.get(f"{PAGE}?id={ID}")

    assert "Rolesnone: the credential invoice-bot does not exist" in shown.document.text


async def test_the_name_that_people_know_stands_beside_the_credential() -> None:
    objects = leaked()
    objects.put(api_credential("finance", displayName="The <b>bot"))

    shown = await (await signed_in(objects)).browser.get(f"{PAGE}?id={ID}")

    assert "Credentialinvoice-bot (The <b>bot)" in shown.document.text
