"""Roles and who holds them, the audit, and who may do what: what may not be seen is named, and is no empty page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from pharia_access.domain.administration.powers import OwnRights
from pharia_access.domain.administration.secret_readers import AccessRule, Binding, Bindings, Subject
from pharia_access.domain.times import format_time
from pharia_access.errors import ForbiddenError
from tests.support.administration.credential_cluster import a_cluster
from tests.support.administration.fake_objects import FakeObjects
from tests.support.administration.fake_rights import FakeRights
from tests.support.administration.stored_bodies import an_active_token
from tests.support.builders.domain_objects import NOW
from tests.support.console.browser import BASE
from tests.support.console.consoles import Opened, signed_in
from tools.control_plane.resources import api_credential, api_role, api_token

HERE = "/namespaces/finance"
ROLES, AUDIT, WHO = f"{HERE}/roles", f"{HERE}/audit", f"{HERE}/who-may"
REFUSED = 'x is forbidden: User "anna" cannot list resource "{}" in API group "access.pharia.ai"{}'


def refuse(opened: Opened, what: str, resource: str, where: str = "") -> None:
    """Let the next list of that kind be refused, in the API server's words."""
    error = ForbiddenError("no")
    error.server_message = REFUSED.format(resource, where)
    opened.objects.refused[what] = error


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

    assert shown.status == 409
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


def audited() -> FakeObjects:
    ago = {name: format_time(NOW - timedelta(days=days)) for name, days in (("made", 80), ("used", 40))}
    return a_cluster(tokens=0).put(
        an_active_token(api_token("finance", "old"), issuedAt=ago["made"], lastUsedTime=ago["used"]),
        api_credential("hr", "lone"),
    )


async def test_the_audit_tells_what_needs_attention_with_its_limits() -> None:
    shown = await (await signed_in(audited())).browser.get(AUDIT)

    found = shown.document.by_id["findings"]
    assert found.startswith("1 finding in 1 credential and 1 token NameNamespaceKindFaultWhat is wrong")
    assert found.endswith("old finance token Unused last used 40 days ago")
    assert shown.document.by_id["scope"] == (
        "Of namespace finance, 23 November 2026, 12:00 UTC, as anna may see them. Unused: for more than 30d. "
        "Too long: more than the credential allows."
    )
    assert f"{BASE}{HERE}/tokens/old" in shown.document.links
    assert "kubectl access audit --unused 30d -n finance" in shown.document.text


async def test_its_limits_are_fields() -> None:
    opened = await signed_in(audited())

    shown = await opened.browser.submit(
        await opened.browser.get(AUDIT), "limits", ("unused", "60d"), ("longest", "1d12h"), ("everywhere", "yes")
    )

    found = shown.document.by_id["findings"]
    assert "Unused" not in found
    assert "TooLong" in found
    assert "lone hr credential NoTokens has no active token" in found
    assert "Of all namespaces" in shown.document.by_id["scope"]
    assert "Too long: more than 1d12h" in shown.document.by_id["scope"]
    assert "kubectl access audit --unused 60d --max-ttl 1d12h -A" in shown.document.text
    assert f"{BASE}{AUDIT}.csv?unused=60d&longest=1d12h&everywhere=yes" in shown.document.links


@pytest.mark.parametrize("path", [AUDIT, f"{AUDIT}.csv"])
async def test_a_limit_that_is_none_is_said_at_its_field_and_nothing_is_looked_at(path: str) -> None:
    opened = await signed_in(audited())
    opened.objects.forbidden |= {"list ApiToken"}

    shown = await opened.browser.get(f"{path}?unused=soon&longest=-1d")

    assert shown.status == 400
    assert "'soon' is not a duration" in shown.document.by_id["unused-error"]
    assert "'-1d' is not a duration" in shown.document.by_id["longest-error"]


async def test_the_file_has_all_findings() -> None:
    opened = await signed_in(audited())

    kept = await opened.browser.get(f"{AUDIT}.csv")

    assert kept.header("content-type") == "text/csv; charset=utf-8"
    assert kept.header("content-disposition") == 'attachment; filename="audit.csv"'
    assert kept.header("cache-control") == "no-store"
    lines = kept.text.splitlines()
    assert lines[0] == '"namespace","kind","name","fault","message"'
    assert '"finance","token","old","Unused","last used 40 days ago"' in lines


async def test_nothing_to_look_at_is_no_all_clear_and_nothing_found_is_one() -> None:
    nothing = await (await signed_in(FakeObjects())).browser.get(AUDIT)
    unknown = await (await signed_in(FakeObjects(namespaces=None))).browser.get(AUDIT)
    clear = await (await signed_in(a_cluster())).browser.get(f"{AUDIT}?unused=90d")

    assert nothing.document.by_id["nothing"].endswith("nothing was looked at, which is no all-clear.")
    assert unknown.document.by_id["nothing"].endswith("You may not see whether there is a namespace of that name.")
    assert clear.document.by_id["empty"] == "0 findings in 1 credential and 1 token: nothing needs attention."


