"""Roles: what each permits, where, who holds it and why it is not in force; what may not be seen is named."""

from __future__ import annotations

import pytest

from tests.support.administration.credential_cluster import a_cluster
from tests.support.administration.fake_objects import FakeObjects
from tests.support.console.browser import BASE
from tests.support.console.consoles import signed_in
from tests.support.console.refused import refuse
from tools.control_plane.resources import api_credential, api_role

ROLES = "/namespaces/finance/roles"


def held() -> FakeObjects:
    return a_cluster(tokens=0).put(
        api_role(
            "everything", permissions=[{"permission": "AccessModel", "fields": {"model": "*"}}], displayName="All of it"
        ),
        api_credential("finance", "alpha", roles=["hr-user"]),
        api_credential("hr", "beta", roles=["hr-user", "studio-user"]),
        api_credential("hr", "gamma", roles=["studio-user"], suspended=True),
    )


async def test_the_catalog_tells_what_a_role_permits_and_where_and_who_holds_it() -> None:
    shown = await (await signed_in(held())).browser.get(ROLES)

    text = shown.document.by_id["roles"]
    assert text.startswith("4 roles NamePermitsMay be held inHeld by everythingAll of it AccessModel (model: *) every")
    assert "hr-user" in text
    assert "hr 2 credentials, 1 not in force" in text
    assert "studio-user" in text
    assert "every namespace 3 credentials, 1 not in force" in text
    assert f"{BASE}{ROLES}/hr-user" in shown.document.links
    assert "kubectl access role list -n finance" in shown.document.text


async def test_a_role_names_its_holders_those_it_is_not_in_force_for_first() -> None:
    shown = await (await signed_in(held())).browser.get(f"{ROLES}/studio-user")

    assert shown.document.by_id["holders"] == (
        "3 credentials, 1 not in force CredentialNamespaceIn forceActive tokens "
        "gamma hr no: suspended 0 invoice-bot finance yes 0 beta hr yes 0"
    )
    assert f"{BASE}/namespaces/hr/credentials/gamma" in shown.document.links


async def test_a_role_that_nobody_understands_is_said_to_grant_nothing() -> None:
    objects = held()
    objects.body("ApiRole", "studio-user", "")["spec"]["permissions"] = "all"
    opened = await signed_in(objects)

    assert "nothing: the role is invalid" in (await opened.browser.get(ROLES)).document.by_id["roles"]
    one = (await opened.browser.get(f"{ROLES}/studio-user")).document
    assert one.by_id["permissions"] == "Nothing: the role is invalid, and grants nothing."
    assert "no: the role is invalid" in one.by_id["holders"]


async def test_a_role_that_is_not_there_is_said_to_be_none() -> None:
    shown = await (await signed_in(held())).browser.get(f"{ROLES}/studio-usr")

    assert shown.status == 404
    assert "studio-user" in shown.document.text


@pytest.mark.parametrize("path", [ROLES, f"{ROLES}/studio-user"])
async def test_who_sees_one_namespace_only_is_told_what_is_missing(path: str) -> None:
    opened = await signed_in(held())
    opened.objects.forbidden.add("list all ApiCredential")

    shown = await opened.browser.get(path)

    assert shown.document.by_id["only-in"] == (
        "Only namespace finance was searched: you may not list credentials in all namespaces. This needs the verb list "
        "on apicredentials.access.pharia.ai: ask an administrator for it."
    )
    assert "gamma" not in shown.document.text


@pytest.mark.parametrize("path", [ROLES, f"{ROLES}/studio-user"])
async def test_who_sees_no_credential_sees_the_roles_and_the_missing_right(path: str) -> None:
    opened = await signed_in(held())
    opened.objects.forbidden.add("list all ApiCredential")
    refuse(opened, "list ApiCredential", "apicredentials", ' in the namespace "finance"')

    shown = await opened.browser.get(path)

    assert shown.status == 200
    assert shown.document.by_id["unseen"].startswith("anna may not list credentials in namespace finance. This needs")
    assert "no credential" not in shown.document.text.lower()


async def test_who_may_not_see_roles_is_told_so() -> None:
    opened = await signed_in(held())
    refuse(opened, "list all ApiRole", "apiroles", " at the cluster scope")

    shown = await opened.browser.get(ROLES)

    assert shown.status == 403
    assert "This needs the verb list on apiroles.access.pharia.ai" in shown.document.text
