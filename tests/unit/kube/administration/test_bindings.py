"""RBAC's bindings, as far as they may be read: with their roles' rules, page by page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.domain.administration.secret_readers import AccessRule, Binding, Subject
from pharia_access.errors import ForbiddenError, UnavailableError
from pharia_access.kube.administration.bindings import KubeBindings

if TYPE_CHECKING:
    from pharia_access.kube.http import Request

RBAC = "/apis/rbac.authorization.k8s.io/v1"
RULE = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}
ADA = {"kind": "User", "name": "ada", "apiGroup": "rbac.authorization.k8s.io"}
LISTS: dict[str, list[dict[str, Any]]] = {
    f"{RBAC}/namespaces/finance/roles": [{"metadata": {"name": "reader"}, "rules": [RULE]}],
    f"{RBAC}/namespaces/finance/rolebindings": [
        {"metadata": {"name": "a"}, "roleRef": {"kind": "Role", "name": "reader"}, "subjects": [ADA]},
        {"metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "edit"}, "subjects": [ADA]},
        {"metadata": {"name": "c"}, "roleRef": {"kind": "Role", "name": "gone"}},
    ],
    f"{RBAC}/clusterroles": [{"metadata": {"name": "edit"}, "rules": None}],
    f"{RBAC}/clusterrolebindings": [],
}


class FakeConnection:
    """Answers lists, an item a page; refuses some."""

    def __init__(self, *forbidden: str) -> None:
        self.forbidden = forbidden

    async def send(self, call: Request) -> bytes:
        if call.path.endswith(self.forbidden):
            raise ForbiddenError(call.path)
        items, at = LISTS[call.path], int(call.query.get("continue", 0))
        more = {"continue": str(at + 1)} if at + 1 < len(items) else {}
        return json.dumps({"metadata": more, "items": items[at : at + 1]}).encode()


def reader(connection: Any) -> KubeBindings:  # noqa: ANN401 - a fake
    return KubeBindings(connection, timeout_seconds=1)


async def test_each_binding_has_the_rules_of_its_role() -> None:
    found = await reader(FakeConnection()).read_bindings("finance")

    ada = (Subject("User", "ada"),)
    assert found.found == (
        Binding("RoleBinding a", "Role reader", ada, (AccessRule(("",), ("secrets",), ("get",)),)),
        Binding("RoleBinding b", "ClusterRole edit", ada, ()),
        Binding("RoleBinding c", "Role gone", (), ()),
    )
    assert found.unseen == ()


async def test_what_may_not_be_listed_is_named_and_its_rules_are_unknown() -> None:
    found = await reader(FakeConnection("/clusterroles", "/clusterrolebindings")).read_bindings("finance")

    assert found.unseen == ("clusterroles", "clusterrolebindings")
    assert [binding.rules for binding in found.found][1:] == [None, ()]


async def test_an_answer_that_is_no_list_is_an_error_of_ours() -> None:
    class Broken(FakeConnection):
        async def send(self, call: Request) -> bytes:
            return b"<html>"

    with pytest.raises(UnavailableError, match="cannot be read"):
        await reader(Broken()).read_bindings("finance")
