"""Who may do what: oneself, others as far as one may look, and nothing denied that is only unknown."""

from __future__ import annotations

import re

import pytest

from pharia_access.domain.administration.powers import OwnRights
from pharia_access.domain.administration.secret_readers import AccessRule, Binding, Bindings, Subject
from tests.support.administration.fake_rights import FakeRights
from tests.support.console.consoles import signed_in

HERE = "/namespaces/finance"
WHO = f"{HERE}/who-may"


BIND = AccessRule(("access.pharia.ai",), ("apiroles",), ("bind",), ("studio-user",))
LIST = AccessRule(("access.pharia.ai",), ("*",), ("list",))


async def test_a_person_sees_what_they_may_with_names_and_wildcards() -> None:
    opened = await signed_in(access=FakeRights(OwnRights((BIND, LIST))))

    shown = await opened.browser.get(WHO)

    own = shown.document.by_id["own"]
    assert "give a role to a credentialbind on apiroles.access.pharia.aiyes, only studio-user" in own
    assert "make tokens of a credentialcreate on apicredentials.access.pharia.ai/tokenno" in own
    assert "also of those that hold a credentialcreate on serviceaccounts/tokenno" in own
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