async def test_a_page_has_five_hundred_findings_and_says_how_many_more_there_are() -> None:
    objects = a_cluster(tokens=0).put(*(api_credential("finance", f"c-{number}") for number in range(510)))

    shown = await (await signed_in(objects)).browser.get(AUDIT)

    assert shown.document.by_id["more"] == "And 11 more, in the file."


@pytest.mark.parametrize("path", [AUDIT, f"{AUDIT}.csv"])
async def test_who_may_not_look_is_told_the_missing_right(path: str) -> None:
    opened = await signed_in(audited())
    refuse(opened, "list all ApiToken", "apitokens", " at the cluster scope")

    shown = await opened.browser.get(f"{path}?everywhere=yes")

    assert shown.status == 403
    assert "anna may not list tokens in the whole cluster. This needs the verb list on apitokens" in shown.document.text


BIND = AccessRule(("access.pharia.ai",), ("apiroles",), ("bind",), ("studio-user",))
LIST = AccessRule(("access.pharia.ai",), ("*",), ("list",))


async def test_a_person_sees_what_they_may_with_names_and_wildcards() -> None:
    opened = await signed_in(access=FakeRights(OwnRights((BIND, LIST))))

    shown = await opened.browser.get(WHO)

    own = shown.document.by_id["own"]
    assert "give a role to a credentialbind on apiroles.access.pharia.aiyes, only studio-user" in own
    assert "make tokens of a credentialcreate on apicredentials.access.pharia.ai/tokenno" in own
    assert "see tokenslist on apitokens.access.pharia.aiyes, by a wildcard" in own
    assert "incomplete" not in shown.document.by_id


@pytest.mark.parametrize(
    ("own", "why"),
    [
        (OwnRights((BIND,), incomplete=True, why="webhook"), " (webhook)"),
        (OwnRights((BIND,), incomplete=True), ""),
        (None, " (you may not ask for them)"),
    ],
)
async def test_rights_that_cannot_be_listed_are_not_denied(own: OwnRights | None, why: str) -> None:
    opened = await signed_in(access=FakeRights(own))

    shown = await opened.browser.get(WHO)

    assert shown.document.by_id["incomplete"].startswith(
        f"The cluster cannot list your rights{why}; each button asks when you come to it."
    )
    assert "token" in shown.document.by_id["own"]
    assert "/tokennot listed" in shown.document.by_id["own"]
    assert not re.search(r"\.aino(?!t)", shown.document.by_id["own"])


async def test_rights_that_cannot_be_listed_disable_nothing() -> None:
    pages = [f"{HERE}/credentials", f"{HERE}/credentials/invoice-bot", f"{HERE}/tokens/ci-0", f"{HERE}/new-credential"]
    complete = await signed_in()
    incomplete = await signed_in(access=FakeRights(OwnRights(incomplete=True)))

    for path in pages:
        shown, other = await complete.browser.get(path), await incomplete.browser.get(path)
        assert (other.document.links, other.document.off) == (shown.document.links, shown.document.off)
    revoked = await incomplete.browser.submit(
        await incomplete.browser.get(f"{HERE}/tokens/ci-0/revoke"), "confirmation"
    )
    assert revoked.document.by_id["notice"] == "Token ci-0 was revoked."


async def test_others_are_told_the_farthest_reaching_first() -> None:
    ada, node = Subject("User", "ada"), Subject("Group", "system:nodes")
    bindings = Bindings(
        (
            Binding("RoleBinding lists", "Role lists", (Subject("User", "eve"),), (LIST,)),
            Binding("RoleBinding hidden", "ClusterRole hidden", (Subject("User", "zoe"),), None),
            Binding("RoleBinding binds", "Role binds", (ada, node), (BIND,)),
        ),
        ("clusterroles",),
    )

    shown = await (await signed_in(access=FakeRights(bindings=bindings))).browser.get(WHO)

    others = shown.document.by_id["others"]
    assert others.endswith(
        "User ada give a role to a credential (bind on apiroles.access.pharia.ai), only studio-user "
        "Role binds, RoleBinding binds "
        "User zoe not known: you may not read ClusterRole hidden ClusterRole hidden, RoleBinding hidden"
    )
    assert "eve" not in others
    assert shown.document.by_id["of-kubernetes"] == "Besides, parts of Kubernetes itself: 1."
    assert "you may not list clusterroles (rbac" in shown.document.by_id["unseen"]


async def test_who_may_not_see_bindings_is_told_which_right_is_missing() -> None:
    bindings = Bindings((), ("roles", "rolebindings", "clusterroles", "clusterrolebindings"))

    shown = await (await signed_in(access=FakeRights(bindings=bindings))).browser.get(WHO)

    assert "This needs the verb list on rolebindings.rbac.authorization.k8s.io" in shown.document.by_id["forbidden"]
    assert "others" not in shown.document.by_id
    assert "empty" not in shown.document.by_id


async def test_that_nobody_may_do_anything_is_said_only_where_one_may_look() -> None:
    shown = await (await signed_in()).browser.get(WHO)

    assert shown.document.by_id["empty"].startswith("No binding that you may see")
