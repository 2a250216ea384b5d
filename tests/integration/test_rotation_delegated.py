"""Who lets the operator mint for WorkloadTokens: whoever may mint there, and nobody else; and where the chart does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.security.rights import Right, may
from tests.support.security.unminted_tokens import OURS, mints
from tools.control_plane.api import OPERATOR, Api, rule
from tools.control_plane.charts import of_kind, rendered
from tools.control_plane.installation import NAMESPACE, OPERATOR_ACCOUNT
from tools.control_plane.processes import wait_until
from tools.control_plane.resources import child_token, workload_token

if TYPE_CHECKING:
    from tools.control_plane.plane import ControlPlane

Json = dict[str, Any]

RBAC = "rbac.authorization.k8s.io"
BINDS = rule(RBAC, "*", "create")
"""Roles and RoleBindings, as `admin` may."""
EDITS = rule(OURS, "apitokens", "create")
ROTATION = "pharia-access-rotation"
TO_MINT = Right("create", OURS, "apicredentials/token")


@pytest.fixture
def elsewhere(admin: Api, namespace: str) -> str:
    """Another namespace."""
    name = f"{namespace[:50]}-elsewhere"
    assert admin.create({"kind": "Namespace", "metadata": {"name": name}}).ok
    return name


def somebody(admin: Api, namespace: str, *rules: Json) -> Api:
    admin.grant("alice", namespace, EDITS, *rules, BINDS)
    return admin.as_user("alice")


def binding(namespace: str, kind: str = "ClusterRole", name: str = ROTATION) -> Json:
    account = {"kind": "ServiceAccount", "name": OPERATOR_ACCOUNT, "namespace": NAMESPACE}
    return {
        "kind": "RoleBinding",
        "metadata": {"name": ROTATION, "namespace": namespace},
        "roleRef": {"apiGroup": RBAC, "kind": kind, "name": name},
        "subjects": [account],
    }


def role(namespace: str, *names: str) -> Json:
    """The right for these credentials alone."""
    return {"kind": "Role", "metadata": {"name": "renews", "namespace": namespace}, "rules": [EDITS, mints(*names)]}


@pytest.mark.parametrize(
    "rights",
    [
        pytest.param((), id="who edits tokens"),
        pytest.param((mints("invoice-bot"),), id="who mints under one credential"),
        pytest.param((rule(OURS, "apicredentials/token", "get", "update"),), id="who has other verbs on it"),
    ],
)
def test_who_may_not_mint_lets_nobody_mint(admin: Api, namespace: str, rights: tuple[Json, ...]) -> None:
    alice = somebody(admin, namespace, *rights)

    bound, made = alice.create(binding(namespace)), alice.create(role(namespace, "other"))

    said = "is attempting to grant RBAC permissions not currently held"
    assert [(it.status, said in it.message) for it in (bound, made)] == [(403, True)] * 2
    assert not may(admin, OPERATOR, Right(TO_MINT.verb, OURS, TO_MINT.resource, namespace, "invoice-bot"))


def test_who_may_mint_lets_the_operator_mint_there_and_nowhere_else(admin: Api, namespace: str, elsewhere: str) -> None:
    alice = somebody(admin, namespace, mints())
    here, there = (
        Right(TO_MINT.verb, OURS, TO_MINT.resource, place, "invoice-bot") for place in (namespace, elsewhere)
    )
    assert not may(admin, OPERATOR, here)

    assert alice.create(binding(namespace)).message == ""

    wait_until(lambda: may(admin, OPERATOR, here), what="the operator may mint there", timeout=20)
    assert not may(admin, OPERATOR, there)
    assert alice.create(binding(elsewhere)).status == 403


def test_who_may_mint_under_one_credential_lets_the_operator_mint_under_that(admin: Api, namespace: str) -> None:
    alice = somebody(admin, namespace, mints("invoice-bot"))

    assert alice.create(role(namespace, "invoice-bot")).message == ""
    assert alice.create(binding(namespace, "Role", "renews")).message == ""

    one, other = (Right(TO_MINT.verb, OURS, TO_MINT.resource, namespace, name) for name in ("invoice-bot", "other"))
    wait_until(lambda: may(admin, OPERATOR, one), what="the operator may mint under it", timeout=20)
    assert not may(admin, OPERATOR, other)


def test_with_the_binding_the_operator_makes_tokens_and_without_it_none(admin: Api, namespace: str) -> None:
    """With the rights that the chart gives it."""
    workload = workload_token(namespace)
    assert admin.create(workload).ok
    child = child_token(admin.read(workload).body, 77)
    operator = admin.as_user(OPERATOR)
    before = operator.create(child, dryRun="All")

    assert admin.create(binding(namespace)).ok

    here = Right(TO_MINT.verb, OURS, TO_MINT.resource, namespace, "invoice-bot")
    wait_until(lambda: may(admin, OPERATOR, here), what="the operator may mint there", timeout=20)
    assert (before.status, operator.create(child, dryRun="All").message) == (403, "")


# The chart.


def bound(documents: list[Json]) -> list[tuple[str, str]]:
    """Kind and namespace of each binding of the ClusterRole."""
    bindings = [*of_kind(documents, "ClusterRoleBinding"), *of_kind(documents, "RoleBinding")]
    return [
        (it["kind"], it["metadata"].get("namespace", ""))
        for it in bindings
        if it["roleRef"] == {"apiGroup": RBAC, "kind": "ClusterRole", "name": ROTATION}
        and it["subjects"] == [{"kind": "ServiceAccount", "name": OPERATOR_ACCOUNT, "namespace": NAMESPACE}]
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({}, [], id="by default nowhere"),
        pytest.param({"rotation": {"everywhere": True}}, [("ClusterRoleBinding", "")], id="everywhere"),
        pytest.param(
            {"rotation": {"everywhere": True}, "watchNamespaces": ["alpha", "beta"]},
            [("RoleBinding", "alpha"), ("RoleBinding", "beta")],
            id="in some namespaces",
        ),
        pytest.param({"watchNamespaces": ["alpha"]}, [], id="in none of them"),
    ],
)
def test_the_chart_delegates_only_where_it_is_asked(
    control_plane: ControlPlane, values: Json, expected: list[tuple[str, str]]
) -> None:
    documents = rendered(control_plane, values)

    assert bound(documents) == expected
    assert [it["metadata"]["name"] for it in of_kind(documents, "ClusterRole")].count(ROTATION) == 1


def test_the_role_has_the_same_name_in_every_release(control_plane: ControlPlane) -> None:
    """People and the operator's messages name it."""
    documents = rendered(control_plane, {"fullnameOverride": "another"}, release="theirs")

    assert ROTATION in [it["metadata"]["name"] for it in of_kind(documents, "ClusterRole")]
